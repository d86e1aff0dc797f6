#!/usr/bin/env python3
"""Runs libFuzzer's programs (preset `fuzz`), several at a time, and prints a row of tests/fuzz/README.md's table for each.

Usage: run_all.py PROGRAM_FOLDER FOUND_FOLDER [--runs 1000000] [--targets csv,tsv] [--jobs 2]
New inputs, logs and findings go to FOUND_FOLDER. Exit code 1 when there is a finding.
"""
import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import time

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"


def run(target, arguments):
    found = pathlib.Path(arguments.found).resolve() / target
    found.mkdir(parents=True, exist_ok=True)
    program = pathlib.Path(arguments.programs).resolve() / f"{target}_fuzz"
    start = time.monotonic()
    log = found.parent / f"{target}.log"
    with open(log, "w") as out:
        status = subprocess.run([program, f"-runs={arguments.runs}", "-seed=1", "-max_len=2048", "-timeout=10",
                                 "-rss_limit_mb=1024", "-print_final_stats=1", f"-artifact_prefix={found.parent}/{target}-",
                                 found, CORPUS / target], stderr=out, stdout=out).returncode
    seconds = time.monotonic() - start
    text = log.read_text(errors="replace")
    runs = int(re.search(r"number_of_executed_units:\s*(\d+)", text)[1])
    covered = re.findall(r"cov: (\d+) ft: (\d+)", text)
    counters = re.search(r"\((\d+) inline 8-bit counters\)", text)
    edges, features = covered[-1] if covered else ("0", "0")
    print(f"| `{target}` | {runs:,} | {seconds:.0f} | {edges} of {counters[1]} | {features} | "
          f"{'none' if status == 0 else 'see ' + str(log)} |", flush=True)
    return status == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs")
    parser.add_argument("found")
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--targets", default=",".join(sorted(folder.name for folder in CORPUS.iterdir())))
    parser.add_argument("--jobs", type=int, default=2, help="targets at a time")
    arguments = parser.parse_args()
    print("| target | runs | s | edges | features | findings |\n|---|---|---|---|---|---|", flush=True)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(pool.map(lambda target: run(target, arguments), arguments.targets.split(",")))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
