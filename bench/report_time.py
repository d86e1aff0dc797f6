#!/usr/bin/env python3
"""Time and size of `attempt report` over made-up studies of 400 and 5,000 trials: the first report, which compares every
file with its digest, and the next one, which knows those of files that did not change.

Usage: report_time.py MADE_STUDY ATTEMPT [--plotly FILE]
"""
import argparse
import os
import pathlib
import resource
import subprocess
import tempfile
import time


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("made_study")
    parser.add_argument("attempt")
    parser.add_argument("--plotly")
    arguments = parser.parse_args()
    print(f"{len(os.sched_getaffinity(0))} cores", flush=True)
    for methods, tasks, seeds in ((16, 5, 5), (100, 10, 5)):
        with tempfile.TemporaryDirectory() as folder:
            study = pathlib.Path(folder) / "study"
            subprocess.run([arguments.made_study, study, str(methods), str(tasks), str(seeds)], check=True)
            command = [arguments.attempt, "report", study]
            if arguments.plotly:
                command += ["--plotly", arguments.plotly]
            time.sleep(3)  # digests of younger files are not remembered
            for what in ("first", "next"):
                started, used = time.monotonic(), processor_seconds()
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                               env={**os.environ, "XDG_CACHE_HOME": str(pathlib.Path(folder) / "cache")})
                seconds, used = time.monotonic() - started, processor_seconds() - used
                size = (study / "report/index.html").stat().st_size
                print(f"{methods * tasks * seeds} trials, {what}: {seconds:.2f} s, {used:.2f} s of processor time, "
                      f"page {size / 1e6:.1f} MB", flush=True)


if __name__ == "__main__":
    main()
