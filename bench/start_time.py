#!/usr/bin/env python3
"""Wall time of `attempt --help` and `attempt plan SWEEP` (warm fingerprint cache), median of several runs.

Usage: start_time.py PATH_OF_attempt SWEEP [--set KEY=VALUE]... [--rounds 9]
"""
import argparse
import statistics
import subprocess
import time


def seconds(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("sweep")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    settings = [word for setting in arguments.set for word in ("--set", setting)]
    for name, command in (("--help", [arguments.binary, "--help"]),
                          ("plan", [arguments.binary, "plan", arguments.sweep, *settings])):
        seconds(command)
        times = [seconds(command) for _ in range(arguments.rounds)]
        print(f"attempt {name}: {statistics.median(times) * 1000:.0f} ms (from {min(times) * 1000:.0f} to {max(times) * 1000:.0f})")


if __name__ == "__main__":
    main()
