#!/usr/bin/env python3
"""Milliseconds of a training step (prompt tuning and ATTEMPT, batch 32) and of evaluation (256 rows, loss and two tokens) by
the length of the source, T5-base's shape in bf16: lines "TOKENS PROMPT_TUNING ATTEMPT EVALUATION", what hours.py reads.

Usage: step_lengths.py PATH_OF_step_gpu
"""
import sys
import tempfile

import step_gpu

with tempfile.TemporaryDirectory() as folder:
    step_gpu.base_t5(folder)
    for tokens in (16, 32, 48, 64, 96, 128, 192, 256):
        runs = [step_gpu.ours(sys.argv[1], folder, method, rows, steps, source=tokens, mode=mode)["milliseconds"]
                for method, rows, steps, mode in (("prompt_tuning", 32, 20, ""), ("attempt", 32, 20, ""),
                                                  ("prompt_tuning", 256, 8, "evaluate"))]
        print(tokens, *runs, flush=True)
