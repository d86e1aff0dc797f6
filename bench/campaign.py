#!/usr/bin/env python3
"""Trials a second through manager, agents and store, with trainers that train nothing.

    bench/campaign.py BUILD_FOLDER [--trials 5000] [--ranks 4] [--fsync-ms 5]

Each trial is assigned, leased, run by a child process, published by link(2) and recorded in the events (group commit
50 ms). Prints published trials a second between the first and the last publication, the manager's processor time a
trial, and memory and open files of the manager at a tenth of the trials and at their end. --fsync-ms makes every fsync
wait, as a slow disk does. Goals: >= 500 trials/s, <= 0.1 ms a trial, constant memory and files. Needs the tests'
executables (attempt_study_program).
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

SLOW_FSYNC = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
int fsync(int fd) { usleep(MS * 1000); return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
int fdatasync(int fd) { usleep(MS * 1000); return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
"""

parser = argparse.ArgumentParser()
parser.add_argument("build")
parser.add_argument("--trials", type=int, default=5000)
parser.add_argument("--ranks", type=int, default=4)
parser.add_argument("--fsync-ms", type=int, default=0)
arguments = parser.parse_args()
program = str(pathlib.Path(arguments.build).resolve() / "bin" / "attempt_study_program")
folder = pathlib.Path(tempfile.mkdtemp(prefix="attempt_campaign_"))
study = folder / "study"
environment = dict(os.environ)
if arguments.fsync_ms:
    (folder / "slow.c").write_text(SLOW_FSYNC)
    subprocess.run(["cc", f"-DMS={arguments.fsync_ms}", "-shared", "-fPIC", "-o", folder / "slow.so", folder / "slow.c", "-ldl"],
                   check=True)
    environment["LD_PRELOAD"] = str(folder / "slow.so")
command = ["mpirun", "-n", str(arguments.ranks), "--oversubscribe", "--bind-to", "none", "-mca", "pml", "ob1",
           "-mca", "btl", "self,vader,tcp"]
if os.geteuid() == 0:
    command.append("--allow-run-as-root")
if arguments.fsync_ms:
    command += ["-x", "LD_PRELOAD"]
command += [program, str(study), "r1", "120", f"ok*{arguments.trials}"]


def manager():
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if words[0].decode() == program and str(study).encode() in words and \
                    b"OMPI_COMM_WORLD_RANK=0\0" in (entry / "environ").read_bytes():
                return entry
        except OSError:
            continue
    return None


def seconds(process):
    """Processor time of the thread that speaks MPI: the first."""
    fields = (process / "task" / process.name / "stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def size(process):
    status = (process / "status").read_text()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    return resident / 1024, len(list((process / "fd").iterdir()))


def published():
    try:
        return len(os.listdir(study / "trials"))
    except OSError:
        return 0


mpirun = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)
try:
    while published() == 0 and mpirun.poll() is None:
        time.sleep(0.005)
    process, begin, first = manager(), time.monotonic(), published()
    cpu, early, late = seconds(process), None, None
    while mpirun.poll() is None:
        done = published()
        try:
            if early is None and done >= arguments.trials / 10:
                early = size(process)
            used, late = seconds(process), size(process)
        except (OSError, StopIteration):
            pass
        if done >= arguments.trials:
            break
        time.sleep(0.1)
    elapsed, count = time.monotonic() - begin, published() - first
    mpirun.wait()
    if published() < arguments.trials:
        sys.exit(f"only {published()} of {arguments.trials} trials were published")
    print(f"{count / elapsed:.0f} published trials/s with {arguments.ranks} ranks, {arguments.trials} trials"
          + (f", fsync + {arguments.fsync_ms} ms" if arguments.fsync_ms else ""))
    print(f"manager (and agent of rank 0), thread of MPI: {1000 * (used - cpu) / count:.3f} ms of processor time a trial")
    for name, (memory, files) in (("at a tenth", early), ("at the end", late)):
        print(f"{name}: {memory:.1f} MB resident, {files} open files")
finally:
    shutil.rmtree(folder)
