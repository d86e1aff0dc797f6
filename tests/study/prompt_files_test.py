#!/usr/bin/env python3
"""Prompts of others and trained files, through the program as a user runs it.

    prompt_files_test.py published|refused|served --bin DIR --source DIR

published  every file and folder of ../shared/data/prompts is inspected and imported, with two threads and with as many as
           there are processors;
           skips (exit code 77) where they are not there
refused    damaged, foreign and evil files: file, tensor and reason are named, and nothing is executed
served     `predict` from a file and from standard input says what `eval` found, and the attention over sources"""
import argparse
import json
import math
import os
import pathlib
import pickle
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile

from small_world import shared_folder, time_allowed

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tiny_t5 import safetensors, write_t5  # noqa: E402

SKIP = 77
WIDTH = 64  # of the demo's backbone


def check(condition, text):
    if not condition:
        sys.exit(f"not so: {text}")


class Program:
    def __init__(self, arguments, folder):
        self.attempt = str(arguments.bin.resolve() / "attempt")
        self.folder = folder

    def run(self, *words, expect=0, threads=None, given=None):
        """What it prints; with `expect` 2 its errors. A process that hangs fails by its time limit."""
        environment = dict(os.environ, XDG_CACHE_HOME=str(self.folder / "cache"))
        environment.pop("OMP_NUM_THREADS", None)
        if threads:
            environment["OMP_NUM_THREADS"] = str(threads)
        done = subprocess.run([self.attempt, *map(str, words)], cwd=self.folder, env=environment, input=given or "",
                              capture_output=True, text=True, timeout=time_allowed(60))
        check(done.returncode == expect, f"{words}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout if expect == 0 else done.stderr


def npy(rows, width, values=None):
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {width}), }}"
    head += " " * (63 - (10 + len(head)) % 64) + "\n"
    values = values or [0.01 * i for i in range(rows * width)]
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + struct.pack(f"<{rows * width}f", *values)


def published(program, arguments):
    shared = shared_folder(arguments.source)
    root = shared and shared / "data" / "prompts"
    if not root or not root.is_dir():
        print("skipped: no published prompts in ../shared/data/prompts (set ATTEMPT_SHARED)")
        sys.exit(SKIP)
    files = sorted(p for p in root.rglob("*") if p.suffix in (".pt", ".npy") or p.name == "adapter_model.bin")
    folders = sorted(p.parent for p in root.rglob("adapter_config.json"))
    check(len(files) == 10 and len(folders) == 5, f"all are found: {files} {folders}")
    spiece = arguments.source / "demo/backbone/spiece.model"
    for width in (768, 1024):
        write_t5(program.folder / str(width) / "t5-base", width, 528, spiece)
    for threads in (2, None):
        # One process reads all: its threads are there before it forks for the second torch file.
        facts = json.loads(program.run("prompt", "inspect", "--json", *files, *folders, threads=threads))
        check(len(facts) == 15, "every one is read")
        for number, fact in enumerate(facts):
            tensor, = fact["tensors"]
            check(tensor["name"] == "prompt" and tensor["shape"][0] in (60, 80, 100), str(fact))
            check(fact["format"] in ("torch file", "NumPy array", "DePT checkpoint"), str(fact))
            check(("t5-base" if fact["format"] == "DePT checkpoint" else "") == fact["base_model"], str(fact))
            model = program.folder / str(tensor["shape"][1]) / "t5-base"
            out = program.folder / f"{threads}-{number}.h5"
            program.run("prompt", "import", fact["file"], "--model", model, "--task", "sst2", "--out", out, threads=threads)
            imported, = json.loads(program.run("prompt", "inspect", "--json", "--model", model, out, threads=threads))
            check(imported["tensors"] == fact["tensors"], f"the same numbers: {imported} {fact}")
            check(imported["tasks"] == ["sst2"], str(imported))
            if threads:
                continue
            other = program.folder / ("1024" if tensor["shape"][1] == 768 else "768") / "t5-base"
            error = program.run("prompt", "import", fact["file"], "--model", other, "--out", "no.h5", expect=2)
            check("tensor 'prompt' has shape" in error and fact["file"] in error, error)
    print(len(facts), "files and folders, inspected and imported, with two threads and with all")


class Evil:
    """Unpickled by Python it would make a file."""

    def __init__(self, witness):
        self.witness = witness

    def __reduce__(self):
        return os.system, (f"touch {self.witness}",)


def write_bad_files(folder):
    """File or folder -> what its refusal says."""
    values = [0.1] * 4 * WIDTH
    values[WIDTH + 6] = math.nan
    (folder / "nan.npy").write_bytes(npy(4, WIDTH, values))
    (folder / "nan.safetensors").write_bytes(safetensors({"prompt": ([4, WIDTH], values)}))
    (folder / "narrow.npy").write_bytes(npy(4, 9))
    good = npy(4, WIDTH)
    (folder / "cut.npy").write_bytes(good[:-100])
    whole = safetensors({"prompt": [4, WIDTH]})
    (folder / "cut.safetensors").write_bytes(whole[:-10])
    evil = Evil(folder / "executed")
    with zipfile.ZipFile(folder / "code.pt", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"prompt": evil}, protocol=2))
    (folder / "old.pt").write_bytes(pickle.dumps(evil, protocol=2))
    content = (folder / "code.pt").read_bytes()
    (folder / "cut.pt").write_bytes(content[:len(content) // 2])
    for name, base, cut in (("foreign", "google/t5-v1_1-base", 0), ("cut_folder", "backbone", 10)):
        (folder / name).mkdir()
        (folder / name / "adapter_config.json").write_text(json.dumps({
            "peft_type": "PROMPT_TUNING", "task_type": "SEQ_2_SEQ_LM", "num_virtual_tokens": 4, "token_dim": WIDTH,
            "num_transformer_submodules": 1, "base_model_name_or_path": base}))
        whole = safetensors({"prompt_embeddings": [4, WIDTH]})
        (folder / name / "adapter_model.safetensors").write_bytes(whole[:len(whole) - cut])
    shutil.copytree(folder / "foreign", folder / "evil_folder")
    (folder / "evil_folder/adapter_model.safetensors").unlink()
    shutil.copyfile(folder / "code.pt", folder / "evil_folder/adapter_model.bin")
    return {"nan.npy": "tensor 'prompt' holds values that are no numbers ([1, 6] is nan)",
            "nan.safetensors": "tensor 'prompt' holds values that are no numbers ([1, 6] is nan)",
            "narrow.npy": f"tensor 'prompt' has shape [4, 9] (this backbone needs [4, {WIDTH}])",
            "cut.npy": "holds 924 bytes of data (its shape needs 1024)",
            "cut.safetensors": "tensor 'prompt': data_offsets [0, 1024] reach beyond the 1014 bytes of data",
            "code.pt": "its pickle calls for posix.system (a prompt holds tensors only",
            "old.pt": "is not a file of torch.save (expected its ZIP form",
            "cut.pt": "is truncated",
            "foreign": "was trained with another backbone: 'google/t5-v1_1-base'",
            "cut_folder": "tensor 'prompt_embeddings': data_offsets [0, 1024] reach beyond the 1014 bytes of data",
            "evil_folder": "its pickle calls for posix.system",
            "none.pt": "is not there"}


def refused(program, _):
    program.run("demo", "demo")
    model = program.folder / "demo/backbone"
    expected = write_bad_files(program.folder)
    for name, reason in expected.items():
        error = program.run("prompt", "import", name, "--model", model, "--task", "rte", "--out", "bad.h5", expect=2)
        check(name in error and reason in error, f"{name}: {error}")
        error = program.run("prompt", "inspect", name, "--model", model, expect=2)
        check(name in error and reason in error, f"{name}: {error}")
    (program.folder / "good.npy").write_bytes(npy(4, WIDTH))
    program.run("prompt", "import", "good.npy", "--model", model, "--task", "rte", "--out", "good.h5")
    (program.folder / "cut.h5").write_bytes((program.folder / "good.h5").read_bytes()[:3000])
    for words in (("eval", "--data", "demo/data", "--trial", "cut.h5"), ("predict", "--trial", "cut.h5"),
                  ("prompt", "export", "cut.h5", "--out", "out")):
        error = program.run(*words, "--model", model, expect=2)
        check("cut.h5: is damaged" in error, error)
    check(not (program.folder / "executed").exists(), "nothing was executed")
    check(not (program.folder / "bad.h5").exists(), "nothing was written")
    print(len(expected) + 1, "files refused")


SWEEP = """
[sweep]
name = "served"
[model]
path = "backbone"
[data]
root = "data"
[sources]
tasks = ["mrpc", "sst2"]
[targets]
tasks = ["rte", "cola"]
methods = ["prompt_tuning", "attempt", "lora"]
[train]
max_steps = 4
batch_size = 4
[sources.train]
prompt_length = 5
[method.prompt_tuning]
prompt_length = 5
[method.attempt]
prompt_length = 5
target_init = "mrpc"
"""


def served(program, _):
    program.run("demo", "demo")
    (program.folder / "demo/served.toml").write_text(SWEEP)
    program.run("run", "demo/served.toml", "--out", "study")
    files = sorted((program.folder / "study/trials").glob("*.h5"))
    check(len(files) == 8, str(files))
    model = ("--model", "demo/backbone")
    results = json.loads(program.run("eval", *model, "--data", "demo/data", "--trial", *files, "--json", "--predictions", "p.jsonl"))
    check([r["file"] for r in results] == [str(f) for f in files], "in the order of the files")
    found = [json.loads(line) for line in (program.folder / "p.jsonl").read_text().splitlines()]
    # The same examples as lines of text, without data.
    lines, ids = [], []
    for task in ("rte", "cola", "mrpc"):
        shown = program.run("data", "show", task, "--data", "demo/data", *model, "--split", "test", "--limit", 6, "--json")
        for example in map(json.loads, shown.splitlines()):
            lines.append(f"{task}\t{example['source']}\n")
            ids.append((task, example["id"]))
    shutil.move(program.folder / "demo/data", program.folder / "elsewhere")
    text = "".join(lines)
    (program.folder / "lines.tsv").write_text(text)
    trials = [word for file in files for word in ("--trial", file)]
    answers = [json.loads(line) for line in program.run("predict", *model, *trials, "--json", "lines.tsv").splitlines()]
    piped = program.run("predict", *model, *trials, "--json", "-", given=text)
    check(answers == [json.loads(line) for line in piped.splitlines()], "standard input and a file are one")
    check(len(answers) == 6 * (3 + 3 + 1), f"a line a file of its task: {len(answers)}")
    by_example = {(f["file"], f["task"], f["id"]): f["prediction"] for f in found}
    attempts = {r["file"] for r in results if r["method"] == "attempt"}
    for answer in answers:
        key = (answer["file"], *ids[answer["line"] - 1])
        check(answer["prediction"] == by_example[key], f"eval wrote {by_example[key]!r}: {answer}")
        if answer["file"] in attempts:
            check(list(answer["attention"]) == ["mrpc", "sst2", "target"], str(answer))
            check(abs(sum(answer["attention"].values()) - 1) < 1e-5, str(answer))
        else:
            check(not answer["attention"], str(answer))
    attempt, = [r["file"] for r in results if r["method"] == "attempt" and r["task"] == "cola"]
    plain = program.run("predict", *model, "--trial", attempt, given=lines[6].split("\t")[1])
    check(plain.startswith("cola\t") and "\tmrpc=0." in plain and " target=0." in plain, plain)
    error = program.run("predict", *model, *trials, given="squad\twho?\nno task\n", expect=2)
    check("standard input:1: no trained file is for the task 'squad'" in error, error)
    check("standard input:2: no task (expected the task's name, a tab and the text)" in error, error)
    (program.folder / "made.npy").write_bytes(npy(5, WIDTH))  # an import needs no data to predict either
    program.run("prompt", "import", "made.npy", *model, "--task", "rte", "--out", "made.h5")
    answer = program.run("predict", *model, "--trial", "made.h5", given=lines[0].split("\t")[1])
    check(answer.startswith("rte\t"), answer)
    error = program.run("eval", *model, "--trial", "made.h5", expect=2)
    check("made.h5: does not say where the data of 'rte' are. Say --data ROOT" in error, error)
    print(len(answers), "answers are those of eval")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    cases = {"published": published, "refused": refused, "served": served}
    parser.add_argument("case", choices=cases)
    parser.add_argument("--bin", required=True, type=pathlib.Path)
    parser.add_argument("--source", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="attempt-prompts-") as folder:
        cases[arguments.case](Program(arguments, pathlib.Path(folder)), arguments)


if __name__ == "__main__":
    main()
