"""Similarities and weights of SPoT, in NumPy from their formulas."""

import numpy as np


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def mean_cosine(source, target):
    return float(unit(source.mean(0)) @ unit(target.mean(0)))


def pairwise_cosine(source, target):
    return float((unit(source) @ unit(target).T).mean())


def aligned_cosine(source, target):
    return float((unit(source) * unit(target)).sum())


def top_k(similarities, k):
    return sorted(range(len(similarities)), key=lambda j: -similarities[j])[:k]


def proportional(similarities):
    clipped = np.maximum(similarities, 0)
    return clipped / clipped.sum()


def softmax(similarities):
    e = np.exp((np.asarray(similarities) - np.max(similarities)) / 0.1)
    return e / e.sum()


def values(sources, target):
    """What independent.json says of SPoT: by similarity, then by the number of chosen sources."""
    result = {}
    for measure in (mean_cosine, pairwise_cosine, aligned_cosine):
        s = [measure(source, target) for source in sources]
        entry = {"similarities": s}
        for k in (1, 2, 3, len(s)):
            chosen = top_k(s, k)
            of_chosen = [s[j] for j in chosen]
            entry[f"top_{k}"] = {
                "chosen": chosen,
                "proportional": proportional(of_chosen).tolist(),
                "softmax": softmax(of_chosen).tolist(),
            }
            if measure is aligned_cosine:  # published code normalises without clipping
                entry[f"top_{k}"]["unclipped"] = (np.array(of_chosen) / sum(of_chosen)).tolist()
        result[measure.__name__] = entry
    return result
