"""What a run loses that ends in the midst of its work: what its trials did since their last checkpoints."""
import datetime
import json
import re
import threading
import time

import processes
from store_test import check, events

INTERVAL = 1  # seconds
WRITE_TIMES_PER_INTERVAL = 100  # a checkpoint that takes longer to write is written less often
# The step that was under way with its evaluation and its checkpoint, and what it takes to see that a trainer is gone.
TO_NOTICE = 1.5


def one_long_trial(world):
    """Settings of a study of three trials, the last so long that losing all of it would be noticed."""
    return world.settings(15 * world.arguments.steps, "[1]", '["attempt"]') + [
        "--set", f"sources.train.max_steps={world.arguments.steps}", "--set", f"train.checkpoint_every_seconds={INTERVAL}"]


def seconds(moment):
    return datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()


class Run:
    """The only run of a study so far. From its construction, when trainers work, it is watched until they have ended."""

    def __init__(self, study):
        self.study = study
        self.name, = (path.stem for path in (study / "events").glob("*.jsonl"))
        self.trainers = set(processes.trainers_of(study))
        self.interval, self.ended, self.left = INTERVAL, None, {}
        self.watching = threading.Thread(target=self.watch, daemon=True)
        self.watching.start()

    def watch(self):
        while self.trainers & set(processes.trainers_of(self.study)):
            for worker in self.workers():
                self.interval = max(self.interval, WRITE_TIMES_PER_INTERVAL * worker["checkpoint_seconds"])
            time.sleep(0.1)
        self.ended = time.time()
        self.left = {trial: self.last_checkpoint(trial, begun) for trial, begun in self.at_work().items()}

    def workers(self):
        try:
            return json.loads((self.study / f"run/{self.name}.state.json").read_text())["workers"]
        except (OSError, ValueError):
            return []

    def at_work(self):
        """Trial -> when it was begun, of those that have no file yet."""
        return {event["trial_id"]: seconds(event["time"]) for event in events(self.study, "attempt_started")
                if event["run_id"] == self.name and not event["trial_id"].startswith("prepare")
                and not (self.study / f"trials/{event['trial_id']}.h5").exists()}

    def could_lose_much(self):
        """Whether a trial has worked for so long that losing all of it would be noticed."""
        return any(time.time() - begun > self.interval + TO_NOTICE + 1 for begun in self.at_work().values())

    def last_checkpoint(self, trial, begun):
        """Its step, and when it was written; 0 and the trial's begin where there is none."""
        return max(((int(path.stem.rsplit(".", 1)[1]), path.stat().st_mtime)
                    for path in (self.study / "checkpoints" / trial).glob(f"{self.name}.*.h5")), default=(0, begun))

    def check_lost_work(self):
        """Once the study is finished: trials went on at these checkpoints, and lost an interval at most."""
        self.watching.join()
        check(self.left, "the run ended at work")
        for trial, (step, written) in self.left.items():
            began = re.findall(r"goes on at step (\d+)", (self.study / f"logs/{trial}.log").read_text())
            check((int(began[0]) if began else 0) == step, f"{trial} went on at its checkpoint of step {step}: {began}")
            lost = self.ended - written
            print(f"{trial}: went on at step {step}, lost {lost:.1f} s at an interval of {self.interval:.1f} s")
            check(lost <= self.interval + TO_NOTICE, f"{lost:.1f} s of work were lost, at an interval of {self.interval:.1f} s")
