#!/usr/bin/env python3
"""Resident memory and CPU time of idle agents under mpirun, over 60 seconds.

    bench/agent_idle.py BUILD_FOLDER [SECONDS]

Two ranks with one trial that only sleeps: one rank waits for its trainer, the other has nothing to
do. Goals: < 60 MB, <= 3 % of a core. Needs the tests' executables (attempt_study_program).
"""
import os, pathlib, shutil, signal, subprocess, sys, tempfile, time

build = pathlib.Path(sys.argv[1]).resolve()
seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60.0
program = str(build / "bin" / "attempt_study_program")
study = tempfile.mkdtemp(prefix="attempt_idle_")
command = ["mpirun", "-n", "2", "--oversubscribe", "--bind-to", "none", "-mca", "pml", "ob1",
           "-mca", "btl", "self,vader,tcp"]
if os.geteuid() == 0:
    command.append("--allow-run-as-root")
command += [program, study, "r1", "120", "sleep:600000"]
mpirun = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def ranks():
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].decode() == program and study.encode() in words:
            found.append(int(entry.name))
    return sorted(found)


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


try:
    end = time.monotonic() + 20
    while not (pathlib.Path(study) / "ran.txt").exists() and time.monotonic() < end:
        time.sleep(0.1)
    pids = ranks()
    if len(pids) != 2:
        sys.exit(f"expected 2 ranks, found {pids}")
    before = {pid: cpu_seconds(pid) for pid in pids}
    time.sleep(seconds)
    for pid in pids:
        share = 100 * (cpu_seconds(pid) - before[pid]) / seconds
        print(f"agent {pid}: {resident_mb(pid):.1f} MB resident (goal < 60), "
              f"{share:.2f} % of a core over {seconds:.0f} s (goal <= 3)")
finally:
    mpirun.send_signal(signal.SIGUSR1)
    mpirun.wait(60)
    shutil.rmtree(study)
