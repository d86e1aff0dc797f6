"""The processes that work on one study, by what they are, from /proc."""
import os
import pathlib
import signal


def arguments(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
    except OSError:
        return []


def variables(pid):
    try:
        words = pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return {}
    return dict(word.split("=", 1) for word in words if "=" in word)


def parent(pid):
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return 0 if fields[0] == "Z" else int(fields[1])
    except OSError:
        return 0


def everything():
    return [int(entry.name) for entry in pathlib.Path("/proc").glob("[0-9]*")]


class StudyProcesses:
    """launcher: the command that was typed; ranks by number; trainers by rank."""

    def __init__(self, study):
        self.launcher, self.mpirun, self.ranks, self.trainers = None, None, {}, {}
        processes = {pid: arguments(pid) for pid in everything()}
        for pid, words in processes.items():
            if str(study) not in words or not parent(pid):
                continue
            program = os.path.basename(words[0])
            if program == "mpirun":
                self.mpirun = pid
            elif program == "attempt":
                rank = variables(pid).get("OMPI_COMM_WORLD_RANK")
                if rank is None:
                    self.launcher = pid
                else:
                    self.ranks[int(rank)] = pid
        for rank, pid in self.ranks.items():
            for child, words in processes.items():
                if words and os.path.basename(words[0]) == "attempt-trainer" and parent(child) == pid:
                    self.trainers[rank] = child

    def all(self):
        single = [pid for pid in (self.launcher, self.mpirun) if pid]
        return single + list(self.ranks.values()) + list(self.trainers.values())


def send(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def kill(pids):
    send(pids, signal.SIGKILL)


def trainers_of(study):
    """Also of ranks that are gone: a trainer writes its log below the study."""
    found = []
    for pid in everything():
        words = arguments(pid)
        if not words or os.path.basename(words[0]) != "attempt-trainer":
            continue
        try:
            if os.readlink(f"/proc/{pid}/fd/1").startswith(str(study) + "/"):
                found.append(pid)
        except OSError:
            continue
    return found
