#!/usr/bin/env python3
"""Writes the first N questions of a SQuAD file in the same official layout.

    cut_squad_dev.py dev-v1.1.json OUT.json [--questions 200]
"""

import argparse
import json
from pathlib import Path


def cut(squad: dict, questions: int) -> dict:
    left = questions
    articles = []
    for article in squad["data"]:
        paragraphs = []
        for paragraph in article["paragraphs"]:
            kept = paragraph["qas"][:left]
            left -= len(kept)
            if kept:
                paragraphs.append({**paragraph, "qas": kept})
        if paragraphs:
            articles.append({**article, "paragraphs": paragraphs})
    if left > 0:
        raise SystemExit(f"the file has {questions - left} questions only, {questions} are asked for")
    return {**squad, "data": articles}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("squad", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--questions", type=int, default=200)
    arguments = parser.parse_args()
    short = cut(json.loads(arguments.squad.read_text(encoding="utf-8")), arguments.questions)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(short, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
