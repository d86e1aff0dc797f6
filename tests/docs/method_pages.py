#!/usr/bin/env python3
"""Every option of a method (sweeps/README.md, which a test compares with the program) stands on the method's page, and
every switch of a page is an option. Usage: method_pages.py SOURCE"""
import pathlib
import re
import sys

EVERY_METHOD = {"learning_rate", "weight_decay", "optimizer"}  # docs/methods/README.md


def sections(text):
    """{method: {key}} of the [method.X] tables."""
    keys, method = {}, None
    for line in text.splitlines():
        heading = re.match(r"### `\[(.*)\]`", line)
        if heading:
            method = heading[1].removeprefix("method.") if heading[1].startswith("method.") else None
            if method:
                keys[method] = set()
        elif method and (key := re.match(r"\| `(\w+)` \|", line)):
            keys[method].add(key[1])
    return keys


def page_of(folder, method):
    """The page that names the method in its title."""
    for page in sorted(folder.glob("*.md")):
        title = page.read_text().splitlines()[0]
        if method in re.findall(r"\w+", title):
            return page
    return None


def switches(text):
    """Keys in the first column of the tables of switches."""
    tables = re.findall(r"^\| switch \|.*\n(?:\|.*\n)*", text, flags=re.M)
    rows = re.findall(r"^\| (`[^|]*) \|", "".join(tables), flags=re.M)
    return {name for row in rows for name in re.findall(r"`([\w.]+)`", row)}


def main():
    source = pathlib.Path(sys.argv[1])
    wrong = []
    options = sections((source / "sweeps" / "README.md").read_text())
    if len(options) < 12:
        sys.exit(f"sweeps/README.md has {len(options)} methods, expected 12 and more")
    known = {}
    for method, keys in options.items():
        page = page_of(source / "docs" / "methods", method)
        if page is None:
            wrong.append(f"{method}: no page in docs/methods/ has it in its title")
            continue
        known.setdefault(page, set()).update(keys)
        text = page.read_text()
        wrong += [f"{page.name}: `{key}` of [method.{method}] is not described"
                  for key in sorted(keys - EVERY_METHOD) if f"`{key}`" not in text]
    for page, keys in known.items():
        wrong += [f"{page.name}: the switch `{name}` is no option of its methods"
                  for name in sorted(switches(page.read_text())) if "." not in name and name not in keys]
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(options)} methods: every option has its place")


if __name__ == "__main__":
    main()
