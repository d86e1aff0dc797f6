#!/usr/bin/env python3
"""Tokenising: attempt-mpi against the `tokenizers` library, one thread each, same lines, in turns.

Usage: tokenize_lines.py PATH_OF_tokenize --spiece spiece.model --tokenizer tokenizer.json --text FILE [--rounds 5]
"""
import argparse
import json
import os
import statistics
import subprocess
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
from tokenizers import Tokenizer  # noqa: E402  (after the settings above)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--spiece", required=True)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--text", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    tokenizer = Tokenizer.from_file(arguments.tokenizer)
    lines = open(arguments.text, encoding="utf-8").read().splitlines()
    ratios, theirs, ours = [], [], []
    for _ in range(arguments.rounds):
        start = time.perf_counter()
        ids = sum(len(tokenizer.encode(line).ids) for line in lines)
        speed = len(lines) / (time.perf_counter() - start)
        output = subprocess.run([arguments.binary, arguments.spiece, arguments.text, "1"], check=True,
                                capture_output=True, text=True).stdout
        mine = json.loads(output)
        theirs.append(speed)
        ours.append(mine["lines_per_second"])
        ratios.append(mine["lines_per_second"] / speed)
    print(f"{len(lines)} lines, {ids} ids (tokenizers), {mine['ids']} ids (attempt-mpi)")
    print(f"lines/s, one thread: tokenizers {statistics.median(theirs):.0f}, attempt-mpi {statistics.median(ours):.0f}, "
          f"ratio {statistics.median(ratios):.2f}   (rounds: {', '.join(f'{r:.2f}' for r in ratios)})")


if __name__ == "__main__":
    main()
