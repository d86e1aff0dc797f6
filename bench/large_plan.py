#!/usr/bin/env python3
"""Time and memory of `attempt plan`, and time of `run` and `status`, over a plan of 100,000 trials.

    bench/large_plan.py BIN_FOLDER [--seeds 5883]

Seventeen trials a seed on the demo's data; `run` is given a time limit of one second, so that it reads the plan, writes
the folder and ends with code 75. Goals: plan <= 5 s and <= 500 MB, status <= 1 s.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("bin")
parser.add_argument("--seeds", type=int, default=5883)
arguments = parser.parse_args()
folder = pathlib.Path(tempfile.mkdtemp(prefix="attempt_plan_"))
attempt = pathlib.Path(arguments.bin).resolve() / "attempt"
environment = dict(os.environ, XDG_CACHE_HOME=str(folder / "cache"))


def run(*words, code=0):
    """Seconds, and the largest resident memory in MB."""
    began = time.monotonic()
    with open(folder / "output", "w") as output:
        process = subprocess.Popen([attempt, *map(str, words)], env=environment, stdout=output, stderr=output)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != code:
        raise SystemExit(f"{words}: {process.returncode}\n{(folder / 'output').read_text()[-2000:]}")
    return f"{time.monotonic() - began:.2f} s, {used.ru_maxrss / 1024:.0f} MB"


try:
    run("demo", folder / "world")
    sets = [folder / "world/demo.toml", "--set", f"sweep.seeds={{count={arguments.seeds}}}"]
    run("plan", *sets)
    print(f"{17 * arguments.seeds} trials")
    print(f"plan: {run('plan', *sets)}")
    print(f"run that stops at once: {run('run', *sets, '--out', folder / 'study', '--time-limit', 1, code=75)}")
    print(f"status: {run('status', folder / 'study')}")
finally:
    shutil.rmtree(folder)
