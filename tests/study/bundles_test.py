#!/usr/bin/env python3
"""Studies whose trials share passes, with the real program under mpirun. Usage: bundles_test.py CASE --bin DIR --source DIR

same     trials in bundles give the numbers of trials one after another, and say so in their files
nan      trials whose loss is no number fail alone; those that shared their passes succeed
killed   a trainer that is killed costs no trial an attempt; each goes on by itself from its checkpoint
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import time

import small_world
from study_test import SKIPPED, Study, check

# Eight trials: two tasks, four seeds.
SETS = ["sweep.seeds=[1, 2, 3, 4]", "sources.tasks=[]", 'targets.methods=["prompt_tuning"]',
        "resources.threads_per_trainer=1"]
TRIALS = 8


def words(width, *more):
    found = []
    for setting in [*SETS, f"resources.bundle_width={width}", *more]:
        found += ["--set", setting]
    return found


def losses_and_tests(folder):
    import h5py
    found = {}
    for file in sorted((folder / "trials").glob("*.h5")):
        with h5py.File(file) as trial:
            values = {"loss": list(trial["train/loss"][()])}
            trial["test"].visititems(lambda name, item: values.update({name: [item[()]]})
                                     if isinstance(item, h5py.Dataset) and item.shape == () else None)
            found[file.stem] = (int(trial["cost"].attrs["bundle_width"]), values)
    return found


def events(study, kind):
    lines = []
    for file in sorted((study.out / "events").glob("*.jsonl")):
        lines += [json.loads(line) for line in file.read_text().splitlines()]
    return [line for line in lines if line.get("type") == kind]


def same(arguments):
    with Study(arguments) as study:
        study.run("run", study.sweep, "--out", study.folder / "alone", "--workers", "2", *words(1))
        alone = losses_and_tests(study.folder / "alone")
        check({width for width, _ in alone.values()} == {1}, "one after another")
        # One worker has tokenised everything before it takes a trial; two get what is ready when they ask.
        for workers, may_have in ((1, {4}), (2, {1, 2, 3, 4})):
            out = study.folder / f"bundled{workers}"
            done = study.run("run", study.sweep, "--out", out, "--workers", workers, *words(4))
            check("in a bundle of" in done.stderr, f"the messages say who shares passes:\n{done.stderr}")
            bundled = losses_and_tests(out)
            check(len(bundled) == TRIALS and alone.keys() == bundled.keys(), "the same trials, by their ids")
            widths = sorted(width for width, _ in bundled.values())
            check(set(widths) <= may_have and widths[-1] > 1, f"{workers} workers: {widths}")
            check_equal(alone, bundled)


def check_equal(alone, bundled):
    for trial, (_, values) in bundled.items():
        for name, numbers in values.items():
            others = alone[trial][1][name]
            # A prediction that hangs on the last bits may be another one; so scores are looked at by their loss.
            if "loss" not in name:
                continue
            check(len(numbers) == len(others), f"{trial} {name}: {len(numbers)} values")
            check(all(abs(a - b) <= 1e-3 for a, b in zip(numbers, others)), f"{trial} {name}: {numbers} {others}")


def nan(arguments):
    with Study(arguments) as study:
        sweep = study.sweep.read_text() + """
[[override]]
when = { method = "prompt_tuning", task = "cola" }
set = { method.prompt_tuning.learning_rate = 1e6, method.prompt_tuning.weight_decay = 1e3 }
"""
        study.sweep.write_text(sweep)
        study.run("run", study.sweep, "--out", study.out, "--workers", "1", *words(8), expect=1)
        counts = study.status()["trials"]
        check(counts == {"waiting": 0, "running": 0, "succeeded": 4, "failed": 4}, counts)
        for failure in (study.out / "failed").glob("*.json"):
            check("nan_loss" in failure.read_text(), failure.read_text())
        check(all(width == 8 for width, _ in losses_and_tests(study.out).values()), "they began together")


def trainers_of(study):
    found = []
    for entry in os.listdir("/proc"):
        try:
            command = open(f"/proc/{entry}/cmdline").read()
            if "attempt-trainer" in command and str(study.folder) in open(f"/proc/{entry}/environ").read():
                found.append(int(entry))
        except (OSError, ValueError):
            continue
    return found


def killed(arguments):
    with Study(arguments, steps=400) as study:
        command = study.command("run", study.sweep, "--out", study.out, "--workers", "1",
                                *words(8, "train.checkpoint_every_seconds=1", "train.evaluate_every_steps=100",
                                      "limits.max_attempts=1"))
        running = subprocess.Popen(command, env=study.environment, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + small_world.time_allowed(120)
        while time.monotonic() < end and len(list((study.out / "checkpoints").glob("*/*.h5"))) < TRIALS:
            time.sleep(0.05)
        pids = trainers_of(study)
        check(len(pids) == 1, f"one trainer runs all: {pids}")
        os.kill(pids[0], signal.SIGKILL)
        _, errors = running.communicate(timeout=small_world.time_allowed(200))
        check(running.returncode == 0, f"exit code {running.returncode}\n{errors}")
        counts = study.status()["trials"]
        check(counts == {"waiting": 0, "running": 0, "succeeded": TRIALS, "failed": 0}, counts)
        widths = [event["data"].get("bundle_width", 1) for event in events(study, "attempt_started")
                  if event["trial_id"][:7] != "prepare"]
        check(widths == [8] * TRIALS + [1] * TRIALS, f"all together, then each alone: {widths}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=["same", "nan", "killed"])
    parser.add_argument("--bin", required=True)
    parser.add_argument("--source", required=True)
    given = parser.parse_args()
    try:
        import h5py  # noqa: F401
    except ImportError:
        print("skipped: h5py is missing")
        sys.exit(SKIPPED)
    if small_world.shared_folder(given.source) is None:
        print("skipped: the real tokenizer is missing")
        sys.exit(SKIPPED)
    globals()[given.case](given)
