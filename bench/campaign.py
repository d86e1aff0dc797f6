#!/usr/bin/env python3
"""Trials a second through manager, agents and store, with trainers that train nothing.

    bench/campaign.py BUILD_FOLDER [--trials 5000] [--ranks 4] [--fsync-ms 5]

Each trial is assigned, leased, run by a child process, published by link(2) and recorded in the events (group commit
50 ms). Prints published trials a second between the first and the last publication, the manager's processor time a
trial, and memory and open files of every rank at a tenth of the trials and at their end. The manager shares a thread
with the agent of rank 0: its own time is that thread's less what an agent alone takes, the mean of the other ranks.
--fsync-ms makes every fsync wait, as a slow disk does. Goals: >= 500 trials/s, <= 0.1 ms a trial, constant memory and
files. Needs attempt_study_program of the tests: cmake --preset release -DATTEMPT_BUILD_TESTS=ON, then
cmake --build build/release --target attempt_study_program.
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
environment = dict(os.environ, CUDA_VISIBLE_DEVICES="")  # trainers that train nothing need no device of their own
if arguments.fsync_ms:
    (folder / "slow.c").write_text(SLOW_FSYNC)
    subprocess.run(["cc", f"-DMS={arguments.fsync_ms}", "-shared", "-fPIC", "-o", folder / "slow.so", folder / "slow.c", "-ldl"],
                   check=True)
    environment["LD_PRELOAD"] = str(folder / "slow.so")
command = ["mpirun", "-n", str(arguments.ranks), "--oversubscribe", "--bind-to", "none", "-mca", "pml", "ob1",
           "-mca", "btl", "self,vader,tcp"]
if os.geteuid() == 0:
    command.append("--allow-run-as-root")
command += ["-x", "CUDA_VISIBLE_DEVICES"]
if arguments.fsync_ms:
    command += ["-x", "LD_PRELOAD"]
command += [program, str(study), "r1", "120", f"ok*{arguments.trials}"]


def ranks():
    """/proc folders of the ranks, in order."""
    found = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if words[0].decode() != program or str(study).encode() not in words:
                continue
            for word in (entry / "environ").read_bytes().split(b"\0"):
                if word.startswith(b"OMPI_COMM_WORLD_RANK="):
                    found[int(word.split(b"=")[1])] = entry
        except OSError:
            continue
    return [found[rank] for rank in sorted(found)]


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
    processes, begin, first = ranks(), time.monotonic(), published()
    cpu, early, late = [seconds(process) for process in processes], None, None
    while mpirun.poll() is None:
        done = published()
        try:
            if early is None and done >= arguments.trials / 10:
                early = [size(process) for process in processes]
            used, late = [seconds(process) for process in processes], [size(process) for process in processes]
        except (OSError, StopIteration):
            pass
        if done >= arguments.trials:
            break
        time.sleep(0.5)  # listing 10,000 names takes as long as five trials
    elapsed, count = time.monotonic() - begin, published() - first
    mpirun.wait()
    if published() < arguments.trials:
        sys.exit(f"only {published()} of {arguments.trials} trials were published")
    print(f"{count / elapsed:.0f} published trials/s with {arguments.ranks} ranks, {arguments.trials} trials"
          + (f", fsync + {arguments.fsync_ms} ms" if arguments.fsync_ms else ""))
    spent = [1000 * (end - start) / count for start, end in zip(cpu, used)]
    agent = sum(spent[1:]) / max(1, len(spent) - 1)
    print(f"processor time a trial of the thread that speaks MPI: rank 0 {spent[0]:.3f} ms, an agent alone {agent:.3f} ms, "
          f"so the manager {spent[0] - agent:.3f} ms")
    for name, sizes in (("at a tenth", early), ("at the end", late)):
        print(f"{name}: MB resident {', '.join(f'{memory:.1f}' for memory, _ in sizes)}; "
              f"open files {', '.join(str(files) for _, files in sizes)} (by rank)")
finally:
    shutil.rmtree(folder)
