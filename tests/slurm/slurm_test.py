#!/usr/bin/env python3
"""`attempt submit` and the life of its jobs, on a real one-machine Slurm: slurm_test.py CASE --bin DIR"""
import argparse
import os
import pathlib
import shutil
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "recovery"))
import job_cases  # noqa: E402
import local_slurm  # noqa: E402
import loss_cases  # noqa: E402
from slurm_world import World  # noqa: E402

SKIPPED = 77

JOB_CASES = ("refused", "printed", "slices", "limits", "cancelled", "mpirun", "srun", "two_nodes", "chain", "idle", "lone_task",
             "doctor", "gpus")
LOSS_CASES = ("node_down", "power_cut", "moved", "preempted_with_grace", "preempted_at_once", "told", "jobs")

# What the Slurm of a case is like, where it is not the usual one.
CLUSTERS = {
    "two_nodes": {"nodes": 2},
    "doctor": {"nodes": 2},
    "moved": {"nodes": 2},
    "gpus": {"gpus": 2},
    "preempted_with_grace": {"partitions": local_slurm.PREEMPTION.format(grace=30)},
    "preempted_at_once": {"partitions": local_slurm.PREEMPTION.format(grace=0)},
}


def main():
    cases = {name: getattr(job_cases, name) for name in JOB_CASES} | {name: getattr(loss_cases, name) for name in LOSS_CASES}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", choices=cases)
    parser.add_argument("--bin", required=True, help="folder of attempt and attempt-trainer")
    parser.add_argument("--steps", type=int, default=100, help="of each trial")
    parser.add_argument("--seeds", help="TOML; each case has its own")
    arguments = parser.parse_args()
    cluster = CLUSTERS.get(arguments.case, {})
    missing = local_slurm.why_not(**cluster)
    try:
        import h5py  # noqa: F401
    except ImportError:
        missing = missing or "needs h5py"
    if missing:
        print(f"skipped: {missing}")
        return SKIPPED
    signal.signal(signal.SIGTERM, lambda *unused: sys.exit("told to stop"))  # and to take Slurm down
    with local_slurm.LocalSlurm(**cluster) as slurm:
        world = World(slurm, arguments)
        try:
            cases[arguments.case](world)
        finally:
            if not os.environ.get("ATTEMPT_KEEP"):
                shutil.rmtree(world.folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
