"""A Slurm of one machine (munged, slurmctld, slurmd) in a temporary folder, without systemd. Needs root, slurm-wlm, munge.

Its node is this machine, or each of several nodes is a network namespace with a host name of its own."""
import os
import pathlib
import pwd
import random
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time

CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}({address})
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
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
SlurmdSpoolDir={folder}/spool-%n
TmpFS={folder}/tmp-%n
StateSaveLocation={folder}/state
SlurmctldPort={port}
SlurmdPort={node_port}
SlurmdTimeout=20
SchedulerParameters=bf_interval=1,sched_interval=1
GresTypes=gpu
{nodes}
{partitions}
"""


ONE_PARTITION = "PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:4"
# A job of `high` takes the nodes of `low`, which are told and have {grace} seconds.
PREEMPTION = """\
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
PreemptExemptTime=00:00:00
PartitionName=low Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE GraceTime={grace}
PartitionName=high Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF"""


def why_not(nodes=1, **unused):
    """What a local Slurm lacks on this machine; empty when nothing."""
    if os.geteuid() != 0:
        return "needs root (Slurm's daemons run as root)"
    missing = [name for name in ("slurmctld", "slurmd", "munged", "sbatch") if not shutil.which(name, path=search_path())]
    if missing:
        return f"needs {', '.join(missing)} (apt-get install slurm-wlm munge)"
    return "needs network namespaces" if nodes > 1 and not NodeNetwork.can_start() else ""


def search_path():
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def free_port():
    """A port that nobody listens on, below those that the kernel gives to connections and to other tests meanwhile."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as listener:
            try:
                listener.bind(("", port))
                return port
            except OSError:
                continue


class NodeNetwork:
    """Nodes as network namespaces on a bridge, each with a host name of its own; processes and files are shared."""
    CONTROLLER = "10.78.0.254"
    BRIDGE = "attempt-slurm"

    def __init__(self, count):
        self.names = [f"attempt-n{i}" for i in range(1, count + 1)]
        self.addresses = [f"10.78.0.{i}" for i in range(1, count + 1)]

    def start(self):
        self.stop()
        self.ip("link", "add", self.BRIDGE, "type", "bridge")
        self.ip("addr", "add", f"{self.CONTROLLER}/24", "dev", self.BRIDGE)
        self.ip("link", "set", self.BRIDGE, "up")
        for name, address in zip(self.names, self.addresses):
            self.ip("netns", "add", name)
            self.ip("link", "add", f"v-{name}", "type", "veth", "peer", "name", "eth0", "netns", name)
            self.ip("link", "set", f"v-{name}", "master", self.BRIDGE, "up")
            self.ip("-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
            self.ip("-n", name, "link", "set", "eth0", "up")
            self.ip("-n", name, "link", "set", "lo", "up")

    @classmethod
    def can_start(cls):
        probe = cls(1)
        try:
            probe.start()
        except (OSError, subprocess.CalledProcessError):
            return False
        finally:
            probe.stop()
        return True

    def stop(self):
        for name in self.names:
            for pid in self.ip("netns", "pids", name, check=False).split():
                os.kill(int(pid), signal.SIGKILL)
            self.ip("netns", "del", name, check=False)
            self.ip("link", "del", f"v-{name}", check=False)  # also of a namespace whose name is lost
        self.ip("link", "del", self.BRIDGE, check=False)

    def at(self, name, words):
        """The command that runs `words` on a node."""
        # Not `ip netns exec`: it mounts a /sys without cgroups, which slurmd wants to see.
        return ["nsenter", f"--net=/run/netns/{name}", "unshare", "--uts", "bash", "-c", 'hostname "$0" && exec "$@"',
                name, *words]

    def ip(self, *words, check=True):
        return subprocess.run(["ip", *words], check=check, capture_output=True, text=True).stdout


class LocalSlurm:
    """with LocalSlurm() as slurm: slurm.environment names the cluster to every command."""

    def __init__(self, nodes=1, partitions=ONE_PARTITION, gpus=0):
        """`gpus` of type a100 on each node, of which only Slurm knows: they are files like /dev/null."""
        self.partitions, self.gpus = partitions, gpus
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="attempt-slurm-"))
        self.folder.chmod(0o755)
        self.host = socket.gethostname().split(".")[0]
        self.network = NodeNetwork(nodes) if nodes > 1 else None
        self.nodes = self.network.names if self.network else [self.host]
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
        for name in ("state", "munge", *(f"{use}-{node}" for node in self.nodes for use in ("spool", "tmp"))):
            (self.folder / name).mkdir()
        self.start_munged()
        if self.network:
            self.network.start()
        addresses = self.network.addresses if self.network else ["127.0.0.1"]
        for gpu in range(self.gpus):
            os.mknod(self.folder / f"gpu{gpu}", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
        gpus = f"Gres=gpu:a100:{self.gpus}" if self.gpus else ""
        if self.gpus:
            (self.folder / "gres.conf").write_text(f"Name=gpu Type=a100 File={self.folder}/gpu[0-{self.gpus - 1}]\n")
        (self.folder / "slurm.conf").write_text(CONFIGURATION.format(
            host=self.host, folder=self.folder, port=free_port(), node_port=free_port(), partitions=self.partitions,
            address=NodeNetwork.CONTROLLER if self.network else "127.0.0.1",
            nodes="\n".join(f"NodeName={node} NodeAddr={address} CPUs={os.cpu_count()} State=UNKNOWN {gpus}"
                            for node, address in zip(self.nodes, addresses))))
        self.call("slurmctld", "-c")
        for node in self.nodes:
            self.start_node(node)
        end = time.monotonic() + 20
        while self.call("sinfo", "-h", "-N", "-o", "%t", check=False).split().count("idle") < len(self.nodes):
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

    def start_node(self, node=None, clean=True):
        node = node or self.host
        words = ["slurmd"] + (["-c"] if clean else [])
        self.call(*(self.network.at(node, words) if self.network else words))

    def lose_node(self, node=None):
        """The node is away from the controller; its jobs go on. Slurm would notice after half a minute."""
        self.signal_daemon(f"slurmd-{node or self.host}", signal.SIGKILL)
        self.call("scontrol", "update", f"NodeName={node or self.host}", "State=DOWN", "Reason=lost")

    def cut_power(self):
        """The daemon and everything of its jobs."""
        self.kill_jobs()
        self.lose_node()

    def kill_jobs(self):
        for pid in self.processes_of_jobs():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def processes_of_jobs(self):
        mark = f"SLURM_CONF={self.folder}/slurm.conf".encode()
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                variables = (entry / "environ").read_bytes().split(b"\0")
                is_step = (entry / "comm").read_text().strip() == "slurmstepd"
            except OSError:
                continue
            if mark in variables and (is_step or any(variable.startswith(b"SLURM_JOB_ID=") for variable in variables)):
                found.append(int(entry.name))
        return found

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
        for name in (*(f"slurmd-{node}" for node in self.nodes), "slurmctld"):
            self.signal_daemon(name, signal.SIGTERM)
        self.kill_jobs()  # a slurmstepd would look for its controller for ever
        if self.munged:
            time.sleep(0.5)
            self.munged.terminate()
            self.munged.wait()
        if self.network:
            self.network.stop()
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
