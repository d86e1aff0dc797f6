#!/usr/bin/env python3
"""Time of `attempt run`, `status` and `verify` over a folder of finished trials.

    bench/restart.py BIN_FOLDER [--seeds 300]

Seventeen trials a seed on the demo's data. Goals for 5,000 finished trials: run <= 3 s, status <= 1 s.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("bin")
parser.add_argument("--seeds", type=int, default=300)
arguments = parser.parse_args()
folder = pathlib.Path(tempfile.mkdtemp(prefix="attempt_restart_"))
programs = pathlib.Path(arguments.bin).resolve()
environment = dict(os.environ, XDG_CACHE_HOME=str(folder / "cache"))


def run(*words, **more):
    began = time.monotonic()
    done = subprocess.run([str(programs / words[0]), *map(str, words[1:])], env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, **more)
    if done.returncode:
        raise SystemExit(f"{words}: {done.returncode}\n{done.stderr}")
    return time.monotonic() - began, done.stdout


try:
    run("attempt", "demo", folder / "world")
    sets = [folder / "world/demo.toml", "--set", f"sweep.seeds={{count={arguments.seeds}}}"]
    first, plan = run("attempt", "plan", *sets, "--json")
    ids = [trial["trial_id"] for trial in json.loads(plan)["trials"]]
    run("fill_study", folder / "study", input="\n".join(ids) + "\n")
    run("attempt", "run", *sets, "--out", folder / "study")
    print(f"{len(ids)} finished trials: plan {run('attempt', 'plan', *sets)[0]:.2f} s, "
          f"run {run('attempt', 'run', *sets, '--out', folder / 'study')[0]:.2f} s, "
          f"status {run('attempt', 'status', folder / 'study')[0]:.2f} s, "
          f"verify {run('attempt', 'verify', folder / 'study')[0]:.2f} s")
finally:
    shutil.rmtree(folder)
