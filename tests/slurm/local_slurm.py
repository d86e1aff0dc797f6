"""A one-machine Slurm (munged, slurmctld, slurmd) in a temporary folder, without systemd. Needs root, slurm-wlm, munge."""
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CryptoType=crypto/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
JobRequeue=1
KillWait=5
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdSpoolDir={folder}/spool
StateSaveLocation={folder}/state
SlurmctldPort={port}
SlurmdPort={node_port}
SlurmdTimeout=20
SchedulerParameters=bf_interval=1,sched_interval=1
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=debug Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:4
"""


def why_not():
    """What a local Slurm lacks on this machine; empty when nothing."""
    if os.geteuid() != 0:
        return "needs root (Slurm's daemons run as root)"
    missing = [name for name in ("slurmctld", "slurmd", "munged", "sbatch") if not shutil.which(name, path=search_path())]
    return f"needs {', '.join(missing)} (apt-get install slurm-wlm munge)" if missing else ""


def search_path():
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class LocalSlurm:
    """with LocalSlurm() as slurm: slurm.environment names the cluster to every command."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="attempt-slurm-"))
        self.folder.chmod(0o755)
        self.host = socket.gethostname().split(".")[0]
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM", "SBATCH"))}
        self.environment.update(SLURM_CONF=str(self.folder / "slurm.conf"), PATH=search_path())
        self.is_ending = threading.Event()
        self.hurrying = threading.Thread(target=self.hurry, daemon=True)
        self.munged = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *unused):
        self.stop()

    def start(self):
        if subprocess.run(["getent", "hosts", self.host], stdout=subprocess.DEVNULL).returncode != 0:
            with open("/etc/hosts", "a") as hosts:
                hosts.write(f"127.0.0.1 {self.host}\n")
        for name in ("spool", "state", "munge"):
            (self.folder / name).mkdir()
        self.start_munged()
        (self.folder / "slurm.conf").write_text(CONFIGURATION.format(
            host=self.host, folder=self.folder, cpus=os.cpu_count(), port=free_port(), node_port=free_port()))
        self.call("slurmctld", "-c")
        self.start_node()
        end = time.monotonic() + 20
        while "idle" not in self.call("sinfo", "-h", "-o", "%t", check=False):
            if time.monotonic() > end:
                raise RuntimeError("Slurm does not become idle:\n" + (self.folder / "slurmctld.log").read_text()[-3000:])
            time.sleep(0.1)
        self.hurrying.start()

    def start_munged(self):
        munge = self.folder / "munge"
        (munge / "key").write_bytes(os.urandom(1024))
        user = pwd.getpwnam("munge")
        for path in (munge / "key", munge):
            os.chown(path, user.pw_uid, user.pw_gid)
        (munge / "key").chmod(0o400)
        self.munged = subprocess.Popen(
            ["munged", "--foreground", "--force", f"--socket={munge}/socket", f"--key-file={munge}/key",
             f"--pid-file={munge}/pid", f"--log-file={munge}/log", f"--seed-file={munge}/seed"],
            user="munge", group="munge", env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while not (munge / "socket").exists():
            if time.monotonic() > end or self.munged.poll() is not None:
                raise RuntimeError("munged does not start")
            time.sleep(0.05)

    def start_node(self):
        self.call("slurmd", "-c")

    def kill_node(self):
        """As a node that lost its power: the daemon and everything of its jobs."""
        self.signal_daemon("slurmd", signal.SIGKILL)

    def signal_daemon(self, name, number):
        try:
            os.kill(int((self.folder / f"{name}.pid").read_text()), number)
        except (OSError, ValueError):
            pass

    def stop(self):
        self.is_ending.set()
        if self.hurrying.is_alive():
            self.hurrying.join()
            self.call("scancel", "--user=root", check=False)
            self.call("scancel", "--user=root", "--signal=KILL", "--full", check=False)
        for name in ("slurmd", "slurmctld"):
            self.signal_daemon(name, signal.SIGTERM)
        if self.munged:
            time.sleep(0.5)
            self.munged.terminate()
            self.munged.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def hurry(self):
        """Slurm lets a requeued job wait two minutes: tests two seconds. Started within the second in which it was
        requeued, a job fails with "Job credential revoked"."""
        waiting = {}
        while not self.is_ending.wait(0.5):
            lines = self.call("squeue", "-h", "-t", "PD", "-o", "%i|%r", check=False).split()
            jobs = [line.split("|")[0] for line in lines if line.endswith("|BeginTime")]
            waiting = {job: waiting.get(job, time.monotonic()) for job in jobs}
            for job, since in waiting.items():
                if time.monotonic() - since > 2:
                    self.call("scontrol", "update", f"JobId={job}", "StartTime=now", check=False)

    def call(self, *words, check=True):
        done = subprocess.run([str(word) for word in words], env=self.environment, capture_output=True, text=True, timeout=60)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, words))}: {done.stderr}")
        return done.stdout

    def state(self, job):
        """"" once the job has left Slurm's memory."""
        for word in self.call("scontrol", "show", "job", "-o", job, check=False).split():
            if word.startswith("JobState="):
                return word.split("=")[1]
        return ""
