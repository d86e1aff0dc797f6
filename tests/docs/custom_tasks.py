#!/usr/bin/env python3
"""Runs docs/custom-tasks.md as it stands: its sweep and rows beside the demo's backbone, then its commands; likewise
its tasks in another language, on a random mT5 of one layer.

    custom_tasks.py --bin FOLDER_OF_ATTEMPT --source PROJECT"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tiny_t5 import write_t5  # noqa: E402


def write_rows(folder, blocks, tasks):
    """Twelve rows for training and four for testing a task, from the lines of its block. Returns all of them."""
    folder.mkdir()
    every = []
    for task, block in zip(tasks, blocks, strict=True):
        rows = [json.loads(line) for line in block.splitlines()]
        every += rows
        for split, count in (("train", 12), ("test", 4)):
            lines = [json.dumps(dict(rows[i % len(rows)], id=f"{split}{i}"), ensure_ascii=False) for i in range(count)]
            (folder / f"{task}_{split}.jsonl").write_text("\n".join(lines) + "\n")
    return every


PRETRAIN = """
[model]
d_model = 32
d_kv = 8
num_heads = 2
d_ff = 16
num_layers = 1
num_decoder_layers = 1
dropout = 0.0
[tokenizer]
pieces = 130
[text]
file = "text.txt"
weight = 1.0
[train]
seed = 1
steps = 1
batch_size = 2
learning_rate = 1e-3
warmup_steps = 0
max_source_length = 32
max_target_length = 32
checkpoint_every_seconds = 60
threads = 1
"""


def write_mt5(run, folder, rows):
    """A random mT5 whose vocabulary was trained on the rows."""
    texts = [" ".join(value) if isinstance(value, list) else value for row in rows for value in row.values()]
    (folder / "made").mkdir()
    (folder / "made/text.txt").write_text("\n".join(texts * 4 + ["კითხვა: ტექსტი: სახელები: მოკლედ:"]) + "\n")
    (folder / "made/pretrain.toml").write_text(PRETRAIN)
    run("attempt pretrain georgian/made/pretrain.toml --out georgian/made")
    size = json.loads((folder / "made/backbone/config.json").read_text())["vocab_size"]
    write_t5(folder / "mt5", 32, size, folder / "made/backbone/spiece.model", is_mt5=True, seed=3)


def another_language(run, work, text):
    sweep, = re.findall(r"```toml\n(.*?)```", text, re.S)
    commands, = re.findall(r"```sh\n(.*?)```", text, re.S)
    folder = work / "georgian"
    folder.mkdir()
    (folder / "georgian.toml").write_text(sweep)
    rows = write_rows(folder / "rows", re.findall(r"```json\n(.*?)```", text, re.S), ("pasuxi", "saxelebi", "mokled"))
    write_mt5(run, folder, rows)
    for line in commands.splitlines():
        print(run(line))
    shown = run("attempt data show pasuxi --sweep georgian/georgian.toml --split test --limit 1 --json")
    example = json.loads(shown)
    assert example["source"] == f"კითხვა: {rows[0]['kitxva']} ტექსტი: {rows[0]['teksti']}", example
    assert 2 not in example["input_ids"], f"the vocabulary has the script: {example}"
    trials = json.loads(run("attempt export georgian/study --format json"))
    scores = {}
    for trial in trials if isinstance(trials, list) else trials["trials"]:
        scores |= {key: value for key, value in trial.items() if key.startswith("test.")}
    print(scores)
    for metric in ("test.pasuxi.f1", "test.pasuxi.exact_match", "test.saxelebi.span_f1", "test.mokled.rouge_l"):
        assert 0 <= float(scores[metric]) <= 100, scores


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, type=pathlib.Path)
    parser.add_argument("--source", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    text, georgian = (arguments.source / "docs/custom-tasks.md").read_text().split("## Another language")
    sweep, = re.findall(r"```toml\n(.*?)```", text, re.S)
    commands, = re.findall(r"```sh\n(.*?)```", text, re.S)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        environment = dict(os.environ, PATH=f"{arguments.bin}:{os.environ['PATH']}", XDG_CACHE_HOME=str(work / "cache"),
                           OMP_NUM_THREADS="1")

        def run(line):
            done = subprocess.run(["bash", "-c", line], cwd=work, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            return done.stdout

        run("attempt demo demo")
        (work / "demo/shapes.toml").write_text(sweep)
        write_rows(work / "demo/rows", re.findall(r"```json\n(.*?)```", text, re.S), ("summary", "tags"))
        printed = {line: run(line) for line in commands.splitlines()}
        checked = next(out for line, out in printed.items() if "data check" in line)
        assert "summary" in checked and "tags" in checked, checked
        scores = run("attempt export demo/shapes --format csv")
        assert "test.summary.rouge_l" in scores and "test.tags.span_f1" in scores, scores
        print(scores)
        another_language(run, work, georgian)


if __name__ == "__main__":
    main()
