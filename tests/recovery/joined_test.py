#!/usr/bin/env python3
"""Runs that share one study (`attempt run --join`), with the real program and no server: joined_test.py CASE --bin DIR"""
import json
import signal
import sys

import compare
import members
import processes
from store_test import check, run_case, time_allowed, wait_for


def study_of(world, out, *more, steps=200):
    return world.study(out, *members.SETTINGS, "--set", "sweep.seeds=[1, 2]", "--set", "resources.threads_per_trainer=1", *more,
                       steps=steps)


def run_of(study, process):
    """The run id of a process that has joined."""
    return members.member(study, "pid", process.pid)[0]


def shared(world):
    """Of three runs one is killed and one stopped for twice the lease time: each trial is published once, the lost ones are
    taken over, and the late one is fenced off."""
    straight, study = world.folder / "straight", world.folder / "study"
    runs = [world.start(*study_of(world, study), "--join") for _ in range(3)]
    try:
        wait_for(lambda: all(run_of(study, run) for run in runs), "three members")
        killed, stopped = ((run_of(study, run), run.pid) for run in runs[1:])
        late = members.lose_two(study, killed, stopped, lambda: processes.kill(members.with_trainers(runs[1].pid)),
                                lambda *what: wait_for(*what, seconds=200))
        for run in (runs[0], runs[2]):
            _, error = run.communicate(timeout=time_allowed(300))
            check(run.returncode == 0, f"ends with 0, not {run.returncode}\n{error}")
    finally:
        for run in runs:
            processes.kill(members.with_trainers(run.pid))
    published = members.check_published_once(study, stopped[0], late)
    status = json.loads(world.run("status", study, "--json").stdout)["trials"]
    check(status["succeeded"] == published == 8 and status["running"] == 0, str(status))
    world.run(*study_of(world, straight))
    check(not compare.differences(straight, study), "equal to a study of one run")
    words = study_of(world, straight)
    del words[words.index("--out"):words.index("--out") + 2]
    forecast = json.loads(world.run("plan", *words[1:], "--json").stdout)["totals"]["disk_files"]
    files = len(list(straight.rglob("*")))
    # The forecast counts the checkpoints of eight trials at work too: as many as this study has.
    check(files <= forecast <= 2 * files, f"plan foresees about as many files: {forecast}, there are {files}")


def alone(world):
    """A run without --join and runs with it exclude each other, whoever was first."""
    study = world.folder / "study"
    member = world.start(*study_of(world, study, steps=5000), "--join")
    wait_for(lambda: run_of(study, member), "a member")
    refused = world.run(*study_of(world, study, steps=5000), expect=3).stderr
    check(f"process {member.pid} " in refused, refused)
    refused = world.run("verify", study, "--repair", expect=3).stderr
    check(f"process {member.pid} " in refused, refused)
    check(member.poll() is None, "what was refused has not ended the member")
    world.run("stop", study)
    member.communicate(timeout=time_allowed(60))
    check(member.returncode == 75, f"stopped, not {member.returncode}")
    single = world.start(*study_of(world, study, steps=5000))
    wait_for(lambda: len(list((study / "run").glob("*.state.json"))) == 2, "the next run works")
    refused = world.run(*study_of(world, study, steps=5000), "--join", expect=3).stderr
    check(f"process {single.pid} " in refused, refused)
    single.send_signal(signal.SIGTERM)
    single.communicate(timeout=time_allowed(60))


CASES = {case.__name__: case for case in (shared, alone)}


if __name__ == "__main__":
    sys.exit(run_case(CASES, __doc__))
