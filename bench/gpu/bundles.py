#!/usr/bin/env python3
"""Sixteen trials on texts of MRPC's length: in bundles, one after another, and shared out to two trainers on the device.
T5-base's shape, random weights, prompt 100, batch 32, bf16, dropout 0.1; training alone.

Usage: bundles.py PATH_OF_bundles [--trials 16] [--steps 200] [--widths 4 8 16]     a trial of MRPC has 2,300 steps
"""
import argparse
import json
import subprocess
import tempfile

import torch

import step_gpu

STEPS_OF_A_TRIAL = 2300  # 20 epochs of 3,668 rows in batches of 32


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--trials", type=int, default=16)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--widths", type=int, nargs="*", default=[4, 8, 16])
    arguments = parser.parse_args()
    print(f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}, {arguments.trials} trials of {arguments.steps} steps")
    print("| how | trials/hour | ratio | peak GiB |\n|---|---|---|---|")
    first = []

    def measure(folder, name, processes, width):
        command = [arguments.binary, folder, str(arguments.trials // processes), str(width), str(arguments.steps)]
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
        found = [json.loads(process.communicate()[0].splitlines()[-1]) for process in running]
        seconds = max(one["seconds"] for one in found) / arguments.trials
        rate = 3600 / (seconds / arguments.steps * STEPS_OF_A_TRIAL)
        first.append(rate)
        print(f"| {name} | {rate:.1f} | {rate / first[0]:.2f} | {sum(one['gib'] for one in found):.2f} |", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        step_gpu.base_t5(folder)
        torch.cuda.empty_cache()
        measure(folder, "one after another", 1, 1)
        measure(folder, "two trainers", 2, 1)
        for width in arguments.widths:
            measure(folder, f"bundles of {width}", 1, width)


if __name__ == "__main__":
    main()
