#!/usr/bin/env python3
"""Compares the losses of attempt-trainer with transformers and PEFT on real rows of RTE and SQuAD.

Both sides read the same files on their own: no shuffling, no dropout, a random backbone of the
shape of t5-small. Prompts start from files; what ATTEMPT's G starts from is read from a trial of
one step, whose only update has rate 0.

    compare_losses.py --trainer attempt-trainer --data DATA [--steps 50] [--tolerance 2e-4]
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import h5py
import torch
from safetensors.torch import load_file, save_file

from cut_squad_dev import cut
from make_random_t5 import make_random_t5
import reference_rows
import reference_training
from reference_training import Recipe

SOURCES = ("mnli", "qnli")


@dataclass
class TaskFacts:
    name: str
    max_source: int
    max_target: int


TASKS = (TaskFacts("rte", 96, 3), TaskFacts("squad", 48, 16))


class Comparison:
    def __init__(self, arguments, folder: Path):
        self.arguments = arguments
        self.folder = folder
        self.study = folder / "study"
        self.model = folder / "model"
        self.spiece = arguments.data / "tokenizer" / "spiece.model"
        make_random_t5(self.model, self.spiece, seed=1)
        self.write_data()
        self.write_prompts()

    def write_data(self) -> None:
        """The layout of the official downloads; the test files are cut short, as only losses of
        training are compared."""
        root = self.folder / "data"
        (root / "RTE").mkdir(parents=True)
        (root / "squad").mkdir()
        rte = self.arguments.data / "glue" / "RTE"
        (root / "RTE" / "train.tsv").symlink_to(rte / "train.tsv")
        dev = (rte / "dev.tsv").read_text(encoding="utf-8").split("\n")
        (root / "RTE" / "dev.tsv").write_text("\n".join(dev[:9]) + "\n", encoding="utf-8")
        squad = self.arguments.data / "squad"
        (root / "squad" / "train-v1.1.json").symlink_to(squad / "squad_train_sample.json")
        short = cut(json.loads((squad / "squad_dev_1.1_from_explorer.json").read_text()), 4)
        (root / "squad" / "dev-v1.1.json").write_text(json.dumps(short))
        self.root = root

    def write_prompts(self) -> None:
        embeddings = load_file(self.model / "model.safetensors")["shared.weight"]
        generator = torch.Generator().manual_seed(5)
        self.prompts = {}
        for name in ("start", *SOURCES):
            ids = 3 + torch.randperm(4997, generator=generator)[:self.arguments.prompt_length]
            self.prompts[name] = embeddings[ids].clone()
            save_file({"prompt": self.prompts[name]}, self.folder / f"{name}.safetensors")

    def recipe(self, method: str) -> Recipe:
        """The first steps of a usual trial: the rate is still rising. (At the usual prompt rate of
        0.3 rounding differences grow tenfold every few steps, on either side.)"""
        return Recipe(learning_rate=1e-5 if method == "fine_tuning" else 0.05,
                      warmup_steps=100)

    def spec(self, method: str, task: TaskFacts, steps: int) -> dict:
        recipe = self.recipe(method)
        trial_id = hashlib.sha256(f"{method}/{task.name}/{steps}".encode()).hexdigest()[:32]
        is_attempt = method == "attempt"
        return {
            "spec_version": 1, "trial_id": trial_id, "phase": "target", "method": method,
            "variant": "", "label": method, "seed": 42,
            "tasks": [{
                "name": task.name, "max_source_length": task.max_source,
                "max_target_length": task.max_target, "max_new_tokens": 1, "add_prefix": True,
                "max_train_examples": None, "few_shot": {"k": 0, "mode": "balanced", "selection": "last", "draw": 1},
                "files": {}, "definition": None, "fingerprint": "comparison", "train_examples": 0,
                "validation_examples": 0, "test_examples": 0}],
            "model": {"folder": str(self.model), "precision": "fp32", "dropout": 0.0,
                      "fingerprint": "comparison", "note": "random backbone"},
            "data": {"root": str(self.root), "cache": str(self.folder / "cache"),
                     "compat": "corrected", "rules": {}, "shuffle": False, "max_bad_rows": 10,
                     "strict_counts": False, "tokenizer": str(self.spiece),
                     "tokenizer_fingerprint": "comparison"},
            "train": {
                "total_steps": steps, "batch_size": self.arguments.batch_size, "micro_batch": 0,
                "evaluation_batch_size": 32, "evaluate_every_steps": 0, "patience": 0,
                "checkpoint_every_seconds": 100000.0, "scoring": "generate", "label_smoothing": 0.0,
                "length_buckets": False, "loss_weight": "token",
                "mixing": {"mixing": "proportional", "temperature": 10.0, "batches": "mixed", "selection": "mean"},
                "optimizer": {
                    "optimizer": "adamw", "adamw_form": "torch", "adafactor_form": "hf",
                    "decay_scope": "all", "learning_rate": recipe.learning_rate,
                    "learning_rate_g": recipe.learning_rate, "learning_rate_encoder": recipe.learning_rate,
                    "schedule_steps": 0, "weight_decay": recipe.weight_decay,
                    "schedule": "constant_with_warmup", "warmup_steps": recipe.warmup_steps,
                    "gradient_clip": recipe.clip}},
            "method_options": {
                "method": method, "prompt_length": self.arguments.prompt_length, "init": "file",
                "init_text": "", "init_file": str(self.folder / "start.safetensors"),
                "attention": "sub", "target": "add_and_mix", "pooling": "masked",
                "temperature_rule": "paper", "temperature": 0.0, "g_hidden": 100,
                "g_trainable": True, "g_layer_norm_trained": True,
                "mixed_sources": list(SOURCES) if is_attempt else [],
                "start_source": SOURCES[0] if is_attempt else ""},
            "init_file_sha256": "", "starts": [],
            "start_choice": {
                "choice": "fixed", "top_k": 0, "weights": "proportional", "similarity": "mean_cosine", "probe": "",
                "of_equal_start": [],
                "probe_start": {"seed": 0, "prompt_length": 0, "init": "sampled_vocab", "text": "", "repeats_text": False,
                                "file": "", "file_sha256": ""}},
            "sources": [{"name": name, "trial_id": "", "sha256": "", "resize": "",
                         "path": str(self.folder / f"{name}.safetensors")}
                        for name in SOURCES] if is_attempt else [],
            "calibration": [], "depends_on": [], "trainable_parameters": 0, "keep_predictions": False,
            "save_parameters": "small", "comparable": False, "synthetic": False, "threads": 2,
            "config_toml": ""}

    def run_trainer(self, method: str, task: TaskFacts, steps: int) -> Path:
        spec = self.spec(method, task, steps)
        path = self.folder / f"{spec['trial_id']}.json"
        path.write_text(json.dumps(spec))
        done = subprocess.run([self.arguments.trainer, "trial", path, "--study", self.study],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"attempt-trainer failed on {method}, {task.name}:\n{done.stderr}")
        return self.study / "trials" / f"{spec['trial_id']}.h5"

    def start_of_attempt(self) -> dict[str, torch.Tensor]:
        with h5py.File(self.run_trainer("attempt", TASKS[0], steps=1)) as trial:
            return {name: torch.from_numpy(value[()])
                    for name, value in trial["parameters"].items()}

    def reference(self, method: str, batches, recipe: Recipe, start) -> list[float]:
        if method == "fine_tuning":
            return reference_training.fine_tuning(self.model, batches, recipe)
        if method == "prompt_tuning":
            return reference_training.prompt_tuning(self.model, self.prompts["start"], batches,
                                                    recipe)
        sources = torch.stack([self.prompts[name] for name in SOURCES])
        return reference_training.attempt(self.model, sources, start, batches, recipe)

    def run(self) -> bool:
        tokenizer = reference_rows.load_tokenizer(self.spiece)
        texts = {"rte": reference_rows.rte_texts(self.root / "RTE" / "train.tsv"),
                 "squad": reference_rows.squad_texts(self.root / "squad" / "train-v1.1.json")}
        start = self.start_of_attempt()
        if not torch.equal(start["prompt"], self.prompts[SOURCES[0]]):
            raise SystemExit("the first update moved the target prompt (its rate must be 0)")
        is_good = True
        for task in TASKS:
            batches = reference_rows.batches_in_file_order(
                tokenizer, texts[task.name], self.arguments.steps, self.arguments.batch_size,
                task.max_source, task.max_target)
            for method in ("prompt_tuning", "attempt", "fine_tuning"):
                began = time.time()
                expected = self.reference(method, batches,
                                          self.recipe(method), start)
                python_seconds = time.time() - began
                with h5py.File(self.run_trainer(method, task, self.arguments.steps)) as trial:
                    got = trial["train/loss"][()].tolist()
                    trainer_seconds = float(trial["cost"].attrs["train_seconds"])
                if len(got) != len(expected):
                    raise SystemExit(f"{len(got)} losses, {len(expected)} expected")
                differences = [abs(a - b) / abs(b) for a, b in zip(got, expected)]
                worst = max(differences)
                verdict = "equal" if worst <= self.arguments.tolerance else "DIFFERENT"
                is_good = is_good and worst <= self.arguments.tolerance
                print(f"{task.name:6} {method:14} first loss {expected[0]:.4f}, last "
                      f"{expected[-1]:.4f}; largest relative difference {worst:.1e} at step "
                      f"{differences.index(worst)} ({verdict}); "
                      f"{python_seconds:.0f} s in Python, {trainer_seconds:.0f} s here",
                      flush=True)
        return is_good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trainer", type=Path, required=True)
    parser.add_argument("--data", type=lambda text: Path(text).resolve(), required=True,
                        help="glue/, squad/, tokenizer/")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--prompt-length", type=int, default=20)
    parser.add_argument("--tolerance", type=float, default=2e-4)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(0 if Comparison(arguments, Path(folder)).run() else 1)


if __name__ == "__main__":
    main()
