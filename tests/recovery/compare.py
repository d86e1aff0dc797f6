#!/usr/bin/env python3
"""Compares two studies trial by trial, all but provenance and cost, bit for bit: compare.py DIR_A DIR_B

The digest of a source trial's file, in `sources`, is provenance too: that file holds its own seconds and host.
"""
import json
import pathlib
import sys

def without_file_digests(sources):
    return [{key: value for key, value in source.items() if key != "sha256" or not source.get("trial_id")}
            for source in json.loads(sources)]


def objects_of(file):
    """Path -> content of everything in a trial file that equal trials have in common."""
    import h5py
    import numpy

    def plain(value):
        array = numpy.asarray(value)
        return (str(array.dtype), array.shape, array.tolist() if array.dtype == object else array.tobytes())

    found = {}
    with h5py.File(file) as trial:
        def visit(name, item):
            if name == "cost" or name.startswith("cost/"):
                return
            for key, value in item.attrs.items():
                found[f"{name}@{key}"] = plain(value)
            if isinstance(item, h5py.Dataset):
                found[name] = plain(item[()])

        for key, value in trial.attrs.items():
            if key == "sources":
                found["@sources"] = without_file_digests(value)
            elif key != "provenance":
                found[f"@{key}"] = plain(value)
        trial.visititems(visit)
    return found


def differences(first, second):
    """What differs between two study folders; empty when nothing does."""
    names = [{path.name for path in (pathlib.Path(folder) / "trials").glob("*.h5")} for folder in (first, second)]
    found = [f"{name}: only in one" for name in sorted(names[0] ^ names[1])]
    for name in sorted(names[0] & names[1]):
        one, other = (objects_of(pathlib.Path(folder) / "trials" / name) for folder in (first, second))
        found += [f"{name}: {key}" for key in sorted(set(one) | set(other)) if one.get(key) != other.get(key)]
    return found


if __name__ == "__main__":
    result = differences(sys.argv[1], sys.argv[2])
    print("\n".join(result) or "equal but for provenance and cost")
    sys.exit(bool(result))
