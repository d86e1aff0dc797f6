#!/usr/bin/env python3
"""docs/commands.md is what the program says of itself: the --help of every command, in its order.

    commands_page.py --bin FOLDER_OF_ATTEMPT --source PROJECT [--write]

Without --write it ends with an error when the page is not up to date.
"""

import argparse
import difflib
import re
import subprocess
import sys
from pathlib import Path

HEAD = """# Commands

What `attempt COMMAND --help` says, of every command. This page is written by the program itself
(`tests/docs/commands_page.py --write`) and compared with it in the tests; the keys of a sweep file are in
[sweeps/README.md](../sweeps/README.md), the steps of a study in [the guide](index.md).

"""


def help_of(attempt: Path, *words: str) -> str:
    return subprocess.run([attempt, *words, "--help"], capture_output=True, text=True, check=True).stdout


def page(attempt: Path) -> str:
    general = help_of(attempt)
    commands = re.search(r"^Commands:\n(.*?)\n\n", general, re.M | re.S)[1].splitlines()
    text = HEAD + f"```\n{general}```\n"
    for line in commands:
        name = re.match(r"  (\S+(?: \S+)*?)  +", line)[1]
        text += f"\n## attempt {name}\n\n```\n{help_of(attempt, *name.split())}```\n"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    file = arguments.source / "docs" / "commands.md"
    expected = page(arguments.bin / "attempt")
    if arguments.write:
        file.write_text(expected)
        return
    found = file.read_text() if file.exists() else ""
    if found != expected:
        changes = difflib.unified_diff(found.splitlines(), expected.splitlines(), "docs/commands.md", "attempt --help",
                                       lineterm="")
        sys.exit("\n".join(changes) + "\ndocs/commands.md is not up to date: run commands_page.py --write")


if __name__ == "__main__":
    main()
