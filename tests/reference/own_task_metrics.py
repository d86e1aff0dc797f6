#!/usr/bin/env python3
"""Metrics of tasks of one's own, computed without the program: scikit-learn for classes, the published
definitions for the rest. Writes tests/goldens/own_task_metrics.json, or checks it with --check.

ROUGE-L: Lin 2004 section 3.1 with beta = 1; words as the rouge_score package finds them ([a-z0-9]+ of
the lower-cased text), best over the references. Span F1: chunks as seqeval's get_entities does in its
default mode, micro average. exact_match and f1 of free text: the SQuAD 1.1 evaluation script.
"""
import argparse
import collections
import functools
import json
import pathlib
import random
import re
import string
import sys

GOLDENS = pathlib.Path(__file__).resolve().parents[1] / "goldens" / "own_task_metrics.json"
TOLERANCE = 1e-9


def class_cases(rng):
    from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef
    for name, labels in (("two", ["negative", "positive"]), ("three", ["no", "yes, of course", "perhaps"])):
        for noise in (0.0, 0.3, 1.0):
            targets = [rng.choice(labels) for _ in range(40)]
            predictions = [rng.choice(labels) if rng.random() < noise else t for t in targets]
            expected = {"accuracy": accuracy_score(targets, predictions),
                        "macro_f1": f1_score(targets, predictions, labels=labels, average="macro", zero_division=0),
                        "matthews_correlation": matthews_corrcoef(targets, predictions)}
            if len(labels) == 2:
                expected["f1"] = f1_score(targets, predictions, pos_label="positive", zero_division=0)
            yield {"name": f"{name} classes, noise {noise}", "labels": labels, "predictions": predictions,
                   "references": [[t] for t in targets], "expected": percent(expected)}


def lcs(a, b):
    @functools.lru_cache(None)
    def length(i, j):
        if i == len(a) or j == len(b):
            return 0
        return 1 + length(i + 1, j + 1) if a[i] == b[j] else max(length(i + 1, j), length(i, j + 1))
    return length(0, 0)


def rouge_l(prediction, reference):
    a, b = (re.findall("[a-z0-9]+", text.lower()) for text in (prediction, reference))
    common = lcs(tuple(a), tuple(b))
    if common == 0:
        return 0.0
    precision, recall = common / len(a), common / len(b)
    return 2 * precision * recall / (precision + recall)


def normalise(text):
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def word_f1(prediction, reference):
    a, b = normalise(prediction).split(), normalise(reference).split()
    common = sum((collections.Counter(a) & collections.Counter(b)).values())
    return 2 * common / (len(a) + len(b)) if common else 0.0


def text_expected(predictions, references):
    best = lambda score: sum(max(score(p, r) for r in rs) for p, rs in zip(predictions, references)) / len(predictions)
    return percent({"rouge_l": best(rouge_l), "f1": best(word_f1),
                    "exact_match": best(lambda p, r: float(normalise(p) == normalise(r))),
                    "accuracy": best(lambda p, r: float(p == r))})


def text_cases(rng):
    words = "the a Cat dog's ran, up U.S. hill 42 times and sat".split()
    text = lambda: " ".join(rng.choice(words) for _ in range(rng.randint(0, 9)))
    for name, n in (("one reference", 1), ("three references", 3)):
        references = [[text() for _ in range(n)] for _ in range(30)]
        predictions = [rng.choice(rs) if rng.random() < 0.2 else text() for rs in references]
        yield {"name": name, "labels": [], "predictions": predictions, "references": references,
               "expected": text_expected(predictions, references)}
    odd = [("police killed the gunman", ["police kill the gunman"]), ("", ["word"]), ("word", [""]), ("", [""]),
           ("The the THE", ["the"]), ("b a", ["a b", "b a c"])]
    yield {"name": "odd texts", "labels": [], "predictions": [p for p, _ in odd], "references": [r for _, r in odd],
           "expected": text_expected([p for p, _ in odd], [r for _, r in odd])}


def chunk_ends(before, tag, type_before, tag_type):
    return (before in "BI" and tag in "BO") or (before != "O" and type_before != tag_type)


def chunk_starts(before, tag, type_before, tag_type):
    return tag == "B" or (before == "O" and tag == "I") or (tag != "O" and type_before != tag_type)


def chunks(text):
    """(type, first, last) as seqeval.metrics.sequence_labeling.get_entities finds them."""
    found, before, type_before, begin = [], "O", "", 0
    for i, word in enumerate(text.split() + ["O"]):
        tag, tag_type = (word[0], word[2:]) if re.match("[BI]-.", word) else ("O", "")
        if chunk_ends(before, tag, type_before, tag_type):
            found.append((type_before, begin, i - 1))
        if chunk_starts(before, tag, type_before, tag_type):
            begin = i
        before, type_before = tag, tag_type
    return set(found)


def span_f1(predictions, references):
    both = predicted = expected = 0
    for prediction, (reference,) in zip(predictions, references):
        a, b = chunks(prediction), chunks(reference)
        both, predicted, expected = both + len(a & b), predicted + len(a), expected + len(b)
    return 2 * both / (predicted + expected) if both else 0.0


def span_cases(rng):
    tags = ["O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    sequence = lambda: " ".join(rng.choice(tags) for _ in range(rng.randint(1, 9)))
    references = [[sequence()] for _ in range(60)]
    predictions = [" ".join(t if rng.random() < 0.8 else rng.choice(tags) for t in r.split()) for r, in references]
    yield spans("random tags", predictions, references)
    yield spans("no spans", ["O O"], [["O O O"]])
    yield spans("I begins a span", ["I-PER I-PER O I-LOC"], [["B-PER I-PER O B-LOC"]])
    yield spans("types differ", ["B-PER I-LOC"], [["B-PER I-PER"]])
    yield spans("too long, too short", ["B-PER O O B-LOC", "O"], [["B-PER"], ["O B-LOC"]])
    yield spans("no tags", ["Obama went home", ""], [["B-PER O O"], ["O"]])


def spans(name, predictions, references):
    return {"name": name, "labels": [], "predictions": predictions, "references": references,
            "expected": percent({"span_f1": span_f1(predictions, references)})}


def percent(scores):
    return {name: 100 * float(value) for name, value in scores.items()}


def all_cases():
    rng = random.Random(7)
    return [case for make in (class_cases, text_cases, span_cases) for case in make(rng)]


def differences(ours, written):
    if [c["name"] for c in ours] != [c["name"] for c in written]:
        return ["the cases are others"]
    return [f"{a['name']}: {metric} is {value}, written {b['expected'].get(metric)}"
            for a, b in zip(ours, written) for metric, value in a["expected"].items()
            if a["predictions"] != b["predictions"] or abs(value - b["expected"].get(metric, -1)) > TOLERANCE]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    cases = all_cases()
    if not parser.parse_args().check:
        GOLDENS.write_text(json.dumps(cases, indent=1) + "\n")
        return
    found = differences(cases, json.loads(GOLDENS.read_text()))
    print("\n".join(found) or f"{len(cases)} cases agree")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
