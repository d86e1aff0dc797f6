#!/usr/bin/env python3
"""A forecast that is made by probes and graded afterwards, on the made-up world of `attempt demo`. Usage: forecast_test.py --bin DIR"""
import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

SETTINGS = ["--set=targets.tasks=[\"rte\"]", "--set=train.max_steps=30",
            "--set=targets.methods=[\"prompt_tuning\", \"attempt\", \"frozen\"]"]


def check(condition, text):
    if not condition:
        sys.exit(f"not so: {text}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path)
    attempt = str(parser.parse_args().bin / "attempt")
    with tempfile.TemporaryDirectory() as folder:
        world = pathlib.Path(folder) / "world"
        scratch = pathlib.Path(folder) / "tmp"
        scratch.mkdir()
        environment = dict(os.environ, XDG_CACHE_HOME=folder + "/cache", TMPDIR=str(scratch))

        def call(*arguments):
            end = subprocess.run([attempt, *map(str, arguments)], capture_output=True, text=True, env=environment)
            check(end.returncode == 0, f"{arguments} ends with {end.returncode}: {end.stderr[-2000:]}")
            return end

        call("demo", world)
        sweep = [world / "demo.toml", *SETTINGS]
        guess = json.loads(call("plan", *sweep, "--json").stdout)
        check(guess["forecast"]["measured"] == 0, "nothing was measured yet")
        stopped = subprocess.Popen([attempt, "plan", *map(str, sweep), "--probe", "--workers", "2"], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True, env=environment)
        while not list(scratch.glob("*/*/leases/*")):
            check(stopped.poll() is None, "the probes begin")
            time.sleep(0.05)
        stopped.send_signal(signal.SIGTERM)
        check("were stopped" in stopped.communicate()[1] and stopped.returncode == 3, "stopped probes say so")
        check(not list(scratch.iterdir()), "and leave nothing behind")
        probed = json.loads(call("plan", *sweep, "--json", "--probe", "--devices", "1,2", "--time-limit", "90").stdout)
        check(not list(scratch.iterdir()), "the probes leave nothing behind")
        forecast, totals = probed["forecast"], probed["totals"]
        check(forecast["measured"] == forecast["trials"] == totals["trials"], "all kinds were measured")
        check(abs(forecast["device_seconds"]["middle"] - totals["estimated_seconds"]) < 1e-6, "the whole is the sum of its trials")
        check(all(t["estimated_low"] < t["estimated_seconds"] < t["estimated_high"] for t in probed["trials"]), "intervals of trials")
        check(all(10 * 2**20 < t["memory_bytes"] < 64 * 2**30 for t in probed["trials"]), "memory of trials")
        check([wall["devices"] for wall in forecast["wall"]] == [1, 2], "the devices that were asked for")
        check(forecast["wall"][1]["seconds"]["middle"] < forecast["wall"][0]["seconds"]["middle"], "two end earlier than one")
        check(all(wall["slices"]["middle"] >= 1 for wall in forecast["wall"]), "slices of the time limit")
        names = lambda one: (one["phase"], one["method"], one["variant"])
        methods = {names(work): work for work in forecast["methods"]}
        check(set(methods) == set(map(names, probed["trials"])), f"a group a method: {list(methods)}")
        check(abs(sum(work["device_seconds"]["middle"] for work in methods.values()) - totals["estimated_seconds"]) < 1e-6, "methods sum up")
        tuned = methods["target", "prompt_tuning", ""]
        steps = [t["total_steps"] for t in probed["trials"] if (t["phase"], t["method"]) == ("target", "prompt_tuning")]
        check(tuned["examples"] == 16 * sum(steps), f"examples of batches of 16: {tuned}")
        few = json.loads(call("plan", *sweep, "--set=targets.tasks=[]", "--set=few_shot.tasks=[\"rte\"]", "--set=few_shot.k=[4]", "--json").stdout)
        check({work["method"]: work["examples"] / work["trials"] for work in few["forecast"]["methods"] if work["phase"] == "target"}
              == {"prompt_tuning": 4 * 30, "attempt": 4 * 30, "frozen": 0}, f"a step of four rows trains on four: {few['forecast']['methods']}")
        check(abs(tuned["hours_a_million_examples"] / (tuned["device_seconds"]["middle"] / 3.6e3 / tuned["examples"] * 1e6) - 1) < 1e-9,
              f"hours a million: {tuned}")
        # A variant stands beside the method that it is of; text names it alone.
        variant = [*sweep, "--set=targets.methods=[\"attempt:constant\"]"]
        named = {names(work) for work in json.loads(call("plan", *variant, "--json").stdout)["forecast"]["methods"]}
        check(("target", "attempt", "attempt:constant") in named, f"method and variant: {named}")
        check("\n  attempt:constant " in call("plan", *variant).stdout.split("forecast, with")[1], "the text has the variant's name")
        # Speeds travel as a file: what they say elsewhere is what they said here.
        carried = pathlib.Path(folder) / "carried.json"
        (pathlib.Path(folder) / "cache/attempt-mpi/speeds.json").rename(carried)
        check(json.loads(call("plan", *sweep, "--json").stdout)["forecast"]["measured"] == 0, "nothing is known without them")
        again = json.loads(call("plan", *sweep, "--json", "--devices", "1,2", "--time-limit", "90", "--speeds", carried).stdout)
        check(again["forecast"] == forecast and forecast["measured_on"], f"the same forecast from the file: {forecast['measured_on']}")
        check("measured on " + forecast["measured_on"][0] in call("plan", *sweep, "--speeds", carried).stdout, "the text names the device")
        refused = subprocess.run([attempt, "plan", *map(str, sweep), "--speeds", folder + "/none.json"], capture_output=True, text=True,
                                 env=environment)
        check(refused.returncode == 2 and "no measured speeds" in refused.stderr, f"a file without speeds is refused: {refused}")
        # Where the probes' speeds could not be kept is said before anything is probed, and no other file is replaced.
        def refused_probe(file, code, text):
            end = subprocess.run([attempt, "plan", *map(str, sweep), "--probe", "--speeds", str(file)], capture_output=True, text=True,
                                 env=environment)
            check(end.returncode == code and text in end.stderr and "probing" not in end.stderr, f"{file} is refused with {code}: {end}")

        before = sweep[0].read_text()
        later_version = pathlib.Path(folder) / "later.json"
        later_version.write_text('{"version": 2, "kinds": {}}')
        for other in (sweep[0], later_version, folder, folder + "/new/"):
            refused_probe(other, 2, "no file of measured speeds")
        check(sweep[0].read_text() == before and "2" in later_version.read_text(), "other files stay as they are")
        refused_probe(carried / "speeds.json", 3, "could not be kept")
        carried.rename(pathlib.Path(folder) / "cache/attempt-mpi/speeds.json")
        width = lambda plan: plan["forecast"]["device_seconds"]["high"] / plan["forecast"]["device_seconds"]["low"]
        check(width(probed) < width(guess) / 2, f"a measurement narrows the interval: {width(probed)}, {width(guess)}")

        study = world / "study"
        end = call("run", *sweep, "--out", study)
        check(f"Forecast of {totals['trials']} finished trials" in end.stderr, f"the grade is told: {end.stderr[-500:]}")
        grade = json.loads(call("status", study, "--json").stdout)["forecast"]
        check(grade["trials"] == grade["measured"] == totals["trials"], f"every trial is graded: {grade}")
        check(abs(grade["predicted_seconds"] - totals["estimated_seconds"]) < 1e-6, "it grades what was forecast")
        check(grade == json.loads((study / "run/forecast.json").read_text())["grade"], "and is kept")
        rows = json.loads(call("export", study, "--what", "forecast", "--format", "json").stdout)
        check(abs(sum(row["actual"] for row in rows) - grade["actual_seconds"]) < 1e-6, "a row a trial")
        check(call("export", study, "--what", "forecast").stdout.count("\n") == len(rows) + 1, "as CSV too")
        # What the study took is what the next plan says, which may not change the grade.
        seen = json.loads(call("plan", *sweep, "--json").stdout)["totals"]["estimated_seconds"]
        check(abs(seen / grade["actual_seconds"] - 1) < 0.25, f"the next plan has learnt: {seen}, {grade['actual_seconds']}")
        call("run", *sweep, "--out", study)
        check(json.loads(call("status", study, "--json").stdout)["forecast"] == grade, "a run that finds all done changes no grade")


main()
