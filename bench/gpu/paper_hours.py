#!/usr/bin/env python3
"""GPU-hours of sweeps/paper.toml as `attempt plan` forecasts them from steps that `--probe` measures on this device.

The data are made: official numbers of rows, token counts drawn from token_lengths.txt (256 where a task is not in it), words that
are one token each. The backbone has T5-base's shape and random weights. Probed are the methods named, one after the other, on the
paper's 17 tasks (20 epochs, batches of 32, an evaluation after each); each time the forecast of these trials with one seed is
printed, and that of the whole sweep, whose other kinds of trials count as slow for their operations as those that were measured.

Usage: paper_hours.py PATH_OF_attempt --tokenizer FOLDER [--methods NAME...] [--tasks NAME...] [--set KEY=VALUE]... [--shrink 1]
                      [--backbone DIR] [--speeds FILE] [--out FILE]
FOLDER holds T5's spiece.model and tokenizer.json; --shrink 100 makes a hundredth of the rows; --speeds keeps what was measured,
--out the plan of the whole sweep.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import time

from hours import ROWS, SAME

PAPER = pathlib.Path(__file__).resolve().parents[2] / "sweeps/paper.toml"
WORDS = """the of and to in is that for on with as was it by at from are this be an or have not which but they all one we you their can
has more if will about who when time would there what up out so said other into than its only some could these two may then do first any
my now such like our over man me even most made after also did many before must through back years where much your way well down should
because each just those people how too little state good very make world still own see men work long get here between both life being
under never day same another know while last might us great old year off come since against go came right used take three""".split()
# Sources, and targets that are not among the 17. Of Yelp 100,000 rows are used, and 1,000 for validation.
MORE_ROWS = {"squad": (87599, 10570), "record": (100730, 10000), "winogrande": (40398, 1267), "yelp": (101000, 38000),
             "scitail": (23596, 1304, 2126), "paws": (49401, 8000, 8000)}
# The fixed words of a task's input, and its texts with their shares of the tokens that are left.
TEXTS = {
    "mnli": ("mnli premise: hypothesis:", {"premise": 2, "hypothesis": 1}),
    "qqp": ("qqp question1: question2:", {"question1": 1, "question2": 1}),
    "qnli": ("qnli question: sentence:", {"question": 1, "sentence": 2}),
    "sst2": ("sst2 sentence:", {"sentence": 1}), "cola": ("cola sentence:", {"sentence": 1}),
    "boolq": ("superglue-boolq question: passage:", {"question": 1, "passage": 9}),
    "cb": ("superglue-cb premise: hypothesis:", {"premise": 5, "hypothesis": 1}),
    "wic": ("superglue-wic sentence1: sentence2: word: time", {"sentence1": 1, "sentence2": 1}),
    "wsc": ("superglue-wsc.fixed text: * time * # it #", {"text": 1}),
    "multirc": ("superglue-multirc question: answer: paragraph:", {"question": 1, "answer": 1, "paragraph": 20}),
    **{name: (f"{name} sentence1: sentence2:", {"sentence1": 1, "sentence2": 1}) for name in ("stsb", "mrpc", "rte")},
    **{name: ("squad question: context:", {"question": 1, "context": 12}) for name in ("nq", "hotpotqa", "searchqa", "newsqa", "squad")},
    "record": ("superglue-record record query: entities: passage:", {"query": 1, "passage": 9}),
    "winogrande": ("winogrande sentence: option0: option1:", {"sentence": 1}), "yelp": ("yelp_polarity sentence:", {"text": 1}),
    "scitail": ("scitail premise: hypothesis:", {"premise": 2, "hypothesis": 1}),
    "paws": ("paws sentence1: sentence2:", {"sentence1": 1, "sentence2": 1}),
}
CLASSES = {"mnli": 3, "cb": 3}
SPLITS = {"mnli": ["train", "validation_mismatched", "validation_matched"], "yelp": ["train", "test"],
          "scitail": ["train", "validation", "test"], "paws": ["train", "validation", "test"]}


def drawn(counts, rows, randomness):
    return randomness.choices(list(counts), weights=list(counts.values()), k=rows)


def row_of(task, number, tokens, randomness):
    """A row of the data set's Hugging Face export whose input takes about `tokens` tokens."""
    shares = TEXTS[task][1]
    row = {name: " ".join(randomness.choices(WORDS, k=max(2, round(tokens * share / sum(shares.values())))))
           for name, share in shares.items()}
    if "context" in row:
        words = row["context"].split()
        at = randomness.randrange(len(words) - 1)
        return row | {"answers": [" ".join(words[at:at + 2])]}
    row |= {"idx": number, "label": number % CLASSES.get(task, 2)}
    if task == "stsb":
        row["label"] = float(number % 6)
    elif task == "wic":
        for name in ("sentence1", "sentence2"):
            row[name] = "time " + row[name]
        row |= {"word": "time", "start1": 0, "end1": 4, "start2": 0, "end2": 4}
    elif task == "wsc":
        row |= {"text": "time it " + row["text"], "span1_text": "time", "span1_index": 0, "span2_text": "it", "span2_index": 1}
    elif task == "winogrande":
        row |= {"sentence": "_ " + row["sentence"], "option1": "time", "option2": "life", "answer": str(1 + number % 2)}
    elif task == "record":
        row |= {"query": "@placeholder " + row["query"], "passage": "time life " + row["passage"], "entities": ["time", "life"],
                "answers": ["time"], "idx": {"passage": number, "query": number}}
    elif task == "scitail":
        row["label"] = ("entails", "neutral")[number % 2]
    elif task == "multirc":
        row["idx"] = {"paragraph": number // 10, "question": number // 5, "answer": number}
    return row


def write_task(folder, task, tokenizer_file, shrink):
    from tokenizers import Tokenizer
    lengths = {}
    for line in (pathlib.Path(__file__).parent / "token_lengths.txt").read_text().splitlines():
        name, tokens, count = line.split()
        lengths.setdefault(name, {})[int(tokens)] = int(count)
    randomness = random.Random(task)
    fixed = len(Tokenizer.from_file(tokenizer_file).encode(TEXTS[task][0]).ids)  # with the end of the text
    counts = lengths.get(SAME.get(task, task), {256: 1})
    place = folder / "hf_jsonl" / task
    place.mkdir(parents=True)
    sizes = (ROWS | MORE_ROWS)[task]
    for number_of_split, split in enumerate(SPLITS.get(task, ["train", "validation"])):
        official = sizes[min(number_of_split, len(sizes) - 1)]
        least = 1100 if split == "train" else 64  # of the training rows of many tasks 1,000 become validation rows
        rows = max(official // shrink, min(official, least))
        with open(place / f"{split}.jsonl", "w") as file:
            for number, tokens in enumerate(drawn(counts, rows, randomness)):
                file.write(json.dumps(row_of(task, number, max(4, tokens - fixed), randomness)) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("attempt")
    parser.add_argument("--tokenizer", type=pathlib.Path, required=True)
    parser.add_argument("--methods", nargs="*", default=["prompt_tuning", "attempt"])
    parser.add_argument("--tasks", nargs="*", default=list(ROWS))
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--shrink", type=int, default=1)
    parser.add_argument("--backbone", type=pathlib.Path)
    parser.add_argument("--speeds", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        start = time.perf_counter()
        with concurrent.futures.ProcessPoolExecutor() as pool:
            parts = [pool.submit(write_task, folder / "data", task, str(arguments.tokenizer / "tokenizer.json"), arguments.shrink)
                     for task in sorted(ROWS | MORE_ROWS, key=lambda task: -(ROWS | MORE_ROWS)[task][0])]
            for part in parts:
                part.result()
        backbone = folder / "backbone"
        if arguments.backbone:
            shutil.copytree(arguments.backbone, backbone)
        else:
            import step_gpu
            step_gpu.base_t5(backbone)
        if not (backbone / "spiece.model").exists():
            shutil.copy(arguments.tokenizer / "spiece.model", backbone)
        print(f"data and backbone: {time.perf_counter() - start:.0f} s", flush=True)
        speeds = arguments.speeds or folder / "speeds.json"
        environment = dict(os.environ, XDG_CACHE_HOME=str(folder / "cache"))
        always = [f"model.path={backbone}", f"data.root={folder / 'data'}", *arguments.set]

        def plan(what, settings, *words):
            start = time.perf_counter()
            command = [arguments.attempt, "plan", str(PAPER), "--speeds", str(speeds), *words]
            end = subprocess.run([*command, *(word for setting in [*settings, *always] for word in ("--set", setting))],
                                 stdout=subprocess.PIPE, text=True, env=environment)
            if end.returncode != 0:
                raise SystemExit(f"attempt plan ends with {end.returncode}")
            print(f"\n{what} ({time.perf_counter() - start:.0f} s)" + end.stdout[end.stdout.index("\nforecast"):], flush=True)
            return end.stdout

        for method in arguments.methods:
            settings = ["sweep.seeds=[42]", f"targets.tasks={json.dumps(arguments.tasks)}", "targets.multitask=[]",
                        f"targets.methods={json.dumps([method])}"]
            if not method.startswith(("attempt", "spot")):  # the others need no source prompts
                settings.append("sources.tasks=[]")
            plan(f"{method} on {len(arguments.tasks)} tasks", settings, "--probe")
            text = plan("sweeps/paper.toml with what is measured so far", [])
            if arguments.out:
                arguments.out.write_text(text)


if __name__ == "__main__":
    main()
