#!/usr/bin/env python3
"""Searches as a user runs them, on the made-up world of `attempt demo`. Usage: search_test.py CASE --bin DIR [--python P]"""
import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from small_world import time_allowed

SWEEP = """
[sweep]
name = "search"
seeds = [11, 12]
[model]
path = "backbone"
[data]
root = "data"
[targets]
tasks = ["rte", "cola"]
methods = ["frozen", "prompt_tuning"]
[train]
max_steps = 4
batch_size = 4
evaluate_every_steps = 2
evaluation_batch_size = 250
[search]
trials = {trials}
seeds = [1, 2]
{sampler}
[search.space]
"method.prompt_tuning.learning_rate" = {{ low = 0.01, high = 10.0, log = true }}
"method.prompt_tuning.prompt_length" = {{ low = 2, high = 6, step = 2 }}
"""
# A sampler of one's own. It remembers what it was told in a file, and dies or talks nonsense when it is asked for number 3
# while the file "trouble" says so.
SAMPLER = """
import json, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
for line in sys.stdin:
    message = json.loads(line)
    with open(folder / "told.jsonl", "a") as told:
        told.write(line)
    if message["type"] == "start":
        print(json.dumps({"type": "started", "name": "mine"}), flush=True)
        continue
    trouble = (folder / "trouble").read_text() if message["number"] == 3 else ""
    if trouble == "dies":
        sys.exit("out of ideas")
    if trouble == "hangs":
        time.sleep(600)
    rate = 20 if trouble == "nonsense" else 0.01 * (message["number"] + 1)
    print(json.dumps({"type": "proposal", "values": {"method.prompt_tuning.learning_rate": rate,
                                                     "method.prompt_tuning.prompt_length": 4}}), flush=True)
"""


def check(condition, text):
    if not condition:
        sys.exit(f"not so: {text}")


class World:
    def __init__(self, folder, binaries):
        self.folder, self.attempt = folder, str(binaries / "attempt")
        subprocess.run([self.attempt, "demo", str(folder)], check=True, capture_output=True)

    def sweep(self, sampler, trials):
        path = self.folder / "search.toml"
        path.write_text(SWEEP.format(sampler=sampler, trials=trials))
        return str(path)

    def call(self, *arguments, code=0):
        end = subprocess.run([self.attempt, *map(str, arguments)], capture_output=True, text=True, env=dict(os.environ, XDG_CACHE_HOME=str(self.folder)))
        check(end.returncode == code, f"{arguments} ends with {end.returncode}, not {code}: {end.stdout[-500:]}{end.stderr[-2000:]}")
        return end

    def status(self, study):
        return json.loads(self.call("status", study, "--json").stdout)


def plan_of(study):
    plan = json.loads((study / "run/plan.json").read_text())
    plan["trials"] = [plan["kinds"][trial["kind"]] | trial for trial in plan["trials"]]
    return plan


def tested(world, study):
    """Phases of the trials that have test scores."""
    rows = json.loads(world.call("export", study, "--format", "json", "--what", "trials").stdout)
    return {row["phase"] for row in rows if any(key.startswith("test.") for key in row)}


def told_scores(study):
    """Validation score of each trial as the event of its publication says it."""
    events = [json.loads(line) for file in (study / "events").glob("*.jsonl") for line in file.read_text().splitlines()]
    return {event["trial_id"]: event["data"].get("validation") for event in events if event["type"] == "trial_published"}


def best_scores(world, study):
    """The same as the trials' files say it."""
    rows = json.loads(world.call("export", study, "--format", "json", "--what", "evaluations").stdout)
    return {row["trial_id"]: max(other["selection"] for other in rows if other["trial_id"] == row["trial_id"]) for row in rows}


def check_finished(world, study, trials):
    """All configurations were tried, the best on validation was chosen, and the table holds the study's seeds only."""
    status, plan = world.status(study), plan_of(study)
    finals = [trial for trial in plan["trials"] if trial["phase"] == "target" and trial["method"] == "prompt_tuning"]
    check(sorted((trial["tasks"][0], trial["seed"]) for trial in finals) == [("cola", 11), ("cola", 12), ("rte", 11), ("rte", 12)], "four final trials")
    check(len(status["searches"]) == 2, "a search a task")
    for search in status["searches"]:
        check(len(search["configurations"]) == trials and search["later_trials"] == 0, f"{search['name']} is complete")
        best = search["configurations"][search["chosen"]]
        settings = [dict(value[:2] for value in plan["settings"][trial["settings"]]) for trial in finals if trial["tasks"] == [search["task"]]]
        rates = {float(each["method.prompt_tuning.learning_rate"]) for each in settings}
        check(rates == {float(dict(best["values"])["method.prompt_tuning.learning_rate"])}, f"the chosen rate is trained anew: {rates}, {best}")
    check(tested(world, study) == {"target"}, "search trials are never tested")
    told, best = told_scores(study), best_scores(world, study)
    check(told == best, f"events say the scores that the files hold: {told}, {best}")
    check({(best["method"], best["task"]) for best in status["best"]} == {(m, t) for m in ("frozen", "prompt_tuning") for t in ("rte", "cola")}, "best of each")
    return [search["chosen"] for search in status["searches"]], sorted(trial["trial_id"] for trial in plan["trials"])


def run_sobol(world):
    sweep = world.sweep('sampler = "sobol"', 3)
    plan = json.loads(world.call("plan", sweep, "--json", "--simulate", "--devices", "1,4").stdout)
    check(plan["totals"]["search_trials"] == 2 * 3 * 2 and plan["totals"]["target_trials"] == 4, "the plan knows the search")
    check([search["later_trials"] for search in plan["searches"]] == [2, 2], "and what follows")
    methods = {(work["phase"], work["method"]): work for work in plan["forecast"]["methods"]}
    later = sum(search["later_seconds"] for search in plan["searches"])
    check(abs(methods["later", "prompt_tuning"]["device_seconds"]["middle"] / later - 1) < 1e-9 and methods["later", "prompt_tuning"]["trials"] == 4,
          f"it counts by method what follows: {methods}")
    total = plan["forecast"]["device_seconds"]["middle"]
    check(abs(sum(work["device_seconds"]["middle"] for work in methods.values()) / total - 1) < 1e-9, f"methods sum up to {total}: {methods}")
    check(plan["simulation"][0]["makespan_seconds"] >= plan["simulation"][1]["makespan_seconds"], "more devices, no later")
    whole = world.folder / "whole"
    end = world.call("run", sweep, "--out", whole)
    check("configuration" not in end.stdout, "configurations are not in the table")
    expected = check_finished(world, whole, 3)
    # Stopped in the middle, and once more, the study comes to the same.
    stopped = world.folder / "stopped"
    for finished in (3, 9):
        process = subprocess.Popen([world.attempt, "run", sweep, "--out", str(stopped)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ, XDG_CACHE_HOME=str(world.folder)))
        while process.poll() is None and len(list(stopped.glob("trials/*.h5"))) < finished:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        process.wait()
    world.call("run", sweep, "--out", stopped)
    check(check_finished(world, stopped, 3) == expected, "a study that was stopped comes to the same")
    check("is finished" in world.call("status", stopped, "--why", expected[1][0]).stdout, "--why")


def own_sampler(world):
    script = world.folder / "sampler.py"
    script.write_text(SAMPLER)
    command = json.dumps([sys.executable, str(script), str(world.folder)])
    sweep = world.sweep(f'sampler = "command"\ncommand = {command}\npending = 2', 5)
    study = world.folder / "own"
    (world.folder / "trouble").write_text("dies")
    end = world.call("run", sweep, "--out", study, code=3)
    check("has died" in end.stderr and "sampler.log" in end.stderr, f"its death is told: {end.stderr}")
    check("out of ideas" in (study / "logs/sampler.log").read_text(), "its last words are kept")
    (world.folder / "trouble").write_text("nonsense")
    end = world.call("run", sweep, "--out", study, code=3)
    check("outside 0.01 to 10" in end.stderr, f"nonsense is told: {end.stderr}")
    (world.folder / "trouble").write_text("hangs")
    started = time.monotonic()
    end = world.call("run", sweep, "--out", study, "--set=search.sampler_seconds=3", code=3)
    check("3 s" in end.stderr and time.monotonic() - started < time_allowed(60), f"its silence is told: {end.stderr}")
    kept = {file.name: file.stat().st_mtime_ns for file in study.glob("trials/*.h5")}
    (world.folder / "trouble").write_text("")
    (world.folder / "told.jsonl").write_text("")
    world.call("run", sweep, "--out", study)
    check_finished(world, study, 5)
    check(kept and all((study / "trials" / name).stat().st_mtime_ns == time for name, time in kept.items()), "what was finished stays")
    told = [json.loads(line) for line in (world.folder / "told.jsonl").read_text().splitlines()]
    asked = [message for message in told if message["type"] == "ask" and message["search"] == "prompt_tuning/rte"]
    check([message["number"] for message in asked] == [3, 4], "it goes on with the number that failed")
    check([trial["number"] for trial in asked[0]["trials"]] == [0, 1, 2], "and is told the history again")
    means = {}
    best = {}
    for row in json.loads(world.call("export", study, "--format", "json", "--what", "evaluations").stdout):
        best[row["trial_id"]] = max(row["selection"], best.get(row["trial_id"], -1e9))
    search = next(each for each in world.status(study)["searches"] if each["name"] == "prompt_tuning/rte")
    for number, configuration in enumerate(search["configurations"]):
        check(len(configuration["trials"]) == 2, "a trial a seed")
        means[number] = sum(best[trial] for trial in configuration["trials"]) / 2
    scores = {t["number"]: t["score"] for m in asked for t in m["trials"] if t["state"] == "complete"}
    check(scores and all(abs(means[number] - score) < 1e-9 for number, score in scores.items()), f"the mean over the seeds is told: {scores}, {means}")
    check("test" not in (world.folder / "told.jsonl").read_text(), "nothing of a test split is told")
    states = {trial["state"] for message in asked for trial in message["trials"]}
    check(states <= {"running", "complete"} and all("score" in t for m in asked for t in m["trials"] if t["state"] == "complete"), "states")


PRUNED = """
sampler = "random"
pruner = "median"
prune_after = 2
"""


def pruned(world):
    evaluations = "--set=train.max_steps=12", "--set=train.evaluate_every_steps=1", "--set=targets.tasks=[\"rte\"]"
    sweep = world.sweep(PRUNED, 6)
    end = world.call("plan", sweep, "--set=train.evaluate_every_steps=0", code=2)
    check("search.toml:" in end.stderr and "nothing could be stopped before its end" in end.stderr, "a pruner without evaluations is refused")
    told = world.call("run", sweep, "--out", world.folder / "pruned", *evaluations)
    events = "".join(file.read_text() for file in (world.folder / "pruned/events").glob("*.jsonl"))
    told_early = [json.loads(line)["trial_id"] for line in events.splitlines() if '"trial_finished_early"' in line]
    early = set(told_early)
    check(len(told_early) == len(early), f"each is told once, though it evaluates again before it hears: {told_early}")
    plan = plan_of(world.folder / "pruned")
    searched = {trial["trial_id"] for trial in plan["trials"] if trial["phase"] == "search"}
    check(early and early < searched, f"some trials of the search are stopped, and no others: {len(early)} of {len(searched)}")
    check(told.stderr.count("pruned    ") == len(early), f"the run says which: {told.stderr[-300:]}")
    status = world.status(world.folder / "pruned")
    check(status["pruned"] == len(early), "status counts them")
    check(status["trials"]["failed"] == 0 and status["searches"][0]["chosen"] >= 0, "a stopped trial reports its best")
    audited = world.call("run", world.sweep(PRUNED + "audit = true", 6), "--out", world.folder / "audited", *evaluations)
    check("median after 2 evaluations would have stopped" in audited.stderr, f"the audit is told: {audited.stderr[-300:]}")
    check("trial_finished_early" not in "".join(f.read_text() for f in (world.folder / "audited/events").glob("*.jsonl")), "and stops nothing")


def optuna(world, python):
    if subprocess.run([python, "-c", "import optuna"], capture_output=True).returncode != 0:
        print(f"skipped: {python} has no Optuna (pip install optuna; ATTEMPT_OPTUNA_PYTHON names a Python that has it)")
        sweep = world.sweep(f'sampler = "optuna:TPESampler"\npython = "{python}"', 3)
        end = world.call("run", sweep, "--out", world.folder / "none", code=3)
        check("has no Optuna" in end.stderr, "a Python without Optuna is told")
        check("has no Optuna" in world.call("plan", sweep).stdout, "by plan too")
        sys.exit(77)
    world.call("run", world.sweep(f'sampler = "optuna:TPESampler"\npython = "{python}"\npending = 2', 4), "--out", world.folder / "tpe")
    check_finished(world, world.folder / "tpe", 4)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case")
    parser.add_argument("--bin", type=pathlib.Path)
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        world = World(pathlib.Path(folder) / "world", options.bin)
        {"sobol": run_sobol, "own": own_sampler, "pruned": pruned, "optuna": lambda w: optuna(w, options.python)}[options.case](world)


main()
