#!/usr/bin/env python3
"""What loading the backbone once is worth: many trained files in one `attempt predict` against a process each.

    serve_tasks.py build/release/bin/attempt --model BACKBONE --data ROOT TRIAL.h5... [--lines 64]

bench/serve_tasks.toml says how to make 21 files. Every file answers the same number of lines of its task. Prints lines a second, processor time and peak memory of both; where
other programs run, processor time says more.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time


def run(words):
    """Seconds, processor seconds and peak memory in MB."""
    start = time.perf_counter()
    process = subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{words}: status {status}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def lines_of(attempt, model, data, task, count):
    shown = subprocess.run([attempt, "data", "show", task, "--model", model, "--data", data, "--split", "test", "--json",
                            "--limit", str(count)], capture_output=True, text=True, check=True).stdout
    texts = [json.loads(line)["source"] for line in shown.splitlines()]
    return [f"{task}\t{texts[i % len(texts)]}\n" for i in range(count)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("attempt", type=pathlib.Path)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--lines", type=int, default=64)
    arguments = parser.parse_args()
    base = [arguments.attempt, "predict", "--model", arguments.model]
    inspected = subprocess.run([arguments.attempt, "prompt", "inspect", "--json", *arguments.files], capture_output=True,
                               text=True, check=True).stdout
    tasks = [facts["tasks"][0] for facts in json.loads(inspected)]
    with tempfile.TemporaryDirectory() as folder:
        lines = {task: lines_of(arguments.attempt, arguments.model, arguments.data, task, arguments.lines)
                 for task in sorted(set(tasks))}
        every = pathlib.Path(folder) / "all.tsv"
        every.write_text("".join(line for task in sorted(lines) for line in lines[task]))
        trials = [word for file in arguments.files for word in ("--trial", file)]
        together, used, memory = run([*base, *trials, every])
        apart, used_apart, largest = 0.0, 0.0, 0.0
        for task, file in zip(tasks, arguments.files):
            alone = pathlib.Path(folder) / f"{task}.tsv"
            alone.write_text("".join(lines[task]))
            seconds, processor, peak = run([*base, "--trial", file, alone])
            apart, used_apart, largest = apart + seconds, used_apart + processor, max(largest, peak)
    answers = arguments.lines * len(tasks)
    print(f"{len(tasks)} files, {arguments.lines} lines each")
    print(f"  one process:     {answers / together:8.1f} lines/s  {used:6.1f} s of processor time  {memory:6.0f} MB")
    print(f"  a process each:  {answers / apart:8.1f} lines/s  {used_apart:6.1f} s of processor time  {largest:6.0f} MB")
    print(f"  throughput {apart / together:.2f}x, processor time {used_apart / used:.2f}x less, "
          f"memory {memory / largest:.3f}x of one file alone")


if __name__ == "__main__":
    main()
