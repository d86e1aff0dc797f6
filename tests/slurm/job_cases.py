"""The life of a job that meets nothing worse than its time limit, and what is refused."""
import concurrent.futures
import json
import math
import subprocess
import time

import compare
from lost_work import Run, one_long_trial
from slurm_world import runs_begun, runs_ended, steps_done
from store_test import check, events

# Slurm looks at time limits every half a minute: a study that takes so long alone has three slices and more.
LIMITS_SECONDS = 105


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
    staged = world.call("submit", sweep, "--out", study, "--time", "5", "--print", "--stage", "$TMPDIR").stdout
    check('stage="${TMPDIR:?}"\n' in staged and "stage=\n" in script, staged)
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
    settings = world.settings(world.arguments.steps, world.arguments.seeds or "[1]")
    study = world.folder / "study"
    job, = world.submit(study, settings, "--time", "10")
    for _ in range(2):
        before = len(list((study / "run").glob("*.exit")))
        world.wait_for(study, lambda: world.slurm.state(job) == "RUNNING" and steps_done(study) > 0 and
                       len(list((study / "run").glob("*.state.json"))) > before, "a trainer works")
        world.slurm.call("scancel", "--batch", "--signal=USR1", job)
        world.wait_for(study, lambda: len(list((study / "run").glob("*.exit"))) > before, "the slice ends")
    world.wait(study, job, "COMPLETED")
    log = world.log(study)
    check("slice 3: begins" in log, log)
    check("ended with code 0" in log, log)
    straight = world.straight(settings)
    check(not compare.differences(straight, study), "equal trial files")
    status = json.loads(world.call("status", study, "--json").stdout)
    check(status["trials"]["waiting"] == 0, str(status))


def limits(world):
    """A time limit far too short: Slurm itself ends the slices, within half a minute, until 20 and more trials are done."""
    probe = time.monotonic()
    world.run(world.folder / "probe", world.settings(world.arguments.steps, [1]))
    seeds = max(5, math.ceil(LIMITS_SECONDS / (time.monotonic() - probe)))
    settings = world.settings(world.arguments.steps, world.arguments.seeds or list(range(1, seeds + 1)))
    study, straight = world.folder / "study", world.folder / "straight"
    job, = world.submit(study, settings, "--time", "1", grace=40)
    with concurrent.futures.ThreadPoolExecutor() as beside:
        undisturbed = beside.submit(world.straight, settings)
        world.wait(study, job, "COMPLETED", 800)
        undisturbed.result()
    log = world.log(study)
    check("slice 3: begins" in log and "ended with code 0" in log, log)
    trials = len(list((study / "trials").glob("*.h5")))
    check(not compare.differences(straight, study) and trials >= 20, f"{trials} equal trial files")
    print(f"{log}\n{trials} trials in {runs_begun(study)} slices, equal to a run without Slurm")


def cancelled(world):
    """scancel: checkpoints are written, the job stays cancelled; a new one goes on there."""
    settings = one_long_trial(world)
    study = world.folder / "study"
    job, = world.submit(study, settings, "--time", "10")
    world.wait_for(study, lambda: steps_done(study) > 0, "a trainer works")
    check(f"Slurm job {job}: RUNNING" in world.call("status", study).stdout, "status names the job")
    run = Run(study)
    world.wait_for(study, run.could_lose_much, "a trial works for long")
    world.slurm.call("scancel", job)
    world.wait(study, job, "CANCELLED")
    world.wait_for(study, lambda: not world.slurm.call("squeue", "-h"), "the job leaves")
    check(list((study / "run").glob("*.exit")), "the run ended by itself:\n" + world.log(study))
    job, = world.submit(study, settings, "--time", "10")
    world.wait(study, job, "COMPLETED")
    run.check_lost_work()


def launched(world, launcher):
    """Two ranks, started by mpirun or srun, finish a study."""
    settings = world.settings(10, [1], '["prompt_tuning"]')
    study = world.folder / "study"
    job, = world.submit(study, settings, "--time", "10", "--ranks-per-node", 2, "--launcher", launcher)
    world.wait(study, job, "COMPLETED")
    started = events(study, "run_started")
    check([event["data"]["ranks"] for event in started] == [2], str(started))


def mpirun(world):
    launched(world, "mpirun")


def srun(world):
    launched(world, "srun")


def two_nodes(world):
    """mpirun over two nodes, each with a network and a host name of its own."""
    settings = world.settings(20, [1, 2], '["prompt_tuning"]')
    study = world.folder / "study"
    stage = world.folder / "node disk"
    job, = world.submit(study, settings, "--time", "10", "--nodes", 2, "--stage", stage)
    copies = set()

    def is_completed():
        copies.update(path.name for path in stage.glob("*/*"))
        return world.slurm.state(job) == "COMPLETED"
    world.wait_for(study, is_completed, "the job ends")
    check("tokens" in copies and len(copies) > 1, f"weights and token caches were copied to the node: {copies}")
    check(not list(stage.glob("*")), "and are removed")
    hosts = {event["data"]["host"] for event in events(study, "attempt_started")}
    check(hosts == set(world.slurm.nodes), f"both nodes ran trials: {hosts}")
    check(not compare.differences(world.straight(settings), study), "equal trial files")


def chain(world):
    """Where jobs may not requeue themselves: the next job of a chain begins when the one before has ended."""
    settings = world.settings(3 * world.arguments.steps, [1], '["prompt_tuning"]')
    study = world.folder / "study"
    first, second = world.submit(study, settings, "--time", "10", "--slices", 2)
    world.wait_for(study, lambda: steps_done(study) > 0, "a trainer works")
    check(world.slurm.state(second) == "PENDING", "the second waits")
    world.slurm.call("scancel", "--batch", "--signal=USR1", first)
    world.wait(study, second, "COMPLETED")
    state = world.slurm.state(first)
    check(state == "FAILED", f"the first ended with work left (75): {state}")
    check("work is left" in world.log(study), world.log(study))


def idle(world):
    """Two slices without any progress are the last: no loop."""
    study = world.folder / "study"
    job, = world.submit(study, world.settings(20, [1]), "--time", "10")
    for ended in range(2):
        world.wait_for(study, lambda: runs_begun(study) > ended, f"slice {ended + 1} begins")
        world.slurm.call("scancel", "--batch", "--signal=USR1", job)
        world.wait_for(study, lambda: runs_ended(study) > ended, "it ends")
    world.wait(study, job, "FAILED")
    check("two slices in a row made no progress" in world.log(study), world.log(study))


def lone_task(world):
    """A job of two tasks in which one process is started is told how to start both."""
    script = world.folder / "wrong.sh"
    script.write_text(f"#!/bin/bash\n{world.attempt} run {world.folder}/world/demo.toml --out {world.folder}/study\necho code $?\n")
    output = world.folder / "wrong.out"
    world.slurm.call("sbatch", "--wait", "-n", 2, "-o", output, script)
    said = output.read_text()
    check("code 2" in said and "--workers 2" in said, said)


def doctor(world):
    """As a job of two nodes: the ranks hear one another and see one folder; a folder that each has for itself is found out."""
    output = world.folder / "doctor.out"

    def doctor_of(launcher, folder):
        world.slurm.call("sbatch", "--wait", "-N", 2, "--ntasks-per-node=1", "-o", output, "--wrap",
                         f"{launcher} {world.attempt} doctor {folder}; echo code $?", check=False)
        return output.read_text()

    for launcher in ("mpirun --allow-run-as-root", "srun --mpi=pmix"):
        said = doctor_of(launcher, world.folder)
        check("2 ranks answer" in said and "one of them gets the name" in said and "code 0" in said, said)
        check(all(node in said for node in world.slurm.nodes) and "has a PMIx plugin" in said, said)
    said = doctor_of("mpirun --allow-run-as-root unshare --mount bash -c 'mount -t tmpfs tmpfs /mnt && exec \"$@\"' _", "/mnt")
    check("PROBLEM one folder for all ranks" in said, said)


def gpus(world):
    """Typed GPUs: each rank takes one of those that Slurm gives the job, and two ranks never the same. Slurm's GPUs are
    files like /dev/null, and a library in the place of NVIDIA's gives them UUIDs: nothing is trained."""
    output = world.folder / "gpus.out"
    fake = f"ATTEMPT_FAKE_GPUS=2 LD_LIBRARY_PATH={world.attempt.removesuffix('/attempt')}/fake_nvml"

    def said_by(gpu_option, command):
        world.slurm.call("sbatch", "--wait", "-n", 2, "--overcommit", gpu_option, "-o", output, "--wrap",
                         f"export {fake}; {command}; echo code $?", check=False)
        return output.read_text()

    doctor_alone, run = f"{world.attempt} doctor {world.folder}", f"{world.attempt} run {world.folder}/world/demo.toml"
    mpirun = "mpirun --allow-run-as-root --oversubscribe -n 2"
    for option, command in (("--gpus-per-node=a100:2", f"{mpirun} {doctor_alone}"),
                            ("--gres=gpu:a100:2", f"{mpirun} {doctor_alone}"),
                            ("--gpus-per-node=a100:2", f"srun --mpi=pmix --gpus-per-task=a100:1 {doctor_alone}")):
        said = said_by(option, command)
        check(said.count("1 devices") == 2 and "share it" not in said and "code 0" in said, f"{option} {command}:\n{said}")
    said = said_by("--gpus-per-node=a100:1", f"{mpirun} {doctor_alone}")
    check("PROBLEM device GPU-fake-" in said and "ranks 0 and 1" in said, said)
    said = said_by("--gpus-per-node=a100:1", f"{run} --workers 2 --out {world.folder}/study")
    check("share the device GPU-fake-" in said and "code 3" in said, said)
    check(not events(world.folder / "study", "attempt_started"), "nothing was begun")
    site = world.folder / "gres.toml"
    site.write_text('gpu_option = "gres"\n')
    refused = world.call("submit", world.folder / "world/demo.toml", "--out", world.folder / "h100", "--time", "10",
                         "--gpus-per-node", "h100:1", "--site", site, expect=2).stderr
    check("sbatch refused" in refused, refused)
