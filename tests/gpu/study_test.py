#!/usr/bin/env python3
"""Whole studies on the device with the real program. Usage: study_test.py CASE --bin DIR [--fault LIBRARY]

chain          mpirun, an agent, two trainers on one GPU: the demo study
assert, hang   a device assert, a kernel that never ends: one attempt of one trial is lost, results stay the same
out_of_memory  a device that is too full for the batch: micro-batches get smaller until it fits
"""
import argparse
import ctypes
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
DEVICE = pathlib.Path("/dev/nvidia0")
# One seed of two targets, without sources: two short trials.
TWO_TRIALS = ["sweep.seeds=[42]", "sources.tasks=[]", 'targets.tasks=["rte", "sst2"]', 'targets.methods=["prompt_tuning"]',
              "train.max_steps=60", "train.evaluate_every_steps=30", "resources.bundle_width=1"]


def check(condition, text):
    if not condition:
        sys.exit(f"not so: {text}")


class World:
    def __init__(self, arguments):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="attempt-gpu-"))
        self.attempt = str(pathlib.Path(arguments.bin) / "attempt")
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(self.folder / "cache"), OMP_NUM_THREADS="1")
        subprocess.run([self.attempt, "demo", str(self.folder / "demo")], check=True, stdout=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, out, sets, launcher=(), more=None, timeout=400):
        sweep = self.folder / "demo/demo.toml"
        words = [*launcher, self.attempt, "run", str(sweep), "--out", str(self.folder / out)]
        for setting in sets:
            words += ["--set", setting]
        start = time.monotonic()
        done = subprocess.run(words, env=self.environment | (more or {}), capture_output=True, text=True, timeout=timeout)
        seconds = time.monotonic() - start
        check(done.returncode == 0, f"{' '.join(words)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
        print(f"{out}: {seconds:.1f} s")
        return done.stdout

    def events(self, out, kind):
        lines = []
        for file in sorted((self.folder / out / "events").glob("*.jsonl")):
            lines += [json.loads(line) for line in file.read_text().splitlines()]
        return [line for line in lines if line.get("type") == kind]

    def lost_attempts(self, out):
        return [event for event in self.events(out, "attempt_ended") if "succeeded" not in json.dumps(event)]

    def trials(self, out):
        return sorted((self.folder / out / "trials").glob("*.h5"))

    def losses(self, out):
        """Training losses and test metrics of every trial, by file name."""
        import h5py
        found = {}
        for file in self.trials(out):
            with h5py.File(file) as trial:
                values = {"loss": trial["train/loss"][()].tolist()} if "train/loss" in trial else {}
                trial["test"].visititems(lambda name, item: values.update({name: item[()]})
                                         if isinstance(item, h5py.Dataset) and item.shape == () else None)
                found[file.name] = values
        return found


def chain(world, _):
    launcher = ["mpirun", *(["--allow-run-as-root"] if os.geteuid() == 0 else []), "-n", "1"]
    table = world.run("chain", ["resources.trainers_per_device=2"], launcher)
    print(table)
    counts = json.loads(subprocess.run([world.attempt, "status", str(world.folder / "chain"), "--json"],
                                       capture_output=True, text=True, check=True).stdout)["trials"]
    check(counts["failed"] == counts["waiting"] == counts["running"] == 0, counts)
    check(len(world.trials("chain")) == counts["succeeded"] == 34, counts)
    check(not world.lost_attempts("chain"), "no attempt is lost")
    import h5py
    devices, peaks = set(), []
    for file in world.trials("chain"):
        with h5py.File(file) as trial:
            devices.add(json.loads(trial.attrs["provenance"])["device"])
            peaks.append(trial["cost"].attrs["peak_memory_bytes"])
    check(len(devices) == 1 and devices.pop().startswith("cuda"), "every trial ran on the one device")
    print(f"peak memory of a trial on the device: {min(peaks) / 2**20:.1f} to {max(peaks) / 2**20:.1f} MiB")
    check(min(peaks) > 0, "peak memory is reported")


def one_attempt_is_lost(world, fault, library, cause):
    sets = TWO_TRIALS + ["limits.no_progress_seconds=5"]
    world.run("sound", sets)
    once = world.folder / "suffered"
    preloaded = {"LD_PRELOAD": library, "ATTEMPT_FAULT": fault, "ATTEMPT_FAULT_REPLAY": "20", "ATTEMPT_FAULT_ONCE": str(once)}
    world.run("faulty", sets, more=preloaded)
    check(once.exists(), "the fault was provoked")
    lost = world.lost_attempts("faulty")
    for event in lost:
        print(json.dumps(event))
    check(len(lost) == 1, f"one attempt is lost: {lost}")
    check(cause in json.dumps(lost[0]), f"its cause is {cause}: {lost[0]}")
    check(len(world.trials("faulty")) == 2, "both trials are there")
    check(world.losses("faulty") == world.losses("sound"), "losses and metrics are those of the run without a fault")


def failed_assertion(world, library):
    one_attempt_is_lost(world, "assert", library, "cuda_error")


def hang(world, library):
    one_attempt_is_lost(world, "hang", library, "hang")


class FullDevice:
    """Takes the device's memory but for some GiB, as another process would."""

    def __init__(self, gib_left):
        cuda = ctypes.CDLL("libcuda.so.1")
        context, free, total = ctypes.c_void_p(), ctypes.c_size_t(), ctypes.c_size_t()
        self.cuda, self.taken = cuda, ctypes.c_uint64()
        check(cuda.cuInit(0) == 0 and cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0) == 0, "a context")
        cuda.cuCtxSetCurrent(context)
        cuda.cuMemGetInfo_v2(ctypes.byref(free), ctypes.byref(total))
        size = ctypes.c_size_t(free.value - int(gib_left * 2**30))
        check(cuda.cuMemAlloc_v2(ctypes.byref(self.taken), size) == 0, "memory")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.cuda.cuMemFree_v2(self.taken)


def out_of_memory(world, _):
    sets = TWO_TRIALS + ['targets.tasks=["rte"]', "train.batch_size=256", "train.evaluation_batch_size=16",
                         "method.prompt_tuning.prompt_length=200", "train.max_steps=12", "limits.max_attempts=4"]
    world.run("roomy", sets)
    for gib_left in (2.5, 2, 1.5, 3):
        out = f"full{gib_left}"
        with FullDevice(gib_left):
            world.run(out, sets)
        reduced = world.events(out, "micro_batch_reduced")
        for event in reduced + world.lost_attempts(out):
            print(json.dumps(event)[:400])
        if reduced:
            break
    check(reduced, "the batch did not fit")
    for event in world.lost_attempts(out):
        check("out_of_memory" in json.dumps(event), event)
    (sound,), (full,) = world.losses("roomy").values(), world.losses(out).values()
    parts = [abs(a - b) / abs(a) for a, b in zip(sound["loss"], full["loss"])]
    print(f"losses with smaller micro-batches differ by at most {max(parts):.1e}")
    check(len(full["loss"]) == 12 and max(parts) < 1e-3, "micro-batches change nothing but rounding")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case")
    parser.add_argument("--bin", required=True)
    parser.add_argument("--fault", default="none")
    arguments = parser.parse_args()
    if not DEVICE.exists():
        print("no GPU is visible")
        sys.exit(SKIPPED)
    try:
        import h5py  # noqa: F401
    except ImportError:
        print("h5py is missing: trial files cannot be compared")
        sys.exit(SKIPPED)
    case = {"chain": chain, "assert": failed_assertion, "hang": hang, "out_of_memory": out_of_memory}[arguments.case]
    with World(arguments) as world:
        case(world, arguments.fault)


if __name__ == "__main__":
    main()
