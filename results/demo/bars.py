#!/usr/bin/env python3
"""Whether the study of sweeps/demo_full.toml is valid, from the exports that run_study.sh leaves. The bars say nothing
about which method wins. Prints a table and a line a bar; exit code 1 when one is missed.

Usage: bars.py OUT RELATEDNESS.csv"""
import csv
import json
import pathlib
import random
import statistics
import sys

REPORTED = {"cola": "matthews_correlation", "searchqa": "f1"}  # elsewhere accuracy
PERMUTATIONS = 2_000


def scores(file):
    """{(method or variant, task): {seed: (score, constant score)}} of the targets."""
    found = {}
    for trial in json.loads(file.read_text()):
        if trial["phase"] != "target" or trial["status"] != "succeeded":
            continue
        task = trial["tasks"]
        test = f"test.{task}."
        value = trial[test + REPORTED.get(task, "accuracy")]
        found.setdefault((trial["variant"] or trial["method"], task), {})[trial["seed"]] = (value, trial.get(test + "constant_score", 0.0))
    return found


def mean(values):
    return statistics.fmean(values)


def above_majority(by_seed):
    """By two standard errors over the seeds."""
    gains = [score - constant for score, constant in by_seed.values()]
    error = statistics.stdev(gains) / len(gains) ** 0.5 if len(gains) > 1 else float("inf")
    return mean(gains) > 2 * error and mean(gains) > 0


def share_above_majority(found, method, tasks):
    return sum(above_majority(found[method, task]) for task in tasks) / len(tasks)


def ranks(values):
    order = sorted(range(len(values)), key=values.__getitem__)
    result = [0.0] * len(values)
    i = 0
    while i < len(order):
        j = i
        while j + 1 < len(order) and values[order[j + 1]] == values[order[i]]:
            j += 1
        for k in range(i, j + 1):
            result[order[k]] = (i + j) / 2
        i = j + 1
    return result


def rank_correlation(a, b):
    return statistics.correlation(ranks(a), ranks(b))


def source_effect(gains):
    """Mean square between sources within a target. gains: {target: {source: [gain a seed]}}"""
    total = 0.0
    for by_source in gains.values():
        means = [mean(values) for values in by_source.values()]
        total += sum((value - mean(means)) ** 2 for value in means)
    return total


def permutation_p(gains, generator):
    """Share of relabelings of sources, within each target and seed, with as large an effect."""
    observed = source_effect(gains)
    as_large = 0
    for _ in range(PERMUTATIONS):
        shuffled = {}
        for target, by_source in gains.items():
            columns = list(zip(*by_source.values()))  # a column a seed
            columns = [generator.sample(column, len(column)) for column in columns]
            shuffled[target] = dict(zip(by_source, map(list, zip(*columns))))
        as_large += source_effect(shuffled) >= observed
    return (as_large + 1) / (PERMUTATIONS + 1)


def read_relatedness(file):
    return {row["task"]: {name[3:]: float(value) for name, value in row.items() if name.startswith("to_")}
            for row in csv.DictReader(file.open())}


def control(out, name, method, label, found):
    """Adds the trials of a control's own run under `label`."""
    for (variant, task), by_seed in scores(out / f"{name}.json").items():
        if variant == method:
            found[label, task] = by_seed


def print_table(found, tasks):
    methods = ["majority"] + list(dict.fromkeys(method for method, _ in found))
    width = max(map(len, methods)) + 2
    print(" " * width + "".join(f"{task:>12}" for task in tasks) + f"{'mean':>12}")
    for method in methods:
        if method == "majority":
            cells = [[constant for _, constant in found["prompt_tuning", task].values()] for task in tasks]
        else:
            cells = [[score for score, _ in found[method, task].values()] for task in tasks]
        print(method.ljust(width) + "".join(f"{mean(cell):12.1f}" for cell in cells) + f"{mean([mean(cell) for cell in cells]):12.1f}")
    print()


def main():
    out = pathlib.Path(sys.argv[1])
    relatedness = read_relatedness(pathlib.Path(sys.argv[2]))
    found = scores(out / "study.json")
    tasks = list(dict.fromkeys(task for _, task in found))
    control(out, "random_backbone", "prompt_tuning", "prompt tuning, random backbone", found)
    control(out, "shuffled_labels", "prompt_tuning", "prompt tuning, shuffled labels", found)
    control(out, "random_sources", "attempt", "ATTEMPT, random sources", found)
    print_table(found, tasks)

    missed = []

    def bar(is_met, text):
        print(("met     " if is_met else "MISSED  ") + text)
        if not is_met:
            missed.append(text)

    share = share_above_majority(found, "prompt_tuning", tasks)
    bar(share >= 2 / 3, f"prompt tuning above majority by 2 standard errors on {share:.0%} of the targets (at least 2/3)")
    share = share_above_majority(found, "prompt tuning, random backbone", tasks)
    bar(share < 2 / 3, f"on a random backbone on {share:.0%} (less than 2/3)")
    tuned, prompted = (mean([mean([score for score, _ in found[method, task].values()]) for task in tasks])
                       for method in ("fine_tuning", "prompt_tuning"))
    bar(tuned >= 90, f"fine-tuning {tuned:.1f} (at least 90)")
    bar(tuned - prompted >= 5, f"fine-tuning {tuned - prompted:.1f} above prompt tuning (at least 5)")

    sources = [method.removeprefix("spot_") for method in dict.fromkeys(m for m, _ in found) if method.startswith("spot_")]
    gains = {task: {source: [found["spot_" + source, task][seed][0] - found["prompt_tuning", task][seed][0]
                             for seed in sorted(found["prompt_tuning", task])] for source in sources} for task in tasks}
    p = permutation_p(gains, random.Random(0))
    bar(p < 0.01, f"the source's effect on SPoT's gain exceeds seed noise: permutation p = {p:.4f} (below 0.01)")
    pairs = [(relatedness[task][source], mean(gains[task][source])) for task in tasks for source in sources]
    print(f"rank correlation of relatedness and gain over {len(pairs)} pairs: {rank_correlation(*zip(*pairs)):.2f}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
