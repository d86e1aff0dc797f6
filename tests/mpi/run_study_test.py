#!/usr/bin/env python3
"""Runs study_program under mpirun: run_study_test.py PROGRAM RANKS CASE."""
import collections, fcntl, json, os, pathlib, shutil, signal, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from time_allowed import time_allowed  # noqa: E402

program, ranks, case = sys.argv[1], sys.argv[2], sys.argv[3]
study = pathlib.Path(tempfile.mkdtemp(prefix="attempt_mpi_"))
log = study.with_suffix(".log")
shared = pathlib.Path(os.environ.get("ATTEMPT_SHARED", pathlib.Path(__file__).resolve().parents[3] / "shared"))
local_hosts = str(shared / "tools" / "local_hosts.sh")
if case in ("lost_host", "cut_cable"):
    if os.geteuid() != 0 or not pathlib.Path(local_hosts).exists() or not shutil.which("ip"):
        print("needs root, iproute2 and ../shared/tools/local_hosts.sh (several hosts on one machine)")
        sys.exit(77)
    lock = open("/tmp/attempt_local_hosts.lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)  # the hosts' names are the machine's


def start(run_id, labels, timeout="120", hosts=0):
    command = ["mpirun", "-n", ranks, "--enable-recovery", "--oversubscribe", "--bind-to", "none",
               "-mca", "pml", "ob1", "-mca", "btl", "self,tcp" if hosts else "self,vader,tcp"]
    if hosts:
        network = ["-mca", "plm", "rsh", "-mca", "plm_rsh_agent", local_hosts]
        for layer in ("btl", "oob"):
            network += ["-mca", f"{layer}_tcp_if_include", "10.77.0.0/24"]
        command += network + ["-host", ",".join(f"10.77.0.{i + 1}:1" for i in range(hosts))]
    if os.geteuid() == 0:
        command.append("--allow-run-as-root")
    command += [program, str(study), run_id, timeout, *labels]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log.open("a"),
                            stderr=subprocess.STDOUT, start_new_session=True)


def check(is_true, what):
    if not is_true:
        print(log.read_text())
        sys.exit(f"{case} with {ranks} ranks: {what} (study {study})")


def wait_for(condition, what, seconds=30):
    seconds = time_allowed(seconds)
    end = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < end, f"waited {seconds} s for {what}")
        time.sleep(0.02)


def code(run_id, mpirun, seconds=40):
    """Waits for the exit file, then for mpirun, which may wait for a lost host for ever."""
    global study_ended, launcher_ended
    path = study / "run" / f"{run_id}.exit"
    end = time.monotonic() + time_allowed(seconds)
    while not path.exists() and mpirun.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    study_ended = time.monotonic()
    for number in (None, signal.SIGTERM, signal.SIGKILL):  # as the launcher does
        if number:
            os.killpg(mpirun.pid, number)
        try:
            mpirun.wait(7 if number is None else 2)
            break
        except subprocess.TimeoutExpired:
            continue
    launcher_ended = time.monotonic()
    check(path.exists(), "no exit file")
    check(launcher_ended - study_ended < 10, "the launcher ends 10 s after the study's end at the latest")
    return int(path.read_text())


def ran():
    path = study / "ran.txt"
    return collections.Counter(path.read_text().split()) if path.exists() else {}


def processes():
    """Command lines of what still works on this study."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parts = (entry / "cmdline").read_bytes().split(b"\0")
            descriptor = os.readlink(entry / "fd" / "1")
        except OSError:
            continue
        if str(study).encode() in parts or descriptor.startswith(str(study) + "/"):
            found.append((int(entry.name), parts))
    return found


def ranks_by_number():
    found = {}
    for pid, parts in processes():
        if parts[0].decode() != program:
            continue
        for word in pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
            if word.startswith(b"OMPI_COMM_WORLD_RANK="):
                found[int(word.split(b"=")[1])] = pid
    return found


def children(pid):
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def stop_hosts(hosts):
    """Links outlive their host for minutes while the kernel waits for its last connections."""
    subprocess.run([local_hosts, "stop"], capture_output=True)
    for host in range(1, hosts + 1):
        subprocess.run(["ip", "link", "del", f"attempt-v{host}"], capture_output=True)


def signal_manager():
    """What mpirun does with SIGUSR1 (Ubuntu 24.04's forwards nothing)."""
    manager = ranks_by_number().get(0)
    if manager is not None:
        os.kill(manager, signal.SIGUSR1)


def events(kind):
    return [json.loads(line) for path in (study / "events").glob("*.jsonl")
            for line in path.read_text().splitlines() if f'"type":"{kind}"' in line]


def started():
    """Ids in the order in which attempts were recorded, of a study that ran once."""
    return [event["trial_id"] for event in events("attempt_started")]


if case == "all_once":
    labels = ["ok"] * 12 + ["ok@0", "ok@12"]
    check(code("r1", start("r1", labels)) == 0, "exit code is not 0")
    check(ran() == {f"t{i}": 1 for i in range(14)}, f"ran {ran()}")
    check(code("r2", start("r2", labels)) == 0, "second run: exit code is not 0")
    check(sum(ran().values()) == 14, "finished trials ran again")
elif case == "failures":
    check(code("r1", start("r1", ["ok", "fail", "exit", "crash_once", "ok@1", "ok@3"])) == 1,
          "exit code is not 1")
    check(ran() == {"t0": 1, "t1": 3, "t2": 3, "t3": 2, "t5": 1}, f"ran {ran()}")
    failed = json.loads((study / "failed" / "t2.json").read_text())
    check("runs t2 as exit" in failed["evidence"], f"evidence {failed}")
    check(failed["cause"] == "exit:9", f"cause {failed}")
    # A fault of the machine wins over failed trials, and blames none.
    check(code("r2", start("r2", ["ok", "fail", "exit", "crash_once", "ok@1", "ok@3", "disk"])) == 3, "exit code is not 3")
    check(not (study / "failed" / "t6.json").exists(), "the disk's fault is not the trial's")
elif case == "lost_device":
    # In a bundle: one slot is lost, not one for each that shared it; the other rank does the work.
    os.environ["STUDY_PROGRAM_BUNDLE"] = "4"
    check(code("r1", start("r1", ["device_lost_once"] + ["ok"] * 7)) == 0, "exit code is not 0")
    check(len(events("device_lost")) == 1, f"one slot is lost: {events('device_lost')}")
    lost = [event for event in events("attempt_ended") if event["data"]["cause"] == "device_lost"]
    check([event["data"]["status"] for event in lost] == ["lost"] * 4, f"no attempt of the four is counted: {lost}")
    check(sorted(ran().values()) == [1] * 4 + [2] * 4, f"ran {ran()}")
    check(all((study / "trials" / f"t{i}.h5").exists() for i in range(8)), "not all finished")
elif case == "slot_plan":
    # By the critical path t2 and t0 begin, and all is done after 12 s; with t1 and t0 first after 11 s.
    os.environ["STUDY_PROGRAM_SECONDS"] = "1 5 8 6 1"
    labels = ["ok", "ok", "ok", "ok@0", "ok@1"]
    check(code("r1", start("r1", labels)) == 0, "exit code is not 0")
    check(started()[0] == "t1", f"planned on two slots: {started()}")
    shutil.rmtree(study)
    os.environ["STUDY_PROGRAM_BUNDLE"] = "2"  # which takes several at once, and is not planned
    check(code("r1", start("r1", labels)) == 0, "exit code is not 0")
    check(started()[0] == "t2", f"by the critical path: {started()}")
elif case == "stop":
    labels = ["ok", "slow", "slow", "slow", "slow", "ok@1"]
    mpirun = start("r1", labels)
    wait_for(lambda: any(f"t{i}" in ran() for i in range(1, 5)), "a slow trial")
    signal_manager()
    check(code("r1", mpirun) == 75, "exit code is not 75")
    check(not processes(), f"left behind: {processes()}")
    # What was interrupted is in its second attempt quick; what never began is stopped as well.
    for run in range(2, 8):
        mpirun = start(f"r{run}", labels)
        slow = lambda: [i for i in range(1, 5) if ran().get(f"t{i}") == 1
                        and not (study / "trials" / f"t{i}.h5").exists()]
        before = sum(ran().values())
        wait_for(lambda: mpirun.poll() is not None or sum(ran().values()) > before, "progress")
        if all((study / "trials" / f"t{i}.h5").exists() for i in range(6)):
            break
        wait_for(lambda: mpirun.poll() is not None or slow(), "a trial or the end")
        if mpirun.poll() is None:
            signal_manager()
        if code(f"r{run}", mpirun) == 0:
            break
    check(all((study / "trials" / f"t{i}.h5").exists() for i in range(6)), "not all finished")
elif case == "lost_rank":
    mpirun = start("r1", ["sleep:1500"] * 6, timeout="3")
    wait_for(lambda: len(events("attempt_started")) >= int(ranks), "every rank at work")
    by_rank = ranks_by_number()
    check(1 in by_rank, f"no rank 1 in {by_rank}")
    os.kill(by_rank[1], signal.SIGKILL)
    check(code("r1", mpirun) == 0, "exit code is not 0")
    check(len(events("rank_lost")) >= 1, "the lost rank was not noticed")
    check(all((study / "trials" / f"t{i}.h5").exists() for i in range(6)), "not all finished")
elif case == "lost_rank_codes":
    # 0 stands in lost_rank, 2 in recovery/refused_late. The other codes, each with rank 1 killed on the way.
    def lose_one(labels, after_loss=None):
        subprocess.run(["rm", "-rf", str(study)], check=True)
        study.mkdir()
        mpirun = start("r1", labels, timeout="2")
        wait_for(lambda: len(ran()) >= 2, "work on two ranks")
        os.kill(ranks_by_number()[1], signal.SIGKILL)
        if after_loss:
            wait_for(lambda: events("rank_lost"), "the loss")
            after_loss()
        ended = code("r1", mpirun)
        check(events("rank_lost"), "the rank was not lost")
        wait_for(lambda: not processes(), "the end of all processes", seconds=5)
        return ended

    check(lose_one(["sleep:60000"] * 4, signal_manager) == 75, "exit code is not 75")
    check(lose_one(["sleep:1500"] * 4 + ["nan"]) == 1, "exit code is not 1")
    check(lose_one(["sleep:4000"] * 4 + ["disk"]) == 3, "exit code is not 3")
elif case == "stalled_rank":
    # Rank 1 and its trainer are stopped, its trial is done elsewhere; what comes back late changes nothing.
    mpirun = start("r1", ["sleep:1500"] * 4, timeout="2")
    wait_for(lambda: len(ran()) >= int(ranks), "every rank at work")
    agent = ranks_by_number()[1]
    stalled = [agent] + children(agent)
    check(len(stalled) == 2, f"agent and trainer: {stalled}")
    for pid in stalled:
        os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: events("rank_lost"), "the loss")
    lost = [event["trial_id"] for event in events("attempt_ended") if event["data"]["status"] == "lost"]
    check(len(lost) == 1, f"lost {lost}")
    published = study / "trials" / f"{lost[0]}.h5"
    wait_for(published.exists, "the newer attempt")
    for pid in stalled:
        os.kill(pid, signal.SIGCONT)
    check(code("r1", mpirun) == 0, "exit code is not 0")
    check(published.read_text() == "r1.2\n", f"published {published.read_text()}")
    check((study / "leases" / lost[0]).read_text() == "r1 2\n", "the lease is the newer attempt's")
    wait_for(lambda: not processes(), "the end of all processes", seconds=5)
elif case == "lost_manager":
    mpirun = start("r1", ["sleep:700"] * 8, timeout="2")
    wait_for(lambda: len(ran()) >= 3, "some trials")
    os.kill(ranks_by_number()[0], signal.SIGKILL)
    wait_for(lambda: not processes(), "the end of all ranks and trainers", seconds=8)
    mpirun.wait(time_allowed(20))
    check(code("r2", start("r2", ["sleep:700"] * 8)) == 0, "the same command continues")
    check(all((study / "trials" / f"t{i}.h5").exists() for i in range(8)), "not all finished")
elif case == "lost_at_start":
    # MPI_Init waits for ever for a rank that dies on its way, and agents don't know the manager's settings yet.
    launcher = str(pathlib.Path(program).parent / "attempt_launch_program")
    plan_takes = dict(os.environ, STUDY_PROGRAM_PLAN_MS="4000")  # twice the heartbeat timeout

    def launch(run_id):
        (study / "run").mkdir(exist_ok=True)
        return subprocess.Popen(
            [launcher, ranks, str(study / "run" / f"{run_id}.exit"), str(study / "run" / "stop"),
             program, str(study), run_id, "2", *["sleep:20"] * 4], stdin=subprocess.DEVNULL, stdout=log.open("a"),
            stderr=subprocess.STDOUT, env=plan_takes)

    for victim in (0, 1):
        for i, delay in enumerate((0, 0.03, 0.06, 0.1, 1)):
            launched = launch(f"r{victim}{i}")
            wait_for(lambda: victim in ranks_by_number(), "the rank")
            time.sleep(delay)
            os.kill(ranks_by_number()[victim], signal.SIGKILL)
            begin = time.monotonic()
            try:
                ended = launched.wait(time_allowed(20))
            except subprocess.TimeoutExpired:
                check(False, f"rank {victim}, killed {delay} s after its start: the launcher goes on")
            check(ended == 3 or (victim == 1 and ended == 0), f"exit code is {ended}")
            wait_for(lambda: not processes(), "the end of all processes", seconds=5)
    check(launch("r9").wait(time_allowed(30)) == 0, "the same command continues, however long its plan takes")
    check(all((study / "trials" / f"t{i}.h5").exists() for i in range(4)), "not all finished")
elif case in ("lost_host", "cut_cable"):
    hosts = int(ranks)
    stop_hosts(hosts)
    try:
        subprocess.run([local_hosts, "start", ranks], check=True, capture_output=True)
        mpirun = start("r1", ["sleep:2000"] * (2 * hosts), timeout="6", hosts=hosts)
        wait_for(lambda: len(ran()) >= hosts, "every host at work")
        subprocess.run([local_hosts, "kill" if case == "lost_host" else "cut", ranks], check=True)
        check(code("r1", mpirun, seconds=60) == 0, "exit code is not 0")
        lost = [event["data"]["rank"] for event in events("rank_lost")]
        check(lost == [hosts - 1], f"the rank of the last host was lost, and no other: {lost}")
        check(all((study / "trials" / f"t{i}.h5").exists() for i in range(2 * hosts)), "not all finished")
        wait_for(lambda: not processes(), "the end of all processes", seconds=5)
        print(f"{launcher_ended - study_ended:.1f} s to the launcher's end, {time.monotonic() - launcher_ended:.1f} s more to that"
              " of the last process")
    finally:
        stop_hosts(hosts)
elif case == "launcher":
    launcher = str(pathlib.Path(program).parent / "attempt_launch_program")

    def launch(run_id, labels):
        return subprocess.Popen(
            [launcher, ranks, str(study / "run" / f"{run_id}.exit"), str(study / "run" / "stop"),
             program, str(study), run_id, "120", *labels], stdin=subprocess.DEVNULL, stdout=log.open("a"),
            stderr=subprocess.STDOUT)

    check(launch("r1", ["ok", "ok"]).wait(time_allowed(30)) == 0, "exit code is not 0")
    check(launch("r2", ["ok", "ok", "fail"]).wait(time_allowed(30)) == 1, "exit code is not 1")
    for run, number in (("r3", signal.SIGINT), ("r4", signal.SIGTERM)):
        labels = ["ok", "ok", "ok", "sleep:20000"]
        before = ran().get("t3", 0)
        launched = launch(run, labels)
        wait_for(lambda: ran().get("t3", 0) > before, "the long trial")
        launched.send_signal(number)
        check(launched.wait(time_allowed(30)) == 75, f"exit code is {launched.returncode}, not 75")
    # Trainers keep to the CPUs that the launcher was given (`taskset attempt run ...`).
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(everywhere)})
    launched = launch("r6", ["ok", "ok", "ok", "sleep:20000"])
    os.sched_setaffinity(0, everywhere)
    before = ran().get("t3", 0)
    wait_for(lambda: ran().get("t3", 0) > before, "the long trial")
    trainers = [pid for pid, parts in processes() if parts[0].endswith(b"attempt_test_trainer")]
    check(trainers, "no trainer")
    check(all(os.sched_getaffinity(pid) == {max(everywhere)} for pid in trainers), "CPUs of the trainers")
    launched.send_signal(signal.SIGTERM)
    check(launched.wait(time_allowed(30)) == 75, f"exit code is {launched.returncode}, not 75")
    path = dict(os.environ, PATH="/nonexistent")
    missing = subprocess.run([launcher, ranks, str(study / "run" / "r9.exit"),
                              str(study / "run" / "stop"), "/bin/true"],
                             env=path, capture_output=True, text=True, timeout=time_allowed(30))
    check(missing.returncode == 3 and "mpirun is not found" in missing.stderr, missing.stderr)
    # Killed outright, it takes mpirun and the ranks with it.
    launched = launch("r5", ["ok", "ok", "ok", "sleep:20000"])
    wait_for(lambda: ran().get("t3", 0) > 3, "the long trial")
    launched.kill()
    launched.wait()
else:
    sys.exit(f"unknown case {case}")
wait_for(lambda: not processes(), "the end of all processes", seconds=5)
subprocess.run(["rm", "-rf", str(study), str(log)], check=True)
