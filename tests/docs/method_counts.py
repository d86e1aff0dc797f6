#!/usr/bin/env python3
"""Compares the counts of docs/methods.md with `attempt plan --json` for the shapes of T5-small, -base and -large.

A plan needs config.json alone, so no weights are here. Usage: method_counts.py --bin DIR --source DIR"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SIZES = {"T5-small": (512, 2048, 6, 8), "T5-base": (768, 3072, 12, 12), "T5-large": (1024, 4096, 24, 16)}
TASKS = ["rte", "mrpc", "cola", "stsb", "sst2", "squad"]  # K = 6 source prompts: of the made-up world
EIGHT = TASKS + ["qqp", "qnli"]                           # n = 8 tasks trained together


def tables(text):
    """{heading of the first column's row: [{column: cell}]} of every Markdown table whose rows begin with a method id."""
    rows, columns = [], None
    for line in text.splitlines():
        if not line.startswith("|"):
            columns = None
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if columns is None:
            columns = cells
        elif set(line) - set("|-"):
            rows.append(dict(zip(columns, cells), method=re.sub(r"[\[\]`]|\(.*\)", "", cells[0])))
    return rows


def number(cell):
    return int(cell.replace(",", "")) if re.fullmatch(r"[\d,]+", cell) else None


def write_config(folder, shape):
    d_model, d_ff, layers, heads = shape
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({
        "model_type": "t5", "architectures": ["T5ForConditionalGeneration"], "vocab_size": 32128, "d_model": d_model,
        "d_kv": 64, "d_ff": d_ff, "num_layers": layers, "num_heads": heads, "relative_attention_num_buckets": 32,
        "dropout_rate": 0.1, "feed_forward_proj": "relu", "tie_word_embeddings": True, "layer_norm_epsilon": 1e-6,
        "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0}))


def write_pairs(folder, header, row):
    """Two more tasks in their official layout; the made-up world has six."""
    folder.mkdir(parents=True)
    for name, count in (("train.tsv", 1100), ("dev.tsv", 20)):
        (folder / name).write_text(header + "\n" + "".join(row(i) + "\n" for i in range(count)))


class Program:
    def __init__(self, arguments, folder):
        self.attempt = str(pathlib.Path(arguments.bin) / "attempt")
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(folder / "cache"))

    def run(self, *words):
        done = subprocess.run([self.attempt, *map(str, words)], env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, words))}: exit code {done.returncode}\n{done.stderr}")
        return done.stdout

    def counts(self, sweep, model):
        planned = json.loads(self.run("plan", sweep, "--json", "--set", f"model.path={model}",
                                      "--set", 'variant."attempt:single_source".sources=["rte"]'))
        return {trial["variant"] or trial["method"]: trial["trainable_parameters"]
                for trial in planned["trials"] if trial["phase"] == "target"}


def sweep_text(root, rows):
    methods = [row["method"] for row in rows if "saved, T5-base" in row]
    together = [row["method"] for row in rows if "a task, T5-base" in row]
    return f"""
[data]
root = {json.dumps(str(root))}
[sources]
tasks = {json.dumps(TASKS)}
[targets]
tasks = ["rte"]
methods = {json.dumps(methods)}
[[targets.multitask]]
name = "eight"
tasks = {json.dumps(EIGHT)}
methods = {json.dumps(together)}
[train]
max_steps = 1000
[method.attempt]
target_init = "rte"
[method.attempt_m]
target_init = "rte"
[method.spot]
source = "rte"
"""


def compare(rows, counts, size):
    """What the documents get wrong."""
    wrong = []
    for row in rows:
        method = row["method"]
        if method not in counts:
            wrong.append(f"{method}: plan does not know it")
        elif number(row[size]) != counts[method]:
            wrong.append(f"{method} on {size}: docs/methods.md says {row[size]}, plan {counts[method]:,}")
        if "a task, T5-base" in row and number(row["a task, T5-base"]) != number(row["T5-base"]) / len(EIGHT):
            wrong.append(f"{method}: {row['a task, T5-base']} a task is not {row['T5-base']} / {len(EIGHT)}")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--source", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    every = [row for row in tables((arguments.source / "docs" / "methods.md").read_text()) if "T5-base" in row]
    counted = [row for row in every if "T5-large" in row]
    if len(counted) < 40:
        sys.exit(f"docs/methods.md has {len(counted)} counted methods, expected 40 and more")
    large = {row["method"]: row["T5-base"] for row in counted}
    wrong = [f"{row['method']}: the two tables give {row['T5-base']} and {large.get(row['method'])}"
             for row in every if "T5-large" not in row and row["T5-base"] != large.get(row["method"])]
    with tempfile.TemporaryDirectory(prefix="attempt-docs-") as name:
        folder = pathlib.Path(name)
        program = Program(arguments, folder)
        program.run("demo", folder / "world")
        glue = folder / "world" / "data" / "glue"
        write_pairs(glue / "QNLI", "index\tquestion\tsentence\tlabel",
                    lambda i: f"{i}\twho sees {i}\tthey see {i}\t{['entailment', 'not_entailment'][i % 2]}")
        write_pairs(glue / "QQP", "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate",
                    lambda i: f"{i}\t{2 * i}\t{2 * i + 1}\twho sees {i}\twho saw {i}\t{i % 2}")
        sweep = folder / "counts.toml"
        sweep.write_text(sweep_text(folder / "world" / "data", counted))
        for size, shape in SIZES.items():
            write_config(folder / size, shape)
            wrong += compare(counted, program.counts(sweep, folder / size), size)
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(counted)} methods, {len(SIZES)} sizes: as documented")


if __name__ == "__main__":
    main()
