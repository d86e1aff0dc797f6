#!/usr/bin/env python3
"""Repeats a case of run_study_test.py that needs several hosts, some at a time, each with hosts of its own. Root.

    tests/mpi/repeat_lost.py BUILD_FOLDER/bin/attempt_study_program lost_host|cut_cable [--repeats 50] [--at-once 8]

Prints how many passed, and the longest times from the study's end to the launcher's and from there to that of the last
process. By hand: ctest runs each case once.
"""
import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys

parser = argparse.ArgumentParser()
parser.add_argument("program")
parser.add_argument("case", choices=["lost_host", "cut_cable"])
parser.add_argument("--repeats", type=int, default=50)
parser.add_argument("--at-once", type=int, default=8)
arguments = parser.parse_args()
test = pathlib.Path(__file__).resolve().parent / "run_study_test.py"
# Names of hosts are of /run, those of links of the network: private ones let repeats run side by side.
ALONE = 'mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /tmp && ip link set lo up && exec "$@"'


def once(_):
    return subprocess.run(["unshare", "--net", "--mount", "bash", "-c", ALONE, "alone", sys.executable, test,
                           pathlib.Path(arguments.program).resolve(), "3", arguments.case],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


runs, failed = [], []
with concurrent.futures.ThreadPoolExecutor(arguments.at_once) as pool:
    for run in pool.map(once, range(arguments.repeats)):
        runs.append(run)
        if run.returncode != 0:
            failed.append(run)
        print(f"{len(runs)} ended, {len(failed)} failed", flush=True)
times = [tuple(map(float, found.groups())) for run in runs
         if (found := re.search(r"([0-9.]+) s to the launcher's end, ([0-9.]+) s more", run.stdout))]
print(f"{arguments.case}: {len(runs) - len(failed)} of {len(runs)} passed")
if times:
    print(f"longest: {max(a for a, _ in times)} s to the launcher's end, "
          f"{max(b for _, b in times)} s more to that of the last process")
for run in failed:
    print(f"code {run.returncode}\n{run.stdout[-2000:]}")
sys.exit(1 if failed else 0)
