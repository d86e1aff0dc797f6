#!/usr/bin/env python3
"""Checks what the folders promise: which folder includes which, file sizes, a README each. Prints every breach.

Usage: check_layout.py SOURCE_FOLDER
"""
import pathlib
import re
import sys

# A folder may include the folders named here (and itself).
MAY_INCLUDE = {
    "model/shapes": [],
    "model": ["model/shapes"],
    "datasets": [],
    "results": [],
    "demo": [],
    "runner/config": ["model/shapes", "datasets", "results"],
    "runner/sweep": ["runner/config", "model/shapes", "datasets", "results"],
    "runner/process": ["results"],
    "runner/mpi": [],
    "runner/schedule": ["runner/process", "runner/mpi", "runner/sweep", "results", "datasets"],
    "runner/search": ["runner/config", "runner/process", "runner/schedule", "runner/sweep", "results"],
    "runner/train": ["runner/process", "runner/sweep", "model", "model/shapes", "datasets", "results"],
    "runner/cli": ["demo", "runner/config", "runner/sweep", "runner/schedule", "runner/search", "runner/process", "runner/mpi", "model/shapes",
                   "datasets", "results"],
}
LONGEST_SOURCE, LONGEST_HEADER = 400, 200
TEXTS = (".h", ".cpp", ".cu", ".py", ".sh", ".md", ".toml", ".cmake", ".txt")
MACHINE_PATH = re.compile(r"/(?:home|root|work)/[a-z]\w*")
INCLUDE = re.compile(r'^#include ["<]([^">]+)[">]', re.M)


def folder_of(path):
    """The longest known folder that a project path lies in."""
    known = [folder for folder in MAY_INCLUDE if path.startswith(folder + "/")]
    return max(known, key=len) if known else None


def main():
    root = pathlib.Path(sys.argv[1])
    breaches = []
    for top in ("model", "datasets", "results", "demo", "runner"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in (".h", ".cpp"):
                continue
            path = file.relative_to(root).as_posix()
            text = file.read_text()
            folder = folder_of(path)
            for included in INCLUDE.findall(text):
                target = folder_of(included)
                if target and target != folder and target not in MAY_INCLUDE[folder]:
                    breaches.append(f"{path}: includes {included} ({folder} must not see {target})")
                if included == "mpi.h" and folder != "runner/mpi":
                    breaches.append(f"{path}: includes mpi.h (only runner/mpi may)")
                is_torch = included.startswith(("torch/", "ATen/", "c10/"))
                if is_torch and folder not in ("model", "runner/train"):
                    breaches.append(f"{path}: includes {included} (only model and runner/train see LibTorch)")
                if included in ("torch/torch.h", "torch/nn.h", "ATen/ATen.h") and path.endswith(".h"):
                    breaches.append(f"{path}: includes {included} (a header must not: it costs seconds a file)")
            longest = LONGEST_HEADER if path.endswith(".h") else LONGEST_SOURCE
            lines = text.count("\n")
            if lines > longest:
                breaches.append(f"{path}: {lines} lines (at most {longest}: split it by role)")
    for folder in ("model", "datasets", "results", "runner", "sweeps", "slurm", "bench", "tests", "docs", "cmake"):
        if not (root / folder / "README.md").exists():
            breaches.append(f"{folder}: no README.md")
    for file in sorted(root.rglob("*")):
        parts = file.relative_to(root).parts
        if file.suffix not in TEXTS or any(part.startswith(".") or part == "build" for part in parts):
            continue
        for found in MACHINE_PATH.findall(file.read_text(errors="replace")):
            breaches.append(f"{file.relative_to(root)}: names a path of one machine ({found})")
    for folder in root.rglob("*"):
        hidden = any(part.startswith(".") or part == "build" for part in folder.relative_to(root).parts)
        if folder.is_dir() and not hidden and folder.name in ("util", "utils", "common", "misc"):
            breaches.append(f"{folder.relative_to(root)}: a helper lives beside the concept it serves")
    print("\n".join(breaches) or "folders and includes are as they should be")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
