#!/usr/bin/env python3
"""Checks that clang-format would change nothing. Usage: check_format.py SOURCE_FOLDER [CLANG_FORMAT]

Releases of clang-format disagree in details: only the one that the code was formatted with decides.
"""
import pathlib
import subprocess
import sys

SKIPPED = 77
RELEASE = "version 14."


def main():
    root = pathlib.Path(sys.argv[1])
    program = sys.argv[2] if len(sys.argv) > 2 else "clang-format"
    try:
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        print("skipped: no clang-format 14")
        return SKIPPED
    if RELEASE not in version:
        print(f"skipped: {version} (the code is formatted with release 14)")
        return SKIPPED
    files = [file for top in ("model", "datasets", "results", "runner", "tests", "bench")
             for file in sorted((root / top).rglob("*")) if file.suffix in (".h", ".cpp")]
    return subprocess.run([program, "--dry-run", "--Werror", "--ferror-limit=1", *files]).returncode


if __name__ == "__main__":
    sys.exit(main())
