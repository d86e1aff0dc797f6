#!/usr/bin/env python3
"""Where the time of a training step goes, by kernel: T5-base's shape as in step_gpu.py.

Usage: step_profile.py PATH_OF_step_gpu [--bundle WIDTH] [--method prompt_tuning] [--steps 10] [--dropout 0.1] [--rows 32] [--source 256]
                       [--keep TRACE]
With --bundle the program is bundles, and the step that of WIDTH trials.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import tempfile

import step_gpu

GROUPS = [  # the first word that is in a kernel's name names its group
    ("forward_kernel", "attention, forward"), ("key_value_kernel", "attention, gradients of keys and values"),
    ("query_kernel", "attention, gradient of queries"),
    ("add_norm_backward", "norm + residual + dropout, backward"), ("add_norm", "norm + residual + dropout, forward"),
    ("relu_backward", "ReLU + dropout, backward"), ("dropout_kernel", "dropout, ReLU + dropout, forward"),
    ("nvjet", "matrix products"), ("gemm", "matrix products"), ("cutlass", "matrix products"), ("splitK", "matrix products"),
    ("Memcpy", "copies"), ("Memset", "copies"),
]
SHORT = 8.0  # microseconds


def group_of(name):
    return next((group for word, group in GROUPS if word in name), "other")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--method", default="prompt_tuning")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--dropout", default="0.1")
    parser.add_argument("--rows", default="32")
    parser.add_argument("--source", default=str(step_gpu.SOURCE))
    parser.add_argument("--bundle")
    parser.add_argument("--keep")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trace = arguments.keep or str(pathlib.Path(folder) / "trace.json")
        step_gpu.base_t5(folder)
        command = [arguments.method, "bf16", arguments.rows, arguments.source, str(step_gpu.TARGET), arguments.dropout,
                   str(arguments.steps), "profile", trace]
        if arguments.bundle:
            command = [arguments.bundle, arguments.bundle, str(arguments.steps), "bf16", trace]
        done = subprocess.run([arguments.binary, folder, *command], capture_output=True, text=True, check=True)
        print(done.stdout.splitlines()[-1])
        events = json.loads(pathlib.Path(trace).read_text())["traceEvents"]
    kernels = [e for e in events if e.get("cat") in ("kernel", "gpu_memcpy", "gpu_memset")]
    start = min(e["ts"] for e in kernels)
    whole = (max(e["ts"] + e["dur"] for e in kernels) - start) / arguments.steps / 1e3
    spent, counts = collections.Counter(), collections.Counter()
    names, name_counts = collections.Counter(), collections.Counter()
    for kernel in kernels:
        short = kernel["dur"] < SHORT
        group = ("short (< 8 us) " if short else "") + group_of(kernel["name"])
        spent[group] += kernel["dur"]
        counts[group] += 1
        names[kernel["name"][:90]] += kernel["dur"]
        name_counts[kernel["name"][:90]] += 1
    busy = sum(spent.values()) / arguments.steps / 1e3
    print(f"| kernels of a step ({whole:.2f} ms, the device busy for {busy:.2f}) | number | ms | % |\n|---|---|---|---|")
    for group, time in spent.most_common():
        print(f"| {group} | {counts[group] / arguments.steps:.0f} | {time / arguments.steps / 1e3:.2f} | "
              f"{100 * time / arguments.steps / 1e3 / whole:.1f} |")
    print("\nthe longest, by name:")
    for name, time in names.most_common(40):
        print(f"{time / arguments.steps / 1e3:8.3f} ms {name_counts[name] / arguments.steps:6.0f} x {name}")


if __name__ == "__main__":
    main()
