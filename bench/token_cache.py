#!/usr/bin/env python3
"""The token cache of 400,000 sentence pairs: attempt-mpi against the `tokenizers` library, same texts, same cores.

The pairs are cut from the words of --text with lengths drawn as MNLI's are (about 20 and 10 words) and written in the
official layout of QQP. attempt-mpi reads the files, applies the template, tokenises and writes a synced cache;
`tokenizers` gets the finished texts in memory, a thousand at a time (encode_batch), and gives lists of ids.

Usage: token_cache.py PATH_OF_token_cache --spiece spiece.model --tokenizer tokenizer.json --text FILE
                      [--examples 400000] [--rounds 3] [--cores 2]
"""
import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import tempfile
import time


def arguments_of():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--spiece", required=True)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--text", required=True)
    parser.add_argument("--examples", type=int, default=400_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", type=int, default=2)
    return parser.parse_args()


def pairs_of(text, examples):
    words = [word for line in open(text, encoding="utf-8") for word in line.replace("\t", " ").split()]
    draw = random.Random(42)
    at = 0

    def sentence(mean):
        nonlocal at
        length = max(2, min(60, round(draw.lognormvariate(0, 0.5) * mean * 0.88)))
        at = (at + length) % (len(words) - 100)
        return " ".join(words[at:at + length])
    return [(sentence(20), sentence(10)) for _ in range(examples)]


def write_task(folder, pairs):
    folder.mkdir()
    for name, part in (("train", pairs[:-2000]), ("dev", pairs[-2000:])):
        with open(folder / f"{name}.tsv", "w", encoding="utf-8", newline="\n") as out:
            out.write("id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n")
            for i, (first, second) in enumerate(part):
                out.write(f"{i}\t{2 * i}\t{2 * i + 1}\t{first}\t{second}\t{i % 2}\n")


def main():
    arguments = arguments_of()
    os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:arguments.cores])
    os.environ["RAYON_NUM_THREADS"] = str(arguments.cores)
    os.environ["TOKENIZERS_PARALLELISM"] = "true"
    from tokenizers import Tokenizer  # after the settings above
    tokenizer = Tokenizer.from_file(arguments.tokenizer)
    pairs = pairs_of(arguments.text, arguments.examples)
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        write_task(root / "QQP", pairs)
        texts = [f"qqp question1: {first} question2: {second}" for first, second in pairs]
        theirs, ours, ratios, reads = [], [], [], {False: [], True: []}
        for i in range(arguments.rounds):
            start, ids = time.perf_counter(), 0
            for at in range(0, len(texts), 1000):
                ids += sum(len(encoding.ids) for encoding in tokenizer.encode_batch(texts[at:at + 1000]))
            theirs.append(len(texts) / (time.perf_counter() - start))
            output = subprocess.run([arguments.binary, root, arguments.spiece, root / f"cache{i}", "32"], check=True,
                                    capture_output=True, text=True).stdout
            rows = [json.loads(line) for line in output.splitlines()]
            assert rows[0]["built"] and rows[0]["examples"] == arguments.examples, rows[0]
            ours.append(rows[0]["examples"] / rows[0]["seconds"])
            ratios.append(ours[-1] / theirs[-1])
            for row in rows[1:]:
                reads[row["by_length"]].append(row["examples_per_second"])
    median = statistics.median
    print(f"{len(texts)} pairs, {ids / len(texts):.1f} tokens each, {arguments.cores} cores")
    print(f"building, examples/s: tokenizers {median(theirs):.0f}, attempt-mpi {median(ours):.0f}, "
          f"ratio {median(ratios):.2f}   (rounds: {', '.join(f'{r:.2f}' for r in ratios)})")
    for by_length, speeds in reads.items():
        print(f"reading an epoch in batches of 32{' by length' if by_length else ''}: {median(speeds):.0f} examples/s, "
              f"{median(speeds) / 1e6:.2f} of the goal of 1,000,000")
    print(f"anonymous memory added: {rows[0]['anonymous_mb']} MB after building, "
          f"{max(row['anonymous_mb'] for row in rows[1:])} MB after reading")


if __name__ == "__main__":
    main()
