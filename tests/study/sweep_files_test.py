#!/usr/bin/env python3
"""Runs every sweep of sweeps/ as a user would, shortened, on the made-up world of `attempt demo`.

The files are used as they are. Only --set shortens them: two steps, four prompt rows, one seed, and of the tasks those
that the made-up world has (without STS-B: its labels are not in that world's vocabulary; where six sources are needed, a
ready-made prompt is the sixth). What a sweep names by a task that is not there (a start, a variant's sources, an axis
over starts) is set to one that is. Methods, variants, axes and sections stay the sweep's own: the test asks the plan for
each of them. Usage: sweep_files_test.py SWEEP --bin DIR --source DIR"""
import argparse
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import tomllib

from small_world import time_allowed

SOURCES = ["mrpc", "cola"]
FIVE = ["mrpc", "cola", "sst2", "squad", "rte"]
SIXTH = 'sources.prompts={ extra = "WORLD/extra.npy" }'
STEPS = ["train.max_steps=2"]
STARTS = ["method.attempt.target_init=mrpc"]
GROUP = '[{{ name = "{name}", tasks = ["rte", "cola"], methods = {methods} }}]'

# What else a sweep needs to be short, or to find its tasks.
MORE = {
    "ablations": ['variant."attempt:single_source".sources=["mrpc"]', "train.warmup_steps=1"],
    "every_method": ["train.warmup_steps=1"],
    "few_shot": ['few_shot.tasks=["rte"]', "few_shot.k=[2, 4]"],
    "more_sources": [f"sources.tasks={json.dumps(FIVE)}", SIXTH, 'variant.attempt_6.sources=["mrpc", "cola"]',
                     'variant.attempt_12.sources=["mrpc", "cola", "sst2", "squad"]',
                     'zip.sources.train.max_steps=[2, 1]', 'zip.sources.train.warmup_steps=[0, 1]',
                     "method.attempt.max_steps=2", "method.spot.max_steps=2"],
    "hyperparameters": ["search.trials=3", "sources.seeds=[1]"],
    "prompt_length": ["grid.method.prompt_tuning.prompt_length=[1, 5]", "grid.method.prefix_tuning.prompt_length=[1, 5]"],
    "source_search": ["search.trials=3", f"sources.tasks={json.dumps(FIVE)}", SIXTH,
                      'search.space.method.attempt.sources=[["mrpc", "cola"], ["sst2"]]'],
    "rates": ['grid.train.learning_rate_scale=[0.3, 1.0]'],
    "real_small": ['task.squad.files={ train = "WORLD/data/squad/train-v1.1.json", test = "WORLD/data/squad/dev-v1.1.json" }'],
    "source_subsets": [f"sources.tasks={json.dumps(FIVE)}", SIXTH],
    "sensitivity": ['grid.method.attempt.target_init=["mrpc", "cola", "sampled_vocab", "random"]',
                    'grid.train.learning_rate_scale=[0.3, 1.0]'],
}
WITHOUT = {"more_sources": STEPS, "sensitivity": STARTS}  # an axis of theirs says it
SIX = dict(zip(["mnli", "qnli", "qqp", "sst2", "squad", "record"], ["mrpc", "cola", "rte", "sst2", "squad", "extra"]))  # of source_subsets


def check(condition, text):
    if not condition:
        sys.exit(f"not so: {text}")


def methods_of(sweep):
    """Methods and variants that a sweep names, those for several tasks included."""
    targets = sweep["targets"]
    return set(targets.get("methods", [])) | {m for group in targets.get("multitask", []) for m in group["methods"]}


def base_of(sweep, method):
    return sweep.get("variant", {}).get(method, {}).get("base", method.split(":")[0])


def settings(name, sweep, world):
    """--set options that shorten the sweep."""
    bases = {base_of(sweep, method) for method in methods_of(sweep)}
    given = [f"model.path={world}/backbone", f"data.root={world}/data", "sweep.seeds=[1]",
             f"sources.tasks={json.dumps(SOURCES)}", "train.batch_size=4", "train.evaluation_batch_size=250",
             "sources.train.prompt_length=4", "task.squad.max_new_tokens=2", "task.squad.max_source_length=48"]
    given += [option for option in STEPS + STARTS if option not in WITHOUT.get(name, [])]
    given += [f"method.{base}.prompt_length=4" for base in sorted(bases)
              if base.removesuffix("_m") in ("prompt_tuning", "spot", "attempt", "p_tuning", "prefix_tuning", "p_tuning_v2")]
    if "attempt_m" in bases:
        given.append("method.attempt_m.target_init=mrpc")
    if "spot" in bases:
        given += ["method.spot.source=mrpc"]
    if any(variant.get("choose", "fixed") != "fixed" for variant in sweep.get("variant", {}).values()):
        given.append("method.spot.probe_steps=2")
    if sweep["targets"].get("tasks"):
        given.append('targets.tasks=["rte"]')
    for group in sweep["targets"].get("multitask", [])[:1]:
        given.append("targets.multitask=" + GROUP.format(name=group["name"], methods=json.dumps(group["methods"])))
    if name == "source_subsets":
        given += [f"variant.{variant}.sources={json.dumps([SIX[source] for source in options['sources']])}"
                  for variant, options in sweep["variant"].items()]
    return given + [option.replace("WORLD", str(world)) for option in MORE.get(name, [])]


def write_prompt(path, rows, columns):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    values = struct.pack(f"<{rows * columns}f", *(0.01 * (i % 7) for i in range(rows * columns)))
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + values)


def cut(world):
    """Fewer rows: the splits of SST-2 and SQuAD need more than 1,000 training rows."""
    for folder, rows in (("CoLA", 60), ("MRPC", 60), ("RTE", 60), ("STS-B", 60), ("SST-2", 1040)):
        for file, count in (("train.tsv", rows), ("dev.tsv", 32)):
            path = world / "data" / "glue" / folder / file
            path.write_text("".join(path.read_text().splitlines(keepends=True)[:count + 1]))
    write_prompt(world / "extra.npy", rows=4, columns=64)
    for file, count in (("train-v1.1.json", 1040), ("dev-v1.1.json", 16)):
        path = world / "data" / "squad" / file
        document = json.loads(path.read_text())
        for article in document["data"]:
            article["paragraphs"] = article["paragraphs"][:count]  # a question each
        path.write_text(json.dumps(document))


def run(arguments, folder, *words):
    command = [str(pathlib.Path(arguments.bin) / "attempt"), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=time_allowed(280),
                          env=dict(os.environ, XDG_CACHE_HOME=str(folder / "cache"), OMP_NUM_THREADS="1"))
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n--- standard output\n{done.stdout}\n"
                 f"--- standard error\n{done.stderr}")
    return done.stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sweep")
    parser.add_argument("--bin", required=True)
    parser.add_argument("--source", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    file = arguments.source.resolve() / "sweeps" / f"{arguments.sweep}.toml"
    text = file.read_text()
    sweep = tomllib.loads(text)
    check(text.startswith("# ") and sweep["sweep"]["name"] == arguments.sweep, "it opens with what it is for, and has its name")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="attempt-sweep-"))
    try:
        world = folder / "world"
        run(arguments, folder, "demo", world)
        cut(world)
        options = [word for option in settings(arguments.sweep, sweep, world) for word in ("--set", option)]
        plan = json.loads(run(arguments, folder, "plan", file, "--json", *options))
        planned, later = plan["trials"], sum(search["later_trials"] for search in plan["searches"])
        found = {trial["variant"] or trial["method"] for trial in planned if trial["phase"] != "source"}
        check(found == methods_of(sweep), f"every method has a trial, and no other: {found ^ methods_of(sweep)}")
        table = run(arguments, folder, "run", file, "--out", folder / "study", "--workers", 2, *options)
        counts = json.loads(run(arguments, folder, "status", folder / "study", "--json"))["trials"]
        check(counts["succeeded"] >= len(planned) + later, f"what follows from a search has run: {counts}")
        check(counts == {"waiting": 0, "running": 0, "succeeded": counts["succeeded"] if later else len(planned), "failed": 0},
              f"all succeeded: {counts}")
        check("demo:rte" in table, f"a table of the made-up task:\n{table}")
        print(table)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
