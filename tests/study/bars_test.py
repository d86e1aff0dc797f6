#!/usr/bin/env python3
"""results/demo/bars.py on made-up exports: every bar is met where the study is sound, and each is missed where it is not.
Usage: bars_test.py SOURCE"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile

SOURCES = ["mnli", "qnli", "qqp", "sst2", "squad", "record"]
TARGETS = ["rte", "cola", "yelp", "searchqa"]
REPORTED = {"cola": "matthews_correlation", "searchqa": "f1"}
SOUND = {"frozen": 10, "fine_tuning": 95, "prompt_tuning": 70, "attempt": 75, "attempt:constant": 72}


def trials(means, noise=1.0):
    generator = random.Random(1)
    return [{"phase": "target", "status": "succeeded", "method": method, "variant": method, "tasks": task, "seed": seed,
             f"test.{task}.{REPORTED.get(task, 'accuracy')}": mean + generator.gauss(0, noise), f"test.{task}.constant_score": 50.0}
            for method, mean in means.items() for task in TARGETS for seed in range(5)]


def bars(source, study, random_backbone=50):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder)
        (out / "study.json").write_text(json.dumps(study))
        (out / "random_backbone.json").write_text(json.dumps(trials({"prompt_tuning": random_backbone})))
        (out / "shuffled_labels.json").write_text(json.dumps(trials({"prompt_tuning": 50})))
        (out / "random_sources.json").write_text(json.dumps(trials({"attempt": 60})))
        done = subprocess.run([sys.executable, source / "results/demo/bars.py", out, source / "demo/full/relatedness.csv"],
                              capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def main():
    source = pathlib.Path(sys.argv[1])
    spot = {f"spot_{name}": 70 + 2 * i for i, name in enumerate(SOURCES)}
    cases = {
        "sound": (0, trials(SOUND | spot), 50),
        "above majority": (1, trials(SOUND | spot | {"prompt_tuning": 50}), 50),
        "on a random backbone": (1, trials(SOUND | spot), 80),
        "(at least 90)": (1, trials(SOUND | spot | {"fine_tuning": 85}), 50),
        "(at least 5)": (1, trials(SOUND | spot | {"prompt_tuning": 93}), 50),
        "permutation p": (1, trials(SOUND | {name: 70 for name in spot}), 50),
    }
    for what, (expected, study, random_backbone) in cases.items():
        code, text = bars(source, study, random_backbone)
        missed = [line for line in text.splitlines() if line.startswith("MISSED")]
        if code != expected or (expected and not any(what in line for line in missed)):
            sys.exit(f"{what}: exit code {code}\n{text}")
    print(text)


if __name__ == "__main__":
    main()
