#!/usr/bin/env python3
"""Runs the sweeps over all tasks on the whole made-up world of `attempt demo --world full`.

Their tasks, groups, methods, variants, seeds and sections stay as they are for the plan, which must refuse nothing. For
the run --set shortens them: one step of two rows, two prompt rows, one seed, and a backbone of 32 units that
`attempt pretrain` makes first. Usage: full_world_test.py SWEEP --bin DIR --source DIR"""
import argparse
import json
import pathlib
import shutil
import tempfile
import tomllib

from sweep_files_test import base_of, check, methods_of, run

ROWS = 24
QUESTIONS = ["squad", "record", "nq", "hotpotqa", "searchqa", "newsqa"]
WITH_PROMPT = ["prompt_tuning", "spot", "attempt", "prompt_tuning_m", "attempt_m"]
# Methods of the run where all of them on all tasks would take minutes; the plan has all.
RUN = {"paper": ["prompt_tuning", "spot", "attempt"], "paper_corrected": ["frozen", "attempt:constant"]}
TINY = {"d_model = 64": "d_model = 32", "d_kv = 16": "d_kv = 8", "num_heads = 4": "num_heads = 2", "d_ff = 256": "d_ff = 16",
        "num_layers = 4": "num_layers = 1", "steps = 16000": "steps = 2",
        "batch_size = 128": "batch_size = 4", "warmup_steps = 500": "warmup_steps = 1"}


def make_world(arguments, folder):
    """The world, and a backbone that knows its words and nothing else."""
    world = folder / "world"
    run(arguments, folder, "demo", world, "--world", "full", "--rows", ROWS)
    plan = world / "pretrain/pretrain.toml"
    text = plan.read_text()
    for as_committed, tiny in TINY.items():
        check(f"\n{as_committed}" in text, f"pretrain.toml says {as_committed}")
        text = text.replace(f"\n{as_committed}", f"\n{tiny}", 1)
    plan.write_text(text)
    run(arguments, folder, "pretrain", plan, "--out", world)
    return world


def settings(name, sweep):
    given = ["sweep.seeds=[1]", "train.max_steps=1", "train.warmup_steps=0", "train.batch_size=2", "train.evaluation_batch_size=250",
             "sources.train.prompt_length=2", "model.precision=fp32"]
    methods = RUN.get(name, sorted(methods_of({"targets": {"methods": sweep["targets"].get("methods", [])}})))
    if sweep["targets"].get("methods"):
        given.append(f"targets.methods={json.dumps(methods)}")
    bases = {base_of(sweep, method) for method in methods_of(sweep) | set(methods)}
    given += [f"method.{base}.prompt_length=2" for base in sorted(bases) if base in WITH_PROMPT]
    given += [f"task.{task}.{key}" for task in QUESTIONS for key in ("max_new_tokens=2", "max_target_length=4")]
    return given


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sweep")
    parser.add_argument("--bin", required=True)
    parser.add_argument("--source", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    file = arguments.source.resolve() / "sweeps" / f"{arguments.sweep}.toml"
    sweep = tomllib.loads(file.read_text())
    folder = pathlib.Path(tempfile.mkdtemp(prefix="attempt-full-world-"))
    try:
        world = make_world(arguments, folder)
        data = ["--set", f"model.path={world}/backbone", "--set", f"data.root={world}/data"]
        planned = json.loads(run(arguments, folder, "plan", file, "--json", *data))["trials"]
        found = {trial["variant"] or trial["method"] for trial in planned if trial["phase"] == "target"}
        check(found == methods_of(sweep), f"as committed it plans every method: {found ^ methods_of(sweep)}")
        tasks = {task for trial in planned for task in trial["tasks"]}
        wanted = set(sweep["sources"]["tasks"]) | set(sweep["targets"].get("tasks", [])) | {
            task for group in sweep["targets"].get("multitask", []) for task in group["tasks"]}
        check(tasks == wanted, f"on every task: {tasks ^ wanted}")
        options = data + [word for option in settings(arguments.sweep, sweep) for word in ("--set", option)]
        short = json.loads(run(arguments, folder, "plan", file, "--json", *options))["trials"]
        table = run(arguments, folder, "run", file, "--out", folder / "study", "--workers", 2, *options)
        counts = json.loads(run(arguments, folder, "status", folder / "study", "--json"))["trials"]
        check(counts == {"waiting": 0, "running": 0, "succeeded": len(short), "failed": 0}, f"all succeeded: {counts}")
        print(table)
        print(len(planned), "trials planned,", len(short), "run")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
