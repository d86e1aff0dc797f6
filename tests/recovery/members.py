"""Runs that have joined a study (`attempt run --join`): who they are, what they hold, and what becomes of two that are lost."""
import collections
import json
import signal
import time

import processes
from store_test import check, events

LEASE_SECONDS = 4
SETTINGS = ("--set", f"limits.heartbeat_seconds={LEASE_SECONDS}", "--set", "train.checkpoint_every_seconds=1")


def member(study, key, value):
    """Run id and process of the member whose file says so (key: pid or job); None, None before it has joined."""
    for path in (study / "run").glob("member.*.json"):
        try:
            holder = json.loads(path.read_text())
        except (OSError, ValueError):
            continue
        if holder[key] == value:
            return path.name[len("member."):-len(".json")], holder["pid"]
    return None, None


def trial_at_work(study, run_id):
    """The trial that the trainer of a run trains now; None if none."""
    try:
        workers = json.loads((study / f"run/{run_id}.state.json").read_text())["workers"]
    except (OSError, ValueError):
        return None
    return next((worker["trial_id"] for worker in workers if worker["stage"] == "training" and worker["step"] > 0), None)


def trial_held(study, run_id):
    """The trial that a stopped or killed run holds by its lease, has begun and not begun to publish; None if none. Its state
    may be a second old, and name a trial that it has published since."""
    begun = {event["trial_id"] for event in events(study, "attempt_started") if event["run_id"] == run_id}
    for path in (study / "leases").glob("*.*"):
        held_by, *rest = path.read_text().split()
        trial = path.name.rsplit(".", 1)[0]
        is_published = (study / f"trials/{trial}.h5").exists() or any((study / "tmp").glob(f"{trial}.*"))
        if held_by == run_id and "released" not in rest and trial in begun and not is_published:
            return trial
    return None


def with_trainers(pid):
    return [pid] + [child for child in processes.everything() if processes.parent(child) == pid]


def freeze(study, run_id, pid):
    """Stops a run and its trainers while they hold a trial. @return the trial"""
    while True:
        processes.send(with_trainers(pid), signal.SIGSTOP)
        if trial := trial_held(study, run_id):
            return trial
        processes.send(with_trainers(pid), signal.SIGCONT)  # between two trials
        time.sleep(0.1)


def lose_two(study, killed, stopped, kill, wait_for):
    """Of two members (run id, pid) one is killed by `kill()`, the other stopped for twice the lease time: others take their
    trials over. @return the trial of the one that comes back late"""
    wait_for(lambda: trial_at_work(study, killed[0]) and trial_at_work(study, stopped[0]), "two trainers train")
    late = freeze(study, *stopped)
    stopped_at = time.monotonic()
    lost = freeze(study, *killed)
    kill()

    def takers(trial):
        return {event["run_id"] for event in events(study, "attempt_started") if event["trial_id"] == trial}
    wait_for(lambda: takers(lost) - {killed[0]} and takers(late) - {stopped[0]}, "both trials are taken over")
    check(time.monotonic() - stopped_at > LEASE_SECONDS, "not before the lease time")
    time.sleep(max(0, 2 * LEASE_SECONDS - (time.monotonic() - stopped_at)))
    processes.send(with_trainers(stopped[1]), signal.SIGCONT)
    return late


def check_published_once(study, run_id, late):
    """The run that came back late was fenced off from its trial, and each trial is published once. @return how many there are"""
    ended = events(study, "attempt_ended")
    fenced = [event for event in ended if event["data"].get("cause") == "fenced"]
    check([(event["run_id"], event["trial_id"]) for event in fenced] == [(run_id, late)],
          f"the late one ({run_id}, {late}) is fenced: {[event for event in ended if late == event['trial_id']]}")
    published = collections.Counter(event["trial_id"] for event in events(study, "trial_published"))
    check(set(published.values()) == {1}, f"published once: {published}")
    return len(published)
