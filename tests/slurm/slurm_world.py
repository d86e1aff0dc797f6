"""A Slurm with the demo's data and backbone, and what the cases ask of it."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from store_test import check
from world import make_world

PATIENCE = 300  # seconds: nothing here takes so long, but machines are busy
ENDED = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT")  # for good


class World:
    """A Slurm, and the demo's data and backbone."""

    def __init__(self, slurm, arguments):
        self.slurm, self.arguments = slurm, arguments
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="attempt-jobs-"))
        self.attempt = str(pathlib.Path(arguments.bin).resolve() / "attempt")
        self.environment = dict(slurm.environment, XDG_CACHE_HOME=str(self.folder / "cache"), OMP_NUM_THREADS="1",
                                XDG_CONFIG_HOME=str(self.folder / "config"))
        make_world(self.attempt, self.folder / "world", self.environment)

    def call(self, *words, expect=0, **more):
        done = subprocess.run([self.attempt, *map(str, words)], env=self.environment | more, capture_output=True,
                              text=True, timeout=900, cwd=self.folder)
        check(done.returncode == expect, f"{' '.join(map(str, words))} ends with {expect}, not {done.returncode}\n"
                                         f"{done.stdout}\n{done.stderr}")
        return done

    def settings(self, steps, seeds, methods='["prompt_tuning", "attempt"]'):
        return [word for assignment in (
            f"train.max_steps={steps}", "train.evaluate_every_steps=5", "train.warmup_steps=2", "train.batch_size=4",
            "resources.threads_per_trainer=1", f"sweep.seeds={seeds}", 'sources.tasks=["mrpc", "cola"]', 'targets.tasks=["rte"]',
            f"targets.methods={methods}")
            for word in ("--set", assignment)]

    def submit(self, study, settings, *options, grace=10):
        done = self.call("submit", self.folder / "world/demo.toml", "--out", study, "--grace", grace, *settings, *options)
        return re.findall(r"\d+", done.stdout.split("(")[0])

    def run(self, study, settings):
        """A study without Slurm."""
        self.call("run", self.folder / "world/demo.toml", "--out", study, *settings)
        return study

    def straight(self, settings):
        return self.run(self.folder / "straight", settings)

    def log(self, study):
        return "".join(path.read_text(errors="replace") for path in sorted((study / "logs").glob("slurm-*.out")))

    def wait_for(self, study, condition, what, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                sys.exit(f"not so: {what} within {seconds} s\n{self.log(study)}")
            time.sleep(0.2)

    def wait(self, study, job, state, seconds=PATIENCE):
        """Until the job is in a state, and not in another one that it cannot leave."""
        self.wait_for(study, lambda: self.slurm.state(job) in (state, *ENDED), f"job {job} is {state}", seconds)
        now = self.slurm.state(job)
        if now != state:
            sys.exit(f"not so: job {job} is {state}, but {now}\n{self.log(study)}")


def steps_done(study):
    """Whether a trainer works: it has been asked to do something since the last slice."""
    states = sorted((study / "run").glob("*.state.json"))
    if not states:
        return 0
    try:
        return max((worker.get("step", 0) for worker in json.loads(states[-1].read_text())["workers"]), default=0)
    except (ValueError, OSError):
        return 0


def runs_ended(study):
    return len(list((study / "run").glob("*.exit")))


def runs_begun(study):
    return len(list((study / "events").glob("*.jsonl")))
