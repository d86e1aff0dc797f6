#!/usr/bin/env python3
"""Runs the Python examples of a document as a reader would: one after the other, in a folder that holds what the document
says.

python           docs/python.md: its sweep and its commands, on the demo's data
reading-results  docs/reading-results.md: study/, trials.csv and evaluations.csv of a made-up study

Examples whose library is missing are named and skipped; exit code 77 when none could run."""
import argparse
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SKIP = 77


def run(command, work, environment):
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


def python(text, work, environment):
    sweep, = blocks(text, "toml")
    commands, = blocks(text, "sh")
    for line in commands.splitlines():
        if line.startswith("#"):
            (work / "demo/small.toml").write_text(sweep)
        else:
            run(["bash", "-c", line], work, environment)


def reading_results(_, work, environment):
    run(["made_study", "study", "3", "2", "2"], work, environment)
    for what in ("trials", "evaluations"):
        line = f"attempt export study --format csv --what {what} > {what}.csv"
        run(["bash", "-c", line], work, environment)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("document", choices=["python", "reading-results"])
    parser.add_argument("--bin", required=True, type=pathlib.Path)
    parser.add_argument("--source", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    text = (arguments.source / f"docs/{arguments.document}.md").read_text()
    examples = blocks(text, "python")
    assert len(examples) >= 3, "the document has lost its examples"
    ran = 0
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        environment = dict(os.environ, PATH=f"{arguments.bin}:{os.environ['PATH']}", XDG_CACHE_HOME=str(work / "cache"))
        prepare = python if arguments.document == "python" else reading_results
        prepare(text, work, environment)
        for example in examples:
            libraries = re.findall(r"^import (\w+)", example, re.M)
            missing = [name for name in libraries if importlib.util.find_spec(name) is None]
            if missing:
                print(f"skipped an example: {sys.executable} has no {', '.join(missing)}")
                continue
            done = subprocess.run([sys.executable, "-c", example], cwd=work, capture_output=True, text=True)
            assert done.returncode == 0, f"{example}\n{done.stdout}{done.stderr}"
            assert done.stdout.strip(), f"prints nothing:\n{example}"
            print(done.stdout)
            ran += 1
    if ran == 0:
        sys.exit(SKIP)


if __name__ == "__main__":
    main()
