#!/usr/bin/env python3
"""The worked example of docs/data.md as it stands there, on the demo's backbone: checked, shown, planned, run, read back.

Usage: own_task_test.py --bin DIR --source DIR"""
import argparse
import csv
import io
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

from small_world import time_allowed


def check(condition, text):
    if not condition:
        sys.exit(f"not so: {text}")


def example(source):
    """The code blocks of the section, by language."""
    text = (pathlib.Path(source) / "docs/data.md").read_text()
    section = text.split("## A task of your own\n")[1].split("\n## ")[0]
    return dict(re.findall(r"```(toml|json|sh)\n(.*?)```", section, re.DOTALL))


class Example:
    def __init__(self, arguments):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="attempt-own-task-"))
        self.attempt = str(pathlib.Path(arguments.bin) / "attempt")
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(self.folder / "cache"), OMP_NUM_THREADS="1")

    def run(self, line, expect=0):
        words = shlex.split(line)
        check(words[0] == "attempt", line)
        done = subprocess.run([self.attempt, *words[1:]], cwd=self.folder, env=self.environment, capture_output=True,
                              text=True, timeout=time_allowed(200))
        check(done.returncode == expect, f"{line}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout if expect == 0 else done.stderr

    def write_files(self, blocks):
        self.run("attempt demo demo")
        (self.folder / "demo/own.toml").write_text(blocks["toml"])
        rows = [json.loads(line) for line in blocks["json"].splitlines()]
        for name, count in (("train", 12), ("test", 4)):
            lines = [json.dumps(dict(rows[i % len(rows)], id=f"{name}{i}")) for i in range(count)]
            file = self.folder / "demo/names" / f"{name}.jsonl"
            file.parent.mkdir(exist_ok=True)
            file.write_text("\n".join(lines) + "\n")


BESIDE = {"loss", "constant_score", "unparsable", "distinct_predictions"}  # stand beside every task's metrics


def read_back(study):
    import h5py
    found = {}
    for file in (study / "trials").glob("*.h5"):
        with h5py.File(file) as trial:
            task, = trial.attrs["tasks"]
            check(trial.attrs["comparable"] == 0, "nobody else's scores compare")
            check(f"[task.{task}]" in trial.attrs["config"] and "define = true" in trial.attrs["config"], "definition kept")
            test = trial[f"test/{task}"]
            found[task] = ({name: value[()] for name, value in test["metrics"].items()},
                           test["predictions"].asstr()[:], test["targets"].asstr()[:])
            check(len(trial["evaluations/step"]) >= 1, "validation was evaluated")
    return found


def check_scores(found):
    check(set(found) == {"mood", "names"}, str(found.keys()))
    metrics, predictions, targets = found["mood"]
    check(set(metrics) == {"accuracy", "macro_f1"} | BESIDE, str(metrics))
    check(set(targets) == {"yes", "no"}, str(set(targets)))
    right = 100 * sum(p == t for p, t in zip(predictions, targets)) / len(targets)
    check(abs(right - metrics["accuracy"]) < 1e-6, f"accuracy {metrics['accuracy']}, counted {right}")
    metrics, _, targets = found["names"]
    check(set(metrics) == {"span_f1"} | BESIDE and 0 <= metrics["span_f1"] <= 100, str(metrics))
    check(len(targets) == 4, str(targets))


def check_commands(world):
    """The other commands know tasks that only the study's sweep defines."""
    status = json.loads(world.run("attempt status demo/own --json"))
    check(status["trials"]["succeeded"] == 2, str(status))
    table = list(csv.DictReader(io.StringIO(world.run("attempt export demo/own --format csv"))))
    check({"mood", "names"} <= {value for row in table for value in row.values()}, str(table))
    counted = json.loads(world.run("attempt data check mood names --sweep demo/own.toml --json"))
    check([task["task"] for task in counted] == ["mood", "names"], str(counted))
    check(counted[1]["train"] == 11 and counted[1]["validation"] == 1 and counted[1]["test"] == 4, str(counted))
    shown = [json.loads(line) for line in
             world.run("attempt data show names --sweep demo/own.toml --split test --json").splitlines()]
    check(shown[0]["source"] == "names: Ann met Bo Li in Rome" and shown[0]["id"] == "test0", str(shown[0]))
    check(shown[0]["target"] == "B-PER O B-PER I-PER O B-LOC", str(shown[0]))
    ids = {trial["trial_id"] for trial in json.loads(world.run("attempt plan demo/own.toml --json"))["trials"]}
    check(ids == {file.stem for file in (world.folder / "demo/own/trials").glob("*.h5")}, "the plan's ids are the files'")


def check_refusals(world):
    """Mistakes are refused with place, reason and advice, before anything runs."""
    sweep = world.folder / "demo/own.toml"
    text = sweep.read_text()
    for old, new, says in (("{sentence}", "{sentense}", "'sentense' (the rows of "),
                           ("{sentence}", "{sentense}", "Did you mean 'sentence'?"),
                           ("0 = \"no\"", "2 = \"no\"", "'task.mood.labels' has no '0'"),
                           ("span_f1", "span_f2", "Did you mean 'span_f1'?"),
                           ("[task.mood]", "[task.rte]", "it is a built-in task"),
                           ("names/test", "names/tset", "tset.jsonl is not there")):
        sweep.write_text(text.replace(old, new))
        for command in ("attempt plan demo/own.toml", "attempt run demo/own.toml --out demo/bad"):
            error = world.run(command, expect=2)
            check(re.search(r"attempt: error: \S*own\.toml:\d+:\d+: .*\(.*\)\. ", error) and says in error, error)
    check(not (world.folder / "demo/bad/trials").exists(), "nothing was run")
    sweep.write_text(text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--source", required=True)
    arguments = parser.parse_args()
    blocks = example(arguments.source)
    world = Example(arguments)
    try:
        world.write_files(blocks)
        for line in blocks["sh"].splitlines():
            world.run(line)
        check_commands(world)
        check_refusals(world)
        try:
            import h5py  # noqa: F401
        except ImportError:
            print("h5py is missing: trial files are not read back here")
            return
        check_scores(read_back(world.folder / "demo/own"))
    finally:
        shutil.rmtree(world.folder, ignore_errors=True)
    print("own tasks: as documented")


if __name__ == "__main__":
    main()
