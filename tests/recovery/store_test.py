#!/usr/bin/env python3
"""What a user does when files, disks and runs go wrong, with the real program: store_test.py CASE --bin DIR"""
import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import compare
import processes
from world import make_world

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from time_allowed import time_allowed  # noqa: E402

SKIPPED = 77


def check(condition, text):
    if not condition:
        sys.exit(f"not so: {text}")


class World:
    """The demo's backbone and some of its data; a study of four trials on them, two of which are source prompts."""

    def __init__(self, arguments):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="attempt-store-"))
        self.attempt = str(pathlib.Path(arguments.bin).resolve() / "attempt")
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(self.folder / "cache"))
        make_world(self.attempt, self.folder / "world", self.environment)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *words, expect=0):
        done = subprocess.run([self.attempt, *map(str, words)], env=self.environment, capture_output=True, text=True, timeout=time_allowed(300))
        check(done.returncode == expect, f"{' '.join(map(str, words))} ends with {expect}, not {done.returncode}\n"
                                         f"{done.stdout}\n{done.stderr}")
        return done

    def study(self, out, *more, steps=10):
        words = ["run", self.folder / "world/demo.toml", "--out", out]
        for assignment in (f"train.max_steps={steps}", "train.evaluate_every_steps=5", "train.warmup_steps=2",
                           "train.batch_size=4", "sweep.seeds=[1]", 'sources.tasks=["mrpc", "cola"]',
                           'targets.tasks=["rte"]', 'targets.methods=["prompt_tuning", "attempt"]'):
            words += ["--set", assignment]
        return [*words, *more]

    def start(self, *words):
        return subprocess.Popen([self.attempt, *map(str, words)], env=self.environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)


def wait_for(condition, what, seconds=40):
    seconds = time_allowed(seconds)
    end = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < end, f"{what} within {seconds} s")
        time.sleep(0.02)


def events(study, kind):
    """Also of a run that writes: a line that is not whole yet is left out."""
    return [event for path in (study / "events").glob("*.jsonl") for line in path.read_text().splitlines(keepends=True)
            if line.endswith("\n") and (event := json.loads(line))["type"] == kind]


def flip(path, place):
    data = bytearray(path.read_bytes())
    data[place] ^= 4
    path.write_bytes(data)


def damaged(world):
    """A flipped bit never reaches a table: found, moved aside, made again as it was."""
    straight, study = world.folder / "straight", world.folder / "study"
    world.run(*world.study(straight))
    shutil.copytree(straight, study)
    trials = sorted((study / "trials").glob("*.h5"))
    flip(trials[0], trials[0].stat().st_size // 2)
    trials[1].write_bytes(trials[1].read_bytes()[:-1000])
    done = world.run(*world.study(study), expect=3)
    check("%" not in done.stdout and "verify" in done.stderr, f"no table, and what to do:\n{done.stdout}{done.stderr}")
    found = json.loads(world.run("verify", study, "--json", expect=1).stdout)["findings"]
    check({finding["file"] for finding in found} >= {f"trials/{trial.name}" for trial in trials[:2]}, str(found))
    world.run("verify", study, "--repair")
    world.run(*world.study(study))
    world.run("verify", study)
    check(not compare.differences(straight, study), "made again bit for bit")


def two_runs(world):
    """The second run on a folder is told who holds it; one that was killed holds nothing."""
    study = world.folder / "study"
    first = world.start(*world.study(study, steps=5000))  # does not end meanwhile
    wait_for(lambda: events(study, "attempt_started"), "the first run works")
    refused = world.run(*world.study(study, steps=5000), expect=3).stderr
    check(f"process {first.pid} " in refused and "attempt stop" in refused, refused)
    world.run("verify", study, "--repair", expect=3)
    first.kill()
    first.communicate()
    world.run(*world.study(study, steps=25))


def full_disk(world):
    """On a full disk the run ends with 3 and loses nothing; with room the same command ends it."""
    with mounted(world.folder / "disk", "size=160k") as disk:
        study = disk / "study"
        done = world.run(*world.study(study), expect=3)
        # What HDF5 could not write, and what the program wrote itself.
        check("the disk refused it" in done.stderr or "No space left" in done.stderr, done.stderr)
        check(not list((study / "failed").glob("*")), "no trial is to blame")
        subprocess.run(["mount", "-o", "remount,size=50m", disk], check=True)
        world.run(*world.study(study))
        world.run("verify", study, "--repair")  # the event that found no room may have been written in part
        world.run("verify", study)
        check(len(list((study / "trials").glob("*.h5"))) == 4, "all trials are there")


def read_only(world):
    with mounted(world.folder / "disk", "size=50m") as disk:
        world.run(*world.study(disk / "study"))
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        world.run("status", disk / "study")
        world.run("verify", disk / "study")
        refused = world.run(*world.study(disk / "study"), expect=3).stderr
        check("Read-only" in refused and str(disk) in refused, refused)


@contextlib.contextmanager
def mounted(folder, options):
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]).returncode != 0:
        print("skipped: needs to mount a small disk")
        sys.exit(SKIPPED)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder])


def shared_store(world):
    """A second study takes the source prompts of the first, and runs only its own trials."""
    store = ("--set", f"store.path={world.folder / 'store'}")
    world.run(*world.study(world.folder / "one", *store))
    check(len(list((world.folder / "store/trials").glob("*.h5"))) == 4, "the first study gave its trials")
    world.run(*world.study(world.folder / "two", *store, "--set", 'targets.methods=["attempt", "spot"]'))
    begun = events(world.folder / "two", "attempt_started")
    check(len(begun) == 1, f"only spot ran: {begun}")
    check(len(list((world.folder / "two/trials").glob("*.h5"))) == 4, "all trials are there")


def time_limit(world):
    """The run leaves before its limit, with checkpoints, and goes on."""
    study = world.folder / "study"
    began = time.monotonic()
    world.run(*world.study(study, "--time-limit", "16", steps=5000), expect=75)
    check(time.monotonic() - began < 16, "ended before the limit")
    check(list((study / "checkpoints").glob("*/*.h5")), "with a checkpoint")


def stop(world):
    """Checkpoint and end within five seconds of the signal."""
    study = world.folder / "study"
    running = world.start(*world.study(study, "--workers", "2", steps=5000))
    wait_for(lambda: "training" in "".join(path.read_text() for path in (study / "run").glob("*.state.json")), "training")
    began = time.monotonic()
    running.send_signal(signal.SIGTERM)
    _, error = running.communicate(timeout=time_allowed(30))
    check(running.returncode == 75, f"ends with 75, not {running.returncode}\n{error}")
    check(time.monotonic() - began < time_allowed(5) + 1, f"within {time_allowed(5)} s, not {time.monotonic() - began:.1f}")
    check(list((study / "checkpoints").glob("*/*.h5")), "with a checkpoint")


SEARCH = """
[search]
trials = 2
seeds = [2]
sampler = "random"
[search.space]
"method.prompt_tuning.learning_rate" = { low = 0.01, high = 10.0, log = true }
"""


def refused_late(world):
    """A sweep that is spoilt while the ranks start: exit code 2, and nothing was run; also when a rank was lost meanwhile, and when
    rank 0 has read a study with [search] once."""
    demo = (world.folder / "world/demo.toml").read_text()
    for case in ("first", "lost_rank", "second"):
        study = world.folder / f"study-{case}"
        good = demo + SEARCH * (case == "second")
        bad = good.replace("[targets]", "[target]")
        pipe = world.folder / "world/demo.toml"
        pipe.unlink()
        os.mkfifo(pipe)  # read once by the launcher, once or twice by rank 0
        running = world.start(*world.study(study, "--workers", "2"))
        pipe.write_text(good)
        wait_for(lambda: len(processes.StudyProcesses(study).ranks) == 2, "two ranks")
        with pipe.open("w") as given:  # from here on rank 0 reads
            if case == "lost_rank":
                processes.kill([processes.StudyProcesses(study).ranks[1]])
                wait_for(lambda: 1 not in processes.StudyProcesses(study).ranks, "the rank's end")
            if case == "second":
                pipe.unlink()
                pipe.write_text(bad)
            given.write(good if case == "second" else bad)
        began = time.monotonic()
        _, error = running.communicate(timeout=time_allowed(60))
        check(running.returncode == 2, f"{case}: ends with 2, not {running.returncode}\n{error}")
        check(time.monotonic() - began < time_allowed(10), f"within {time_allowed(10)} s, not {time.monotonic() - began:.1f}")
        check("demo.toml:" in error and "unknown" in error and "trials finished" not in error, error)
        wait_for(lambda: not processes.StudyProcesses(study).all(), "the end of all processes", seconds=5)
        check(not events(study, "attempt_started"), "nothing was run")


CASES = {case.__name__: case for case in (damaged, two_runs, full_disk, read_only, shared_store, time_limit, stop, refused_late)}


def run_case(cases, description):
    """What the command line asks for. @return the exit code"""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("case", choices=cases)
    parser.add_argument("--bin", required=True)
    arguments = parser.parse_args()
    try:
        import h5py  # noqa: F401
    except ImportError:
        print("skipped: needs h5py")
        return SKIPPED
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with World(arguments) as world:
        cases[arguments.case](world)
    print(f"{arguments.case}: as it should be")
    return 0


if __name__ == "__main__":
    sys.exit(run_case(CASES, __doc__))
