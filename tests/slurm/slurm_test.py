#!/usr/bin/env python3
"""`attempt submit` and the life of its jobs, on a real one-machine Slurm: slurm_test.py CASE --bin DIR"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import local_slurm

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "recovery"))
import compare  # noqa: E402

SKIPPED = 77


def check(condition, text):
    if not condition:
        sys.exit(f"not so: {text}")


def wait_for(condition, what, seconds):
    end = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < end, f"{what} within {seconds} s")
        time.sleep(0.1)


class World:
    """A Slurm, and the demo's data and backbone."""

    def __init__(self, slurm, arguments):
        self.slurm, self.arguments = slurm, arguments
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="attempt-jobs-"))
        self.attempt = str(pathlib.Path(arguments.bin).resolve() / "attempt")
        self.environment = dict(slurm.environment, XDG_CACHE_HOME=str(self.folder / "cache"), OMP_NUM_THREADS="1",
                                XDG_CONFIG_HOME=str(self.folder / "config"))
        self.call("demo", self.folder / "world")

    def call(self, *words, expect=0, **more):
        done = subprocess.run([self.attempt, *map(str, words)], env=self.environment | more, capture_output=True,
                              text=True, timeout=300, cwd=self.folder)
        check(done.returncode == expect, f"{' '.join(map(str, words))} ends with {expect}, not {done.returncode}\n"
                                         f"{done.stdout}\n{done.stderr}")
        return done

    def settings(self, steps, seeds, methods='["prompt_tuning", "attempt"]'):
        return [word for assignment in (
            f"train.max_steps={steps}", "train.evaluate_every_steps=5", "train.warmup_steps=2", "train.batch_size=4",
            f"sweep.seeds={seeds}", 'targets.tasks=["rte"]', f"targets.methods={methods}") for word in ("--set", assignment)]

    def submit(self, study, settings, *options):
        done = self.call("submit", self.folder / "world/demo.toml", "--out", study, "--grace", 10, *settings, *options)
        return re.findall(r"\d+", done.stdout.split("(")[0])

    def straight(self, settings):
        study = self.folder / "straight"
        self.call("run", self.folder / "world/demo.toml", "--out", study, *settings)
        return study

    def log(self, study):
        return "".join(path.read_text(errors="replace") for path in sorted((study / "logs").glob("slurm-*.out")))

    def wait(self, study, job, states, seconds):
        end = time.monotonic() + seconds
        while (state := self.slurm.state(job)) not in states:
            check(time.monotonic() < end, f"job {job} is {state}, not {states}, after {seconds} s\n{self.log(study)}")
            time.sleep(0.2)


def steps_done(study):
    """Whether a trainer works: it has been asked to do something since the last slice."""
    states = sorted((study / "run").glob("*.state.json"))
    if not states:
        return 0
    try:
        return max((worker.get("step", 0) for worker in json.loads(states[-1].read_text())["workers"]), default=0)
    except (ValueError, OSError):
        return 0


def refused(world):
    """What is wrong is said, and nothing is queued."""
    sweep, study = world.folder / "world/demo.toml", world.folder / "study"
    time_limit = world.call("submit", sweep, "--out", study, "--time", "1h", expect=2).stderr
    check("--time is '1h'" in time_limit and "HOURS:MINUTES:SECONDS" in time_limit, time_limit)
    check("--time is missing" in world.call("submit", sweep, expect=2).stderr, "a time must be given")
    partition = world.call("submit", sweep, "--out", study, "--time", "5", "--partition", "nowhere", expect=2).stderr
    check("sbatch refused" in partition and "invalid partition" in partition, partition)
    gpus = world.call("submit", sweep, "--out", study, "--time", "5", "--gpus-per-node", "many", expect=2).stderr
    check("--gpus-per-node is 'many'" in gpus, gpus)
    typo = world.call("submit", sweep, "--time", "5", "--set", "train.batchsize=4", expect=2).stderr
    check("batchsize" in typo, typo)
    chain = world.call("submit", sweep, "--out", study, "--time", "5", "--slices", 3, "--", "--qos=none;x", "--mem=1T",
                       expect=2).stderr
    check("sbatch refused" in chain, chain)
    check(world.slurm.call("squeue", "-h") == "", "nothing is queued")
    away = world.call("submit", sweep, "--out", study, "--time", "5", expect=3, PATH="/nowhere").stderr
    check("sbatch is not in PATH" in away, away)


def printed(world):
    """--print shows the script; what a user writes never becomes shell."""
    sweep, study = world.folder / "world/demo.toml", world.folder / "it's $(touch bad)"
    script = world.call("submit", sweep, "--out", study, "--time", "1-00:00:00", "--nodes", 2, "--gpus-per-node", "a100:4",
                        "--print", "--", "--comment=two words").stdout
    for line in ("#SBATCH --nodes=2", "#SBATCH --gpus-per-node=a100:4", "#SBATCH --ntasks-per-node=4",
                 "#SBATCH --time=1-00:00:00", "#SBATCH --signal=B:USR1@120", "#SBATCH --requeue", "#SBATCH --no-kill",
                 "#SBATCH --open-mode=append", '#SBATCH --comment="two words"'):
        check(line + "\n" in script, f"{line} in\n{script}")
    check("--workers 8" in script and "'\\''s $(touch bad)'" in script, script)
    check(subprocess.run(["bash", "-n"], input=script, text=True).returncode == 0, "bash reads it")
    site = world.folder / "site.toml"
    site.write_text('gpu_option = "gres"\nsetup = ["module load openmpi"]\nlauncher = "srun"\npartition = "gpu"\n')
    script = world.call("submit", sweep, "--time", "60", "--gpus-per-node", "a100:4", "--site", site, "--print").stdout
    for line in ("#SBATCH --gres=gpu:a100:4", "#SBATCH --partition=gpu", "module load openmpi"):
        check(line + "\n" in script, f"{line} in\n{script}")
    check("command=(srun --mpi=pmix " in script and "--workers" not in script, script)
    site.write_text("partitions = 1\n")
    check(f"{site}:1:" in world.call("submit", sweep, "--time", "60", "--site", site, "--print", expect=2).stderr, "position")


def slices(world):
    """A job that is told to stop again and again requeues itself and ends as a study that never was."""
    settings = world.settings(world.arguments.steps, world.arguments.seeds)
    study = world.folder / "study"
    job, = world.submit(study, settings, "--time", "10")
    for _ in range(2):
        before = len(list((study / "run").glob("*.exit")))
        wait_for(lambda: world.slurm.state(job) == "RUNNING" and steps_done(study) > 0 and
                 len(list((study / "run").glob("*.state.json"))) > before, "a trainer works" + world.log(study), 60)
        world.slurm.call("scancel", "--batch", "--signal=USR1", job)
        wait_for(lambda: len(list((study / "run").glob("*.exit"))) > before, "the slice ends", 60)
    world.wait(study, job, ("COMPLETED",), 180)
    log = world.log(study)
    check("slice 3: begins" in log, log)
    check("ended with code 0" in log, log)
    straight = world.straight(settings)
    check(not compare.differences(straight, study), "equal trial files")
    status = json.loads(world.call("status", study, "--json").stdout)
    check(status["trials"]["waiting"] == 0, str(status))


def limits(world):
    """Time limits far too short: Slurm's own signal ends each slice."""
    settings = world.settings(world.arguments.steps, world.arguments.seeds)
    study = world.folder / "study"
    job, = world.submit(study, settings, "--time", "1")
    world.wait(study, job, ("COMPLETED",), 1800)
    log = world.log(study)
    check("slice 3: begins" in log, log)
    straight = world.straight(settings)
    trials = len(list((study / "trials").glob("*.h5")))
    check(not compare.differences(straight, study) and trials >= 20, f"{trials} equal trial files")
    print(log, f"{trials} trials equal to a run without Slurm")


def cancelled(world):
    """scancel: checkpoints are written, the job stays cancelled; a new one goes on."""
    settings = world.settings(60, [1])
    study = world.folder / "study"
    job, = world.submit(study, settings, "--time", "10")
    wait_for(lambda: steps_done(study) > 0, "a trainer works", 60)
    check(f"Slurm job {job}: RUNNING" in world.call("status", study).stdout, "status names the job")
    world.slurm.call("scancel", job)
    world.wait(study, job, ("CANCELLED",), 60)
    wait_for(lambda: not world.slurm.call("squeue", "-h"), "the job leaves", 30)
    check(list((study / "run").glob("*.exit")), "the run ended by itself:\n" + world.log(study))
    check(list((study / "checkpoints").glob("*/*.h5")) or list((study / "trials").glob("*.h5")), "work is kept")


def launched(world, launcher):
    """Two ranks, started by mpirun or srun, finish a study."""
    settings = world.settings(10, [1], '["prompt_tuning"]')
    study = world.folder / "study"
    job, = world.submit(study, settings, "--time", "10", "--ranks-per-node", 2, "--launcher", launcher)
    world.wait(study, job, ("COMPLETED",), 120)
    started = [json.loads(line) for path in (study / "events").glob("*.jsonl") for line in path.read_text().splitlines()
               if '"run_started"' in line]
    check([event["data"]["ranks"] if "data" in event else event["ranks"] for event in started] == [2], str(started))


def mpirun(world):
    launched(world, "mpirun")


def srun(world):
    launched(world, "srun")


def main():
    cases = {case.__name__: case for case in (refused, printed, slices, limits, cancelled, mpirun, srun)}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", choices=cases)
    parser.add_argument("--bin", required=True, help="folder of attempt and attempt-trainer")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--seeds", default="[1]")
    arguments = parser.parse_args()
    missing = local_slurm.why_not()
    try:
        import h5py  # noqa: F401
    except ImportError:
        missing = missing or "needs h5py"
    if missing:
        print(f"skipped: {missing}")
        return SKIPPED
    signal.signal(signal.SIGTERM, lambda *unused: sys.exit("told to stop"))  # and to take Slurm down
    with local_slurm.LocalSlurm() as slurm:
        world = World(slurm, arguments)
        try:
            cases[arguments.case](world)
        finally:
            if not os.environ.get("ATTEMPT_KEEP"):
                shutil.rmtree(world.folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
