#!/usr/bin/env python3
"""Writes tests/goldens/statistics.json: what scipy says of the samples that tests/results/statistics_test.cpp uses.

Usage: statistics_values.py OUT.json     (needs scipy and numpy)
"""
import json
import sys

import numpy
import scipy
from scipy import stats


def wilcoxon(differences):
    """Exact given the ties up to 13 pairs by enumeration, as scipy's exact method knows no ties."""
    kept = [d for d in differences if d != 0]
    tied = len(set(map(abs, kept))) < len(kept)
    if len(kept) > 50:
        method = "asymptotic"
    elif tied:
        method = stats.PermutationMethod(n_resamples=numpy.inf)
    else:
        method = "exact"
    return stats.wilcoxon(kept, method=method, correction=False).pvalue


def holm(p_values):
    order = numpy.argsort(p_values)
    adjusted, largest = [0.0] * len(p_values), 0.0
    for i, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - i) * p_values[place]))
        adjusted[place] = largest
    return adjusted


def main():
    random = numpy.random.default_rng(7)
    seeds = [[71.9, 73.4, 72.7], [85.25, 85.5], [50.0, 50.0, 50.0], list(random.normal(80, 2, 10).round(3))]
    paired = [[1.5, 0.5, 2.25], [1.2, -0.3, 0.8, 2.1, 0.4, 1.9, -0.2, 0.7],
              [0.5, 0.5, -0.5, 1.0, 2.0, 0.0, 1.5, 3.0], [-1.0, -1.0, -1.0, -2.0, -2.5, -3.5],
              list(random.normal(0.4, 1, 21).round(6)), list(random.normal(0.2, 1, 60).round(1))]
    golden = {
        "scipy": scipy.__version__,
        "seeds": [], "paired": [],
        "holm": {"p": [0.01, 0.04, 0.03, 0.005, 0.2, 0.9], "adjusted": holm([0.01, 0.04, 0.03, 0.005, 0.2, 0.9])},
    }
    for values in seeds:
        std = float(numpy.std(values, ddof=1))
        low, high = (stats.t.interval(0.95, len(values) - 1, numpy.mean(values), stats.sem(values)) if std > 0
                     else (numpy.mean(values),) * 2)
        golden["seeds"].append({"values": values, "mean": float(numpy.mean(values)), "std": std, "low": float(low),
                                "high": float(high)})
    for values in paired:
        kept = [d for d in values if d != 0]
        golden["paired"].append({
            "values": values, "wilcoxon": float(wilcoxon(values)),
            "sign": stats.binomtest(sum(d > 0 for d in kept), len(kept), 0.5).pvalue,
            "d_z": float(numpy.mean(values) / numpy.std(values, ddof=1)) if numpy.std(values) > 0 else 0.0})
    values = list(random.normal(0, 1, 37).round(6))
    golden["percentiles"] = {"values": values, "low": float(numpy.quantile(values, 0.025)),
                             "high": float(numpy.quantile(values, 0.975))}
    # A test split of two classes scored by three seeds: the bootstrap's standard error against the formula.
    golden["matthews"] = {"targets": list("0110100110"), "predictions": list("0100110110")}
    t, p = (numpy.array([int(c) for c in golden["matthews"][k]]) for k in ("targets", "predictions"))
    golden["matthews"]["value"] = float(100 * numpy.corrcoef(t, p)[0, 1])
    golden["pearson"] = {"targets": ["1.0", "2.5", "4.0", "5.0", "0.2"], "predictions": ["1.2", "2.0", "4.4", "4.8", "1.0"]}
    x, y = ([float(v) for v in golden["pearson"][k]] for k in ("targets", "predictions"))
    golden["pearson"]["value"] = float(100 * stats.pearsonr(x, y)[0])
    golden["rank_correlations"] = []
    for size, digits in ((7, 3), (20, 1), (40, 0)):  # the fewer digits, the more ties
        x, y = (list(random.normal(0, 1, size).round(3)) for _ in range(2))
        x, y = [float(round(a, digits)) for a in x], [float(round(a + b, digits)) for a, b in zip(x, y)]
        groups = [float(g) for g in random.integers(0, 3, size)]
        rank = stats.spearmanr(x, y)
        kruskal = stats.kruskal(*([b for g, b in zip(groups, y) if g == each] for each in set(groups)))
        golden["rank_correlations"].append({
            "x": x, "y": y, "groups": groups, "spearman": float(rank.statistic), "spearman_p": float(rank.pvalue),
            "ratio": float((kruskal.statistic / (size - 1))**0.5), "kruskal_p": float(kruskal.pvalue)})
    with open(sys.argv[1], "w") as out:
        json.dump(golden, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()
