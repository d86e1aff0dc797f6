#!/usr/bin/env python3
"""Runs docs/python.md as a reader would: its sweep, its commands, then each Python example.

    python_examples.py --bin FOLDER_OF_ATTEMPT --source PROJECT

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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, type=pathlib.Path)
    parser.add_argument("--source", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    text = (arguments.source / "docs/python.md").read_text()
    blocks = {language: re.findall(rf"```{language}\n(.*?)```", text, re.S) for language in ("toml", "sh", "python")}
    assert len(blocks["toml"]) == 1 and len(blocks["sh"]) == 1 and len(blocks["python"]) >= 3, "examples are lost"
    ran = 0
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        environment = dict(os.environ, PATH=f"{arguments.bin}:{os.environ['PATH']}", XDG_CACHE_HOME=str(work / "cache"))
        for line in blocks["sh"][0].splitlines():
            if line.startswith("#"):
                (work / "demo/small.toml").write_text(blocks["toml"][0])
                continue
            done = subprocess.run(["bash", "-c", line], cwd=work, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        for example in blocks["python"]:
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
