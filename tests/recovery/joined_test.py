#!/usr/bin/env python3
"""Runs that share one study (`attempt run --join`), with the real program and no server: joined_test.py CASE --bin DIR"""
import collections
import json
import signal
import sys
import time

import compare
import processes
from store_test import check, events, run_case, wait_for

LEASE_SECONDS = 4
LEASE = ("--set", f"limits.heartbeat_seconds={LEASE_SECONDS}")


def study_of(world, out, *more, steps=40):
    return world.study(out, *LEASE, "--set", "sweep.seeds=[1, 2]", "--set", "train.checkpoint_every_seconds=1", *more,
                       steps=steps)


def run_of(study, process):
    """The run id of a process that has joined."""
    for path in (study / "run").glob("member.*.json"):
        try:
            if json.loads(path.read_text())["pid"] == process.pid:
                return path.name[len("member."):-len(".json")]
        except (OSError, ValueError):
            pass
    return None


def trial_at_work(study, run_id):
    """The trial that the trainer of a run trains now; None if none."""
    try:
        workers = json.loads((study / f"run/{run_id}.state.json").read_text())["workers"]
    except (OSError, ValueError):
        return None
    return next((worker["trial_id"] for worker in workers if worker["stage"] == "training" and worker["step"] > 0), None)


def trial_held(study, run_id):
    """The trial that a stopped or killed run holds by its lease and has not published; None if none. Its state may be a second
    old, and name a trial that it has published since."""
    for path in (study / "leases").glob("*.*"):
        held_by, *rest = path.read_text().split()
        trial = path.name.rsplit(".", 1)[0]
        if held_by == run_id and "released" not in rest and not (study / f"trials/{trial}.h5").exists():
            return trial
    return None


def with_trainers(process):
    return [process.pid] + [pid for pid in processes.everything() if processes.parent(pid) == process.pid]


def freeze(study, process, run_id):
    """Stops a run and its trainers while they hold a trial. @return the trial"""
    while True:
        processes.send(with_trainers(process), signal.SIGSTOP)
        if trial := trial_held(study, run_id):
            return trial
        processes.send(with_trainers(process), signal.SIGCONT)  # between two trials
        time.sleep(0.1)


def shared(world):
    """Of three runs one is killed and one stopped for twice the lease time: each trial is published once, the lost ones are
    taken over, and the late one is fenced off."""
    straight, study = world.folder / "straight", world.folder / "study"
    runs = [world.start(*study_of(world, study), "--join") for _ in range(3)]
    try:
        wait_for(lambda: all(run_of(study, run) for run in runs), "three members")
        ids = [run_of(study, run) for run in runs]
        wait_for(lambda: trial_at_work(study, ids[1]) and trial_at_work(study, ids[2]), "two trainers train")
        late = freeze(study, runs[2], ids[2])
        stopped_at = time.monotonic()
        lost = freeze(study, runs[1], ids[1])
        processes.kill(with_trainers(runs[1]))

        def takers(trial):
            return {event["run_id"] for event in events(study, "attempt_started") if event["trial_id"] == trial}
        wait_for(lambda: takers(lost) - {ids[1]} and takers(late) - {ids[2]}, "both trials are taken over", 90)
        check(time.monotonic() - stopped_at > LEASE_SECONDS, "not before the lease time")
        time.sleep(max(0, 2 * LEASE_SECONDS - (time.monotonic() - stopped_at)))
        processes.send(with_trainers(runs[2]), signal.SIGCONT)
        for run in (runs[0], runs[2]):
            _, error = run.communicate(timeout=120)
            check(run.returncode == 0, f"ends with 0, not {run.returncode}\n{error}")
    finally:
        for run in runs:
            processes.kill(with_trainers(run))
    fenced = [event for event in events(study, "attempt_ended") if event["data"].get("cause") == "fenced"]
    check([(event["run_id"], event["trial_id"]) for event in fenced] == [(ids[2], late)], f"the late one is fenced: {fenced}")
    published = collections.Counter(event["trial_id"] for event in events(study, "trial_published"))
    check(set(published.values()) == {1}, f"published once: {published}")
    status = json.loads(world.run("status", study, "--json").stdout)["trials"]
    check(status["succeeded"] == len(published) == 8 and status["running"] == 0, str(status))
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
    member.communicate(timeout=60)
    check(member.returncode == 75, f"stopped, not {member.returncode}")
    single = world.start(*study_of(world, study, steps=5000))
    wait_for(lambda: len(list((study / "run").glob("*.state.json"))) == 2, "the next run works")
    refused = world.run(*study_of(world, study, steps=5000), "--join", expect=3).stderr
    check(f"process {single.pid} " in refused, refused)
    single.send_signal(signal.SIGTERM)
    single.communicate(timeout=60)


CASES = {case.__name__: case for case in (shared, alone)}


if __name__ == "__main__":
    sys.exit(run_case(CASES, __doc__))
