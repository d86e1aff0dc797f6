#!/usr/bin/env python3
"""The messages that docs/slurm.md explains are the program's own: slurm_messages.py SOURCE_FOLDER

Capital N, `...` and words that differ from run to run stand for what the program fills in.
"""
import pathlib
import re
import sys

FILLED_IN = r"GPU-\.\.\.|\brun \.\.\.|\.\.\.|\bN\b|\bHOST\b|'1h'"
SHORTEST_PART = 3


def texts(root):
    """What the program and the job script say: string literals that C++ joins are joined."""
    found = (root / "slurm/job.sh.in").read_text()
    for folder in ("runner", "results"):
        for file in sorted((root / folder).rglob("*.cpp")):
            found += re.sub(r'"\s*"', "", file.read_text())
    return re.sub(r'\\"', '"', found)


def messages(page):
    rows = page.split("## Troubleshooting")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^|]+)` \|", rows, flags=re.MULTILINE)


def missing(message, said):
    """The parts of a message, between what is filled in, that the program does not say."""
    parts = [part.strip(" ()'") for part in re.split(FILLED_IN, message)]
    parts = [part for part in parts if len(part) >= SHORTEST_PART]
    return [part for part in parts if part not in said] if parts else [message]


def main():
    root = pathlib.Path(sys.argv[1])
    explained = messages((root / "docs/slurm.md").read_text())
    said = texts(root)
    problems = [f"docs/slurm.md explains `{message}`, but no program says '{part}'"
                for message in explained for part in missing(message, said)]
    if not explained:
        problems.append("docs/slurm.md: no messages below 'Troubleshooting'")
    print("\n".join(problems) or f"{len(explained)} messages are the program's own")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
