#!/usr/bin/env python3
"""GPU-hours of 20 epochs of the paper's 17 tasks with one method, from measured step times.

Lengths are those of token_lengths.txt where a task is in it, else 256 tokens. Batches hold rows of like length or, without
--like, of any: then a step is as long as the longest of 32 rows. Each epoch is followed by an evaluation of the validation
split.

Usage: hours.py STEP_TIMES [--epochs 20] [--like]      STEP_TIMES: output of step_lengths.py
"""
import argparse
import bisect
import pathlib

# Training and validation rows of the official files (docs/data.md).
ROWS = {
    "mnli": (392702, 9815), "qqp": (363846, 40430), "qnli": (104743, 5463), "sst2": (67349, 872), "stsb": (5749, 1500),
    "mrpc": (3668, 408), "rte": (2490, 277), "cola": (8551, 1043), "multirc": (27243, 4848), "boolq": (9427, 3270),
    "wic": (5428, 638), "wsc": (554, 104), "cb": (250, 56), "nq": (104071, 12836), "hotpotqa": (72928, 5904),
    "searchqa": (117384, 16980), "newsqa": (74160, 4212),
}
SAME = {"boolq": "multirc"}  # not at hand: texts of like length
BATCH, EVALUATED = 32, 256


def interpolated(table, tokens):
    lengths = [row[0] for row in table]
    at = min(max(bisect.bisect_left(lengths, tokens), 1), len(table) - 1)
    (x0, *low), (x1, *high) = table[at - 1], table[at]
    part = (max(tokens, lengths[0]) - x0) / (x1 - x0)
    return [a + (b - a) * part for a, b in zip(low, high)]


def mean_of_longest(counts, rows):
    """The mean length of the longest of `rows` drawn ones."""
    total, below, mean = sum(counts.values()), 0, 0.0
    for tokens, count in sorted(counts.items()):
        before = below / total
        below += count
        mean += tokens * ((below / total) ** rows - before**rows)
    return mean


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("times")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--like", action="store_true")
    arguments = parser.parse_args()
    table = [[float(word) for word in line.split()] for line in pathlib.Path(arguments.times).read_text().splitlines()]
    lengths = {}
    for line in (pathlib.Path(__file__).parent / "token_lengths.txt").read_text().splitlines():
        task, tokens, count = line.split()
        lengths.setdefault(task, {})[int(tokens)] = int(count)
    print("| task | rows | tokens of a step | hours, prompt tuning | hours, ATTEMPT |\n|---|---|---|---|---|")
    sums, examples = [0.0, 0.0], 0
    for task, (rows, validation) in ROWS.items():
        counts = lengths.get(SAME.get(task, task), {256: 1})
        mean = sum(tokens * count for tokens, count in counts.items()) / sum(counts.values())
        step_tokens = mean if arguments.like else mean_of_longest(counts, BATCH)
        *train, _ = interpolated(table, step_tokens)
        *_, evaluation = interpolated(table, mean)  # evaluation sorts by length
        hours = [arguments.epochs * (rows / BATCH * step + validation / EVALUATED * evaluation) / 3.6e6 for step in train]
        print(f"| {task} | {rows:,} | {step_tokens:.0f} | " + " | ".join(f"{value:.2f}" for value in hours) + " |")
        sums = [a + b for a, b in zip(sums, hours)]
        examples += arguments.epochs * rows
    print(f"| all, {examples / 1e6:.1f} million examples | | | " + " | ".join(f"{value:.2f}" for value in sums) + " |")
    print("hours per million examples: " + ", ".join(f"{value / examples * 1e6:.3f}" for value in sums))


if __name__ == "__main__":
    main()
