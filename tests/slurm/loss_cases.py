"""Nodes that are lost, jobs that are preempted, and several jobs on one study."""
import compare
import members
import processes
from lost_work import Run, one_long_trial
from slurm_world import runs_begun, steps_done
from store_test import check


def begin(world, study, settings, *options):
    """A job of which a trainer has begun to train."""
    job, = world.submit(study, settings, "--time", "10", *options)
    world.wait_for(study, lambda: world.slurm.state(job) == "RUNNING" and steps_done(study) > 0, "a trainer works")
    return job


def finish(world, study, settings, job):
    world.wait(study, job, "COMPLETED")
    check(not compare.differences(world.straight(settings), study), "equal to a study without Slurm")


def finished(study):
    return {path.name: path.stat().st_ino for path in (study / "trials").glob("*.h5")}


def node_lost(world, lose):
    """The node is declared down and the job starts again: nothing finished is lost, and no more than a checkpoint's interval
    of the rest."""
    settings = one_long_trial(world)
    study = world.folder / "study"
    job = begin(world, study, settings)
    world.wait_for(study, lambda: finished(study), "a trial is finished")
    run = Run(study)
    world.wait_for(study, run.could_lose_much, "a trial works for long")
    before = finished(study)
    lose()
    world.wait_for(study, lambda: world.slurm.state(job) in ("PENDING", "REQUEUED"), "the job is requeued")
    world.slurm.start_node(clean=False)
    finish(world, study, settings, job)
    check(before.items() <= finished(study).items(), "no finished trial was written again")
    run.check_lost_work()


def node_down(world):
    """slurmd dies; the job's processes of before go on and do no harm."""
    node_lost(world, world.slurm.lose_node)


def power_cut(world):
    """The node goes off in the midst of everything."""
    node_lost(world, world.slurm.cut_power)


def moved(world):
    """A node that Slurm takes for lost goes on working, and the job starts on another one: the later slice asks the earlier
    one to leave, and takes the study over."""
    settings = world.settings(3 * world.arguments.steps, world.arguments.seeds or "[1]")
    study = world.folder / "study"
    job = begin(world, study, settings)
    node = world.slurm.call("squeue", "-h", "-j", job, "-o", "%N").strip()
    world.slurm.lose_node(node)
    finish(world, study, settings, job)
    check(runs_begun(study) == 2, "a second run took over")
    check("has started slice 2 already" in world.log(study), world.log(study))


def preempted(world, grace):
    settings = world.settings(world.arguments.steps, world.arguments.seeds or "[1]")
    study = world.folder / "study"
    job = begin(world, study, settings, "--", "--exclusive")
    checkpoints = len(list((study / "checkpoints").glob("*/*.h5")))
    world.slurm.call("sbatch", "--partition=high", "--exclusive", "--output=/dev/null", "--wrap=sleep 3")
    world.wait_for(study, lambda: world.slurm.state(job) != "RUNNING", "the job is preempted")
    if grace:
        check("ended with code 75" in world.log(study), world.log(study))
        check(len(list((study / "checkpoints").glob("*/*.h5"))) > checkpoints or finished(study), "with a checkpoint")
    finish(world, study, settings, job)
    check("slice 2: begins" in world.log(study), world.log(study))


def preempted_with_grace(world):
    """Slurm sends TERM and waits: checkpoints are written, and Slurm requeues the job."""
    preempted(world, grace=True)


def preempted_at_once(world):
    """Without grace the last periodic checkpoint counts."""
    preempted(world, grace=False)


def told(world):
    """TERM and USR2, as some sites send them to the batch script, end a slice as USR1 does."""
    settings = world.settings(world.arguments.steps, world.arguments.seeds or "[1]")
    study = world.folder / "study"
    job = begin(world, study, settings)
    for number, name in enumerate(("TERM", "USR2")):
        world.wait_for(study, lambda: runs_begun(study) > number and steps_done(study) > 0, "a trainer works")
        world.slurm.call("scancel", "--batch", f"--signal={name}", job)
        world.wait_for(study, lambda: world.log(study).count("ended with code 75") > number, f"{name} ends the slice")
    finish(world, study, settings, job)


def jobs(world):
    """Three jobs share a study; one is killed, one stopped for twice the lease time. Each trial is published once, what was
    lost is taken over, and the late one is fenced off."""
    settings = world.settings(2 * world.arguments.steps, [1, 2]) + list(members.SETTINGS)
    study = world.folder / "study"
    ids = world.submit(study, settings, "--time", "10", "--jobs", 3, "--max-slices", 1)
    check(len(ids) == 3, str(ids))

    def member(job):
        return members.member(study, "job", job)
    world.wait_for(study, lambda: all(member(job)[0] for job in ids), "three members")
    killed, stopped = member(ids[1]), member(ids[2])
    late = members.lose_two(study, killed, stopped, lambda: processes.kill(members.with_trainers(killed[1])),
                            lambda *what: world.wait_for(study, *what))
    for job in (ids[0], ids[2]):
        world.wait(study, job, "COMPLETED")
    members.check_published_once(study, stopped[0], late)
    check(not compare.differences(world.straight(settings), study), "equal to a study of one run")
