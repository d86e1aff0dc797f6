#!/usr/bin/env python3
"""GPU-hours of the paper's 17 tasks as `attempt plan --probe` forecasts them from steps that it measures on this device.

The data are made: official numbers of rows, token counts drawn from token_lengths.txt (256 where a task is not in it), words that
are one token each. The backbone has T5-base's shape and random weights. Prompt tuning takes 20 epochs with batches of 32, every
epoch followed by an evaluation; the speeds that were measured are then used for sweeps/paper.toml.

Usage: paper_hours.py PATH_OF_attempt --tokenizer FOLDER [--set KEY=VALUE]... [--tasks NAME...] [--shrink 1] [--backbone DIR]
                      [--out FILE]
FOLDER holds T5's spiece.model and tokenizer.json; --shrink 100 makes a hundredth of the rows; --out keeps the plans.
"""
import argparse
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
EPOCHS = 20
WORDS = """the of and to in is that for on with as was it by at from are this be an or have not which but they all one we you their can
has more if will about who when time would there what up out so said other into than its only some could these two may then do first any
my now such like our over man me even most made after also did many before must through back years where much your way well down should
because each just those people how too little state good very make world still own see men work long get here between both life being
under never day same another know while last might us great old year off come since against go came right used take three""".split()
# Sources, and targets that are not among the 17.
MORE_ROWS = {"squad": (87599, 10570), "record": (100730, 10000), "winogrande": (40398, 1267), "yelp": (560000, 38000),
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
SWEEP = """
[sweep]
name = "hours"
seeds = [42]
[model]
path = "{backbone}"
precision = "bf16"
[data]
root = "{data}"
compat = "published"
[targets]
tasks = {tasks}
methods = ["prompt_tuning"]
[train]
epochs = {epochs}
batch_size = 32
"""


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


def write_data(folder, tasks, tokenizer, shrink):
    """@return mean tokens of a row by task, as wanted"""
    lengths, means = {}, {}
    for line in (pathlib.Path(__file__).parent / "token_lengths.txt").read_text().splitlines():
        task, tokens, count = line.split()
        lengths.setdefault(task, {})[int(tokens)] = int(count)
    for task in tasks:
        randomness = random.Random(task)
        fixed = len(tokenizer.encode(TEXTS[task][0]).ids)  # with the end of the text
        counts = lengths.get(SAME.get(task, task), {256: 1})
        place = folder / "hf_jsonl" / task
        place.mkdir(parents=True)
        splits = SPLITS.get(task, ["train", "validation"])
        sizes = (ROWS | MORE_ROWS)[task]
        for place_of_split, split in enumerate(splits):
            rows = max(64, sizes[min(place_of_split, len(sizes) - 1)] // shrink)
            with open(place / f"{split}.jsonl", "w") as file:
                for number, tokens in enumerate(drawn(counts, rows, randomness)):
                    file.write(json.dumps(row_of(task, number, max(4, tokens - fixed), randomness)) + "\n")
        means[task] = sum(tokens * count for tokens, count in counts.items()) / sum(counts.values())
    return means


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("attempt")
    parser.add_argument("--tokenizer", type=pathlib.Path, required=True)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--tasks", nargs="*", default=list(ROWS))
    parser.add_argument("--shrink", type=int, default=1)
    parser.add_argument("--backbone", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path)
    arguments = parser.parse_args()
    from tokenizers import Tokenizer
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        start = time.perf_counter()
        means = write_data(folder / "data", [*arguments.tasks, *MORE_ROWS], Tokenizer.from_file(str(arguments.tokenizer / "tokenizer.json")),
                           arguments.shrink)
        backbone = folder / "backbone"
        if arguments.backbone:
            shutil.copytree(arguments.backbone, backbone)
        else:
            import step_gpu
            step_gpu.base_t5(backbone)
        if not (backbone / "spiece.model").exists():
            shutil.copy(arguments.tokenizer / "spiece.model", backbone)
        print(f"data and backbone: {time.perf_counter() - start:.0f} s", flush=True)
        sweep = folder / "hours.toml"
        sweep.write_text(SWEEP.format(backbone=backbone, data=folder / "data", tasks=json.dumps(arguments.tasks), epochs=EPOCHS))
        environment = dict(os.environ, XDG_CACHE_HOME=str(folder / "cache"))

        def plan(*words):
            start = time.perf_counter()
            end = subprocess.run([arguments.attempt, "plan", *map(str, words), *(w for s in arguments.set for w in ("--set", s))],
                                 stdout=subprocess.PIPE, text=True, env=environment)
            if end.returncode != 0:
                raise SystemExit(f"attempt plan ends with {end.returncode}")
            return end.stdout, time.perf_counter() - start

        text, seconds = plan(sweep, "--probe", "--json")
        found = json.loads(text)
        print(f"probes: {seconds:.0f} s")
        print("| task | rows | tokens | hours |\n|---|---|---|---|")
        hours, examples = 0.0, 0
        for trial in found["trials"]:
            if trial["phase"] != "target":
                continue
            task = trial["tasks"][0]
            rows = ROWS[task][0] // arguments.shrink
            one = trial["estimated_seconds"] / 3600
            print(f"| {task} | {rows:,} | {means[task]:.0f} | {one:.2f} |")
            hours, examples = hours + one, examples + EPOCHS * rows
        print(f"| all, {examples / 1e6:.1f} million examples | | | {hours:.2f} |")
        print(f"hours per million examples: {hours / examples * 1e6:.3f}")
        low, high = (found["forecast"]["device_seconds"][end] / 3600 for end in ("low", "high"))
        print(f"90 % interval of `attempt plan`: {low:.2f} to {high:.2f} h")
        paper = json.loads(plan(PAPER, "--set", f"model.path={backbone}", "--set", f"data.root={folder / 'data'}", "--json")[0])
        seconds = paper["forecast"]["device_seconds"]
        print(f"sweeps/paper.toml: {len(paper['trials'])} trials, {seconds['middle'] / 3600:.0f} GPU-hours "
              f"({seconds['low'] / 3600:.0f} to {seconds['high'] / 3600:.0f})")
        for method in sorted({trial["method"] for trial in paper["trials"]}):
            hours = sum(trial["estimated_seconds"] for trial in paper["trials"] if trial["method"] == method) / 3600
            print(f"  {method}: {hours:.1f}")
        if arguments.out:
            arguments.out.write_text(plan(sweep)[0])


if __name__ == "__main__":
    main()
