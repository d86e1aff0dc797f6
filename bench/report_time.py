#!/usr/bin/env python3
"""Time and size of `attempt report` over filled studies of 400 and 5,000 trials, cold and again.

Usage: report_time.py MADE_STUDY ATTEMPT [--plotly FILE]
"""
import argparse
import pathlib
import subprocess
import tempfile
import time


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("made_study")
    parser.add_argument("attempt")
    parser.add_argument("--plotly")
    arguments = parser.parse_args()
    for methods, tasks, seeds in ((16, 5, 5), (100, 10, 5)):
        with tempfile.TemporaryDirectory() as folder:
            study = pathlib.Path(folder) / "study"
            subprocess.run([arguments.made_study, study, str(methods), str(tasks), str(seeds)], check=True)
            command = [arguments.attempt, "report", study]
            if arguments.plotly:
                command += ["--plotly", arguments.plotly]
            for what in ("first", "again"):
                started = time.monotonic()
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
                seconds = time.monotonic() - started
                size = (study / "report/index.html").stat().st_size
                print(f"{methods * tasks * seeds} trials, {what}: {seconds:.2f} s, page {size / 1e6:.1f} MB", flush=True)


if __name__ == "__main__":
    main()
