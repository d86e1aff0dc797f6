#!/usr/bin/env python3
"""Random prompts as a control for source prompts: rows of random direction, each as long as the trained prompt's row.

Reads the source prompts of a study's first seed (h5py, NumPy) and writes a .npy file a source; prints the value of
[sources] prompts. Usage: random_prompts.py STUDY FOLDER"""
import pathlib
import sys

import h5py
import numpy as np


def main():
    study, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    trained = {}
    for file in sorted((study / "trials").glob("*.h5")):
        with h5py.File(file) as trial:
            if trial.attrs["phase"] in ("source", b"source"):
                task = trial.attrs["tasks"][0]
                task = task.decode() if isinstance(task, bytes) else task
                trained.setdefault(task, {})[int(trial.attrs["seed"])] = trial["parameters/prompt"][:]
    generator = np.random.default_rng(0)
    entries = []
    for task, of_seed in sorted(trained.items()):
        prompt = of_seed[min(of_seed)]
        rows = generator.standard_normal(prompt.shape)
        rows *= np.linalg.norm(prompt, axis=1, keepdims=True) / np.linalg.norm(rows, axis=1, keepdims=True)
        file = folder / f"random_{task}.npy"
        np.save(file, rows.astype(np.float32))
        entries.append(f'random_{task} = "{file}"')
    print("{ " + ", ".join(entries) + " }")


if __name__ == "__main__":
    main()
