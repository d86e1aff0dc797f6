#!/usr/bin/env python3
"""Kills a study at random, again and again, until it ends, and compares it with one that nobody disturbed.

    recovery_test.py --bin BUILD/bin [--kills 8] [--seed 1] [--steps 20] [--workers 3] [--figures FILE]

36 trials on the demo's backbone and a part of its data. Killed are trainers, agents, the manager and the whole job, at
random times and while a file is being written; agents are also stopped until they are given up and then let go on. A
study that ends before all kills are done is compared, and another one is begun.
"""
import argparse
import collections
import json
import os
import pathlib
import random
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

HEARTBEAT = 3  # seconds
KINDS = {"trainer": 8, "agent": 4, "manager": 3, "job": 3, "trainer while writing": 4, "job while writing": 3,
         "stalled agent": 1}
SKIPPED = 77


def fail(text):
    sys.exit(f"not so: {text}")


class Recovery:
    def __init__(self, arguments):
        self.arguments = arguments
        self.random = random.Random(arguments.seed)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="attempt-recovery-"))
        self.attempt = str(pathlib.Path(arguments.bin).resolve() / "attempt")
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(self.folder / "cache"))
        self.kills = collections.Counter()
        self.figures = collections.Counter()

    def command(self, study):
        sets = ["sweep.seeds=[1, 2, 3]", 'sources.tasks=["mrpc", "rte"]', 'targets.tasks=["rte", "cola"]',
                f"train.max_steps={self.arguments.steps}", f"train.evaluate_every_steps={self.arguments.steps // 2}",
                "train.batch_size=8", "train.checkpoint_every_seconds=0", "train.warmup_steps=2",
                "limits.max_attempts=1000", f"limits.heartbeat_seconds={HEARTBEAT}", "resources.threads_per_trainer=1"]
        words = [self.attempt, "run", self.folder / "world/demo.toml", "--out", study, "--progress", "plain",
                 "--workers", self.arguments.workers]
        for assignment in sets:
            words += ["--set", assignment]
        return list(map(str, words))

    def start(self, study):
        self.figures["starts"] += 1
        with (self.folder / "output.log").open("a") as log:
            return subprocess.Popen(self.command(study), env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
                                    stderr=subprocess.STDOUT)

    def output(self):
        return (self.folder / "output.log").read_text()[-6000:]

    def undisturbed(self):
        make_world(self.attempt, self.folder / "world", self.environment)
        began = time.monotonic()
        if self.start(self.folder / "straight").wait() != 0:
            fail(f"the undisturbed study ends with 0\n{self.output()}")
        return time.monotonic() - began

    def wait_for_writing(self, study):
        """Returns while a trial or checkpoint is being written, or after three seconds."""
        end = time.monotonic() + 3
        while time.monotonic() < end:
            for folder in [study / "tmp", *(study / "checkpoints").glob("*")]:
                try:
                    if any(entry.name.endswith(".tmp") or folder.name == "tmp" for entry in os.scandir(folder)):
                        return
                except OSError:
                    continue

    def disturb(self, study, running):
        """One kill of a random kind. Returns its kind, or None when there was nothing to kill."""
        kind = self.random.choices(list(KINDS), KINDS.values())[0]
        if kind.endswith("while writing"):
            self.wait_for_writing(study)
        found = processes.StudyProcesses(study)
        agents = [rank for rank in found.ranks if rank != 0]
        if running.poll() is not None:
            return None
        if kind.startswith("trainer"):
            victims = self.random.sample(sorted(found.trainers.values()), min(1, len(found.trainers)))
        elif kind == "agent" or kind == "stalled agent":
            victims = [found.ranks[rank] for rank in self.random.sample(sorted(agents), min(1, len(agents)))]
        elif kind == "manager":
            victims = [found.ranks[0]] if 0 in found.ranks else []
        else:
            victims = found.all()
        if not victims:
            return None
        if kind == "stalled agent":
            rank = next(rank for rank, pid in found.ranks.items() if pid == victims[0])
            stalled = victims + [found.trainers[rank]] * (rank in found.trainers)
            processes.send(stalled, signal.SIGSTOP)
            time.sleep(2 * HEARTBEAT)
            processes.send(stalled, signal.SIGCONT)
        else:
            processes.kill(victims)
        self.kills[kind] += 1
        if kind in ("manager", "job", "job while writing"):
            self.wait_for_end(study, running)
        return kind

    def wait_for_end(self, study, running):
        """Without its manager a run ends, and leaves no process."""
        try:
            running.wait(time_allowed(20))
        except subprocess.TimeoutExpired:
            fail(f"the run ends within {time_allowed(20)} s of its manager\n{self.output()}")
        end = time.monotonic() + time_allowed(5) + HEARTBEAT
        while processes.StudyProcesses(study).all() or processes.trainers_of(study):
            if time.monotonic() > end:
                fail(f"no process is left: {processes.StudyProcesses(study).all()} {processes.trainers_of(study)}")
            time.sleep(0.1)

    def disturbed(self, study):
        running = self.start(study)
        while True:
            if sum(self.kills.values()) >= self.arguments.kills:
                code = running.wait()
            else:
                end = time.monotonic() + self.random.uniform(0.1, self.interval)
                while time.monotonic() < end and running.poll() is None:
                    time.sleep(0.02)
                self.disturb(study, running)
                code = running.poll()
            if code == 0:
                return
            if code is not None:
                self.wait_for_end(study, running)
                running = self.start(study)

    def check(self, study):
        found = compare.differences(self.folder / "straight", study)
        self.figures["wrong results"] += len(found)
        if found:
            fail("equal but for provenance and cost:\n" + "\n".join(found[:20]))
        for repair in (["--repair"], []):  # a killed manager leaves the line that it was writing, and events unwritten
            verified = subprocess.run([self.attempt, "verify", str(study), "--json", *repair], env=self.environment,
                                      capture_output=True, text=True)
            findings = [finding for finding in json.loads(verified.stdout or "{}").get("findings", [{"file": "none"}])
                        if not (repair and finding["file"].startswith("events"))]
            if verified.returncode != 0 or findings:
                fail(f"everything but the ends of event files is sound:\n{verified.stdout}{verified.stderr}")
        self.figures["trials compared"] += len(list((study / "trials").glob("*.h5")))
        for log in (study / "logs").glob("*.log"):
            self.figures["attempts fenced off"] += log.read_text(errors="replace").count("came back late")
        for events in (study / "events").glob("*.jsonl"):
            for line in events.read_text(errors="replace").splitlines():
                self.figures["attempts begun"] += '"type":"attempt_started"' in line

    def run(self):
        straight = self.undisturbed()
        # On a loaded machine a trainer needs longer to start than a kill is away: nothing would ever get on.
        self.interval = max(self.arguments.interval, straight / 8)
        studies, began = 0, time.monotonic()
        while sum(self.kills.values()) < self.arguments.kills or studies == 0:
            study = self.folder / f"killed{studies}"
            self.disturbed(study)
            self.check(study)
            shutil.rmtree(study)
            studies += 1
        killed = time.monotonic() - began
        figures = {"seed": self.arguments.seed, "kills": dict(self.kills), "all kills": sum(self.kills.values()),
                   "studies": studies, **self.figures, "undisturbed study, s": round(straight, 1),
                   "added by a kill, s": round((killed - studies * straight) / max(1, sum(self.kills.values())), 2)}
        text = json.dumps(figures, indent=1)
        print(text)
        if self.arguments.figures:
            pathlib.Path(self.arguments.figures).write_text(text + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--interval", type=float, default=3.0, help="longest time between kills, s")
    parser.add_argument("--figures")
    arguments = parser.parse_args()
    try:
        import h5py  # noqa: F401
    except ImportError:
        print("skipped: needs h5py")
        return SKIPPED
    recovery = Recovery(arguments)
    try:
        recovery.run()
    finally:
        processes.kill([pid for study in recovery.folder.glob("killed*")
                        for pid in processes.StudyProcesses(study).all() + processes.trainers_of(study)])
        shutil.rmtree(recovery.folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
