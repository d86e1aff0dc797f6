#!/usr/bin/env python3
"""Runs the Python examples of docs/reading-results.md on a made-up study, as a reader would: one after the other, with
study/, trials.csv and evaluations.csv in the folder. Examples whose library is missing are named and skipped."""
import argparse
import importlib.util
import pathlib
import re
import subprocess
import sys
import tempfile

SKIP = 77


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True, type=pathlib.Path)
    parser.add_argument("--source", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    text = (arguments.source / "docs/reading-results.md").read_text()
    examples = re.findall(r"```python\n(.*?)```", text, re.S)
    assert len(examples) >= 3, "the document has lost its examples"
    ran = 0
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        subprocess.run([arguments.bin / "made_study", work / "study", "3", "2", "2"], check=True)
        for what, name in (("trials", "trials.csv"), ("evaluations", "evaluations.csv")):
            with open(work / name, "w") as out:
                subprocess.run([arguments.bin / "attempt", "export", work / "study", "--format", "csv", "--what", what],
                               stdout=out, check=True)
        for example in examples:
            libraries = re.findall(r"^import (\w+)", example, re.M)
            missing = [library for library in libraries if importlib.util.find_spec(library) is None]
            if missing:
                print(f"skipped an example: {sys.executable} has no {', '.join(missing)}")
                continue
            done = subprocess.run([sys.executable, "-c", example], cwd=work, capture_output=True, text=True)
            assert done.returncode == 0, f"{example}\n{done.stderr}"
            assert done.stdout.strip(), f"prints nothing:\n{example}"
            print(done.stdout)
            ran += 1
    if ran == 0:
        sys.exit(SKIP)


if __name__ == "__main__":
    main()
