#!/usr/bin/env python3
"""One prompt-tuning step on the CPU: attempt-mpi against transformers + PEFT, side by side.

Both sides load the same random T5-small-shaped weights and the same inputs; losses without dropout are
compared first, then steps with dropout 0.1 are timed in turns (rounds), and the median ratio is printed.

Usage: step_cpu.py PATH_OF_step_cpu [--threads 2] [--rounds 5] [--steps 4]
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import torch
from peft import PromptTuningConfig, get_peft_model
from transformers import T5Config, T5ForConditionalGeneration

ROWS, SOURCE, TARGET, PROMPT = 8, 128, 2, 100


def small_t5(dropout):
    torch.manual_seed(1)
    return T5ForConditionalGeneration(T5Config(
        vocab_size=32128, d_model=512, d_kv=64, d_ff=2048, num_layers=6, num_heads=8, dropout_rate=dropout,
        decoder_start_token_id=0))


def reference_model(folder, dropout):
    model = T5ForConditionalGeneration.from_pretrained(folder, dropout_rate=dropout)
    peft = get_peft_model(model, PromptTuningConfig(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=PROMPT))
    with torch.no_grad():
        rows = model.get_input_embeddings().weight[3:3 + PROMPT].clone()
        weight = peft.prompt_encoder["default"].embedding.weight
        weight[:PROMPT] = rows
    peft.train()
    return peft, weight


def reference_step(peft, weight, ids, mask, labels):
    start = time.perf_counter()
    loss = peft(input_ids=ids, attention_mask=mask, labels=labels).loss
    loss.backward()
    with torch.no_grad():
        weight -= 0.3 * weight.grad
        weight.grad.zero_()
    return loss.item(), ROWS / (time.perf_counter() - start)


def ours(binary, folder, dropout, steps, threads):
    command = [binary, folder, *map(str, (ROWS, SOURCE, TARGET, PROMPT, dropout, steps, threads))]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=4)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    ids = ((torch.arange(ROWS * SOURCE) * 37) % 30000 + 3).view(ROWS, SOURCE)
    labels = ((torch.arange(ROWS * TARGET) * 53) % 30000 + 3).view(ROWS, TARGET)
    mask = torch.ones_like(ids)
    with tempfile.TemporaryDirectory() as folder:
        small_t5(0.1).save_pretrained(folder)
        config = pathlib.Path(folder) / "config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | {"tie_word_embeddings": True}))

        peft, weight = reference_model(folder, 0.0)
        expected = [reference_step(peft, weight, ids, mask, labels)[0] for _ in range(2)]
        found = [line["loss"] for line in ours(arguments.binary, folder, 0.0, 2, arguments.threads)]
        worst = max(abs(a - b) / abs(a) for a, b in zip(expected, found))
        print(f"losses without dropout: transformers {expected}, attempt-mpi {found}, worst relative difference {worst:.1e}")
        if worst > 1e-4:
            sys.exit("the two sides do not compute the same numbers")

        peft, weight = reference_model(folder, 0.1)
        reference_step(peft, weight, ids, mask, labels)
        ratios, theirs_all, ours_all = [], [], []
        for _ in range(arguments.rounds):
            theirs = statistics.median(reference_step(peft, weight, ids, mask, labels)[1] for _ in range(arguments.steps))
            mine = statistics.median(line["examples_per_second"]
                                     for line in ours(arguments.binary, folder, 0.1, arguments.steps + 1, arguments.threads)[1:])
            ratios.append(mine / theirs)
            theirs_all.append(theirs)
            ours_all.append(mine)
        print(f"examples/s, {arguments.threads} threads, {ROWS} x {SOURCE} tokens, prompt {PROMPT}, dropout 0.1, medians of {arguments.rounds} rounds:")
        print(f"  transformers + PEFT {statistics.median(theirs_all):.2f}")
        print(f"  attempt-mpi         {statistics.median(ours_all):.2f}")
        print(f"  ratio               {statistics.median(ratios):.2f}   (rounds: {', '.join(f'{r:.2f}' for r in ratios)})")


if __name__ == "__main__":
    main()
