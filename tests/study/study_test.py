#!/usr/bin/env python3
"""Runs whole studies with the real program, as a user would. Usage: study_test.py CASE --bin DIR --source DIR"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import small_world

SKIPPED = 77


class Study:
    def __init__(self, arguments, steps=10):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="attempt-study-"))
        self.steps = steps
        self.attempt = str(pathlib.Path(arguments.bin) / "attempt")
        self.sweep = small_world.write_world(self.folder, arguments.source, steps)
        self.out = self.folder / "out"
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(self.folder / "cache"), OMP_NUM_THREADS="1")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *words):
        return [self.attempt, *map(str, words)]

    def run(self, *words, expect=0):
        done = subprocess.run(self.command(*words), env=self.environment, capture_output=True, text=True, timeout=small_world.time_allowed(200))
        if done.returncode != expect:
            sys.exit(f"{' '.join(map(str, words))}: exit code {done.returncode}, expected {expect}\n"
                     f"--- standard output\n{done.stdout}\n--- standard error\n{done.stderr}")
        return done

    def run_study(self, *more, expect=0):
        return self.run("run", self.sweep, "--out", self.out, *more, expect=expect)

    def status(self):
        return json.loads(self.run("status", self.out, "--json").stdout)

    def trial_files(self):
        return sorted((self.out / "trials").glob("*.h5"))


def check(condition, text):
    if not condition:
        sys.exit(f"not so: {text}")


def check_finished(study, table):
    counts = study.status()["trials"]
    check(counts == {"waiting": 0, "running": 0, "succeeded": small_world.TRIALS, "failed": 0}, f"all succeeded: {counts}")
    check(len(study.trial_files()) == small_world.TRIALS, "one file a trial")
    for word in ("ATTEMPT", "rte", "cola", "(2)"):
        check(word in table, f"the table names {word}:\n{table}")
    for file in study.trial_files():
        check_trial_file(file, study.steps)


def check_trial_file(file, max_steps):
    try:
        import h5py
    except ImportError:
        print("h5py is missing: trial files are not read back here")
        return
    with h5py.File(file) as trial:
        check(trial.attrs["format"] == "attempt-trial" and trial.attrs["format_version"] == 1, "format")
        check(trial.attrs["status"] == "succeeded", "status")
        json.loads(trial.attrs["provenance"])
        task = trial.attrs["tasks"][0]
        reported = {"rte": "accuracy", "cola": "matthews_correlation", "sst2": "accuracy"}[task]
        score = trial[f"test/{task}/metrics/{reported}"][()]
        check(-100 <= score <= 100, f"a score in percent: {score}")
        check(len(trial[f"test/{task}/predictions"]) == (10 if task != "sst2" else 20), "a prediction a test row")
        method = trial.attrs["method"]
        steps = 0 if method == "frozen" else max_steps
        check(len(trial["train/loss"]) == steps if "train/loss" in trial else steps == 0, "a loss a step")
        if method in ("prompt_tuning", "spot", "attempt"):
            check(trial["parameters/prompt"].shape == (4, 16), "the prompt is [P, D]")
        if method == "attempt":
            check(abs(trial[f"attention/{task}/mean"][()].sum() - 1) < 1e-5, "attention sums to 1")
            check(len(trial.attrs["depends_on"]) >= 1, "depends on its source")


def alone(arguments):
    """One process without MPI; a second run repeats nothing; a changed sweep runs only what is new."""
    with Study(arguments) as study:
        check_finished(study, study.run_study().stdout)
        before = {file: file.stat().st_mtime_ns for file in study.trial_files()}
        study.run_study()
        check(before == {file: file.stat().st_mtime_ns for file in study.trial_files()}, "nothing ran twice")
        study.run_study("--set", "sweep.seeds=[1, 2, 3]")
        check(len(study.trial_files()) == 33, "one more seed: eleven more trials")


def workers(arguments):
    with Study(arguments) as study:
        done = study.run_study("--workers", 2)
        check_finished(study, done.stdout)
        check("finished" in done.stderr, "progress lines on standard error")


def mpirun(arguments):
    with Study(arguments) as study:
        root = ["--allow-run-as-root"] if os.geteuid() == 0 else []
        command = ["mpirun", *root, "--oversubscribe", "-n", "2", *study.command("run", study.sweep, "--out", study.out)]
        done = subprocess.run(command, env=study.environment, capture_output=True, text=True, timeout=small_world.time_allowed(200))
        check(done.returncode == 0, f"mpirun ended with {done.returncode}:\n{done.stderr}")
        check_finished(study, done.stdout)
        study.run("status", study.out, "--exit-code")


def stop(arguments):
    """SIGTERM, SIGINT and `attempt stop` end a run with 75 and keep what is finished; the same command goes on."""
    with Study(arguments, steps=150) as study:
        for ask in (lambda p: p.send_signal(signal.SIGTERM), lambda p: p.send_signal(signal.SIGINT),
                    lambda p: study.run("stop", study.out)):
            running = subprocess.Popen(study.command("run", study.sweep, "--out", study.out, "--workers", 2),
                                       env=study.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            finished = len(study.trial_files())
            deadline = time.monotonic() + small_world.time_allowed(60)
            while len(study.trial_files()) <= finished + 1 and time.monotonic() < deadline and running.poll() is None:
                time.sleep(0.05)
            ask(running)
            _, error = running.communicate(timeout=small_world.time_allowed(60))
            check(running.returncode == 75, f"stopped with {running.returncode}, expected 75:\n{error}")
            check(len(study.trial_files()) > finished, "finished trials are kept")
        check_finished(study, study.run_study("--workers", 2).stdout)


def failing_trial(arguments):
    """A trial that fails does so alone; its reason and log are kept; the rest goes on; exit code 1."""
    with Study(arguments) as study:
        (study.folder / "broken.pt").write_bytes(b"not an archive")  # only a trainer can look into a .pt file
        sets = ("--set", 'targets.methods=["frozen", "spot"]', "--set", "sweep.seeds=[1]", "--set", "sources.tasks=[]",
                "--set", f"sources.prompts.sst2={study.folder}/broken.pt")
        done = study.run_study(*sets, expect=1)
        counts = study.status()["trials"]
        check(counts == {"waiting": 0, "running": 0, "succeeded": 2, "failed": 2}, f"{counts}\n{done.stderr}")
        failure = study.status()["failures"][0]
        check("torch.save" in failure["reason"], failure["reason"])
        record = json.loads((study.out / "failed" / f"{failure['trial_id']}.json").read_text())
        check("torch.save" in record["message"], "the reason is kept")
        check("failed" in study.run("show", study.out, failure["trial_id"][:10]).stdout, "show says that it failed")
        check(study.run("logs", study.out, failure["trial_id"]).stdout, "the log is kept")
        study.run_study(*sets, expect=1)


STARTS = """
[variant.words]
base = "prompt_tuning"
init = "text"
init_text = "the red house"
[variant.words_again]
base = "prompt_tuning"
init = "text"
init_text = "the red house"
text_fill = "repeat"
[variant.labels]
base = "prompt_tuning"
init = "class_labels"
[variant.named_labels]
base = "prompt_tuning"
init = "class_labels"
init_words = ["yes", "no"]
[variant.uniform]
base = "prompt_tuning"
init = "random"
[variant.normal]
base = "prompt_tuning"
init = "unit_normal"
[variant.given]
base = "prompt_tuning"
init = "file"
init_file = "given.npy"
[variant.similar]
base = "spot"
choose = "most_similar"
probe_steps = 3
[variant.weighted]
base = "spot"
choose = "weighted_top_k"
top_k = 2
weights = "softmax"
similarity = "aligned_cosine"
probe_steps = 3
[variant.one]
base = "attempt"
sources = { add = ["mine"], remove = ["sst2"] }
"""


def starts(arguments):
    """Every way a prompt may start, from the sweep file to a finished trial; the prompt of an ATTEMPT trial as a source."""
    with Study(arguments, steps=4) as study:
        write_npy(study.folder / "given.npy", rows=4, columns=16)
        study.run_study("--set", "sweep.seeds=[1]", "--set", 'targets.tasks=["rte"]', "--set", 'targets.methods=["attempt"]')
        planned = json.loads(study.run("plan", study.sweep, "--json", "--set", "sweep.seeds=[1]").stdout)["trials"]
        mixed = next(trial["trial_id"] for trial in planned if trial["method"] == "attempt" and trial["tasks"] == ["rte"])
        study.sweep.write_text(study.sweep.read_text() + STARTS)
        variants = [line[len("[variant."):-1] for line in STARTS.splitlines() if line.startswith("[variant.")]
        sets = ("--set", "sweep.seeds=[1]", "--set", 'targets.tasks=["rte"]', "--set", f"targets.methods={json.dumps(variants)}",
                "--set", f"sources.prompts.mine={study.out}/trials/{mixed}.h5")
        study.run_study(*sets)
        planned = json.loads(study.run("plan", study.sweep, "--json", *sets).stdout)["trials"]
        check([trial["tasks"] for trial in planned if trial["phase"] == "source"] == [["sst2"], ["rte"]], "one probe for both")
        try:
            import h5py
        except ImportError:
            return
        for trial in planned:
            with h5py.File(study.out / "trials" / f"{trial['trial_id']}.h5") as file:
                check(file["parameters/prompt"].shape == (4, 16), trial["variant"])
                sources = json.loads(file.attrs["sources"])
            if trial["variant"] in ("similar", "weighted"):
                check([source["name"] for source in sources] == ["sst2", "mine", "probe"], str(sources))
                check(abs(sum(source.get("weight", 0) for source in sources) - 1) < 1e-9, "weights sum to 1")
                check(sources[0]["similarity_without_start"] is not None, "sst2 and the probe start from equal rows")
                check(sources[1]["similarity_without_start"] is None, "nothing is known of a file's start")
            if trial["variant"] == "one":
                check([source["name"] for source in sources] == ["mine", "sst2"], "mixed, then what the target starts from")
        other = study.folder / "other"
        shutil.copytree(study.folder / "backbone", other)
        config = json.loads((other / "config.json").read_text())
        (other / "config.json").write_text(json.dumps(config, indent=7))
        refused = study.run("plan", study.sweep, "--set", f"model.path={other}", *sets, expect=2).stderr
        check("of another backbone" in refused and mixed in refused, refused)
        write_npy(study.folder / "given.npy", rows=3, columns=16)
        refused = study.run("plan", study.sweep, *sets, expect=2).stderr
        check("given.npy" in refused and "[3, 16]" in refused, refused)


SEVERAL = """
[method.attempt_m]
prompt_length = 4
target_init = "sst2"
[method.prompt_tuning_m]
prompt_length = 4
[method.adapter_m]
reduction = 4
[method.hyperformer]
reduction = 4
[variant.from_sources]
base = "lora"
init_from = "sources"
[variant.pretrained_g]
base = "attempt"
g_init = "pretrained"
"""


def several_tasks(arguments):
    """Lists of tasks, and targets that start from what phase 1 learned on the sources together."""
    with Study(arguments, steps=6) as study:
        study.sweep.write_text(study.sweep.read_text() + SEVERAL)
        together = ["attempt_m", "prompt_tuning_m", "adapter_m", "hyperformer", "fine_tuning_m"]
        pair = f'[{{ name = "pair", tasks = ["rte", "cola"], methods = {json.dumps(together)} }}]'
        sets = ("--set", "sweep.seeds=[1]", "--set", 'sources.tasks=["sst2", "rte"]', "--set", "train.max_steps=6", "--set",
                f"targets.multitask={pair}", "--set", 'targets.methods=["from_sources", "pretrained_g"]')
        planned = json.loads(study.run("plan", study.sweep, "--json", *sets).stdout)["trials"]
        done = study.run_study("--workers", 2, *sets)
        counts = study.status()["trials"]
        check(counts == {"waiting": 0, "running": 0, "succeeded": len(planned), "failed": 0}, f"{counts}\n{done.stderr}")
        row = next(line for line in done.stdout.splitlines() if line.startswith("ATTEMPT, multi-task"))
        check(row.count("(1)") == 2, f"a cell a task: {row}")
        phase_one = [(trial["method"], trial["tasks"]) for trial in planned if trial["phase"] == "source"]
        check(("lora", ["sst2", "rte"]) in phase_one and ("attempt_m", ["sst2", "rte"]) in phase_one, str(phase_one))
        trial_id = next(trial["trial_id"] for trial in planned if trial["tasks"] == ["rte", "cola"])
        check("on rte+cola" in study.run("show", study.out, trial_id).stdout, "show names all tasks")
        rows = json.loads(study.run("export", study.out, "--format", "json").stdout)
        exported = next(row for row in rows if row["trial_id"] == trial_id)
        check("test.rte.accuracy" in exported and "test.cola.matthews_correlation" in exported, str(exported))
        steps = json.loads(study.run("export", study.out, "--format", "json", "--what", "steps").stdout)
        check(any("loss.cola" in step for step in steps if step["trial_id"] == trial_id), "losses by task")
        try:
            import h5py
        except ImportError:
            return
        for trial in planned:
            with h5py.File(study.out / "trials" / f"{trial['trial_id']}.h5") as file:
                check(list(file.attrs["tasks"]) == trial["tasks"], "tasks in order")
                if len(trial["tasks"]) == 2:
                    check(len(file["train/rte/loss"]) == 6, "a loss a task")
                if trial["method"] == "attempt_m" and trial["phase"] == "target":
                    check(file["parameters/targets"].shape == (2, 4, 16), "[n, P, D]")
                    check(list(file["parameters/targets"].attrs["tasks"]) == ["rte", "cola"], "names of the rows")
                if trial["variant"] in ("from_sources", "pretrained_g") and trial["phase"] == "target":
                    start = json.loads(file.attrs["sources"])[-1]
                    check(start["trial_id"] in trial["depends_on"] and len(start["sha256"]) == 64, str(start))


def write_npy(path, rows, columns):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(4 * rows * columns))


def bad_input(arguments):
    """Bad input gives exit code 2, says where and what, and starts nothing."""
    with Study(arguments) as study:
        for edit, words in (
                (("max_steps = 10", "max_step = 10"), ["small.toml:", "max_step", "max_steps"]),
                (('tasks = ["rte", "cola"]', 'tasks = ["rtee"]'), ["rtee"]),
                (("batch_size = 4", 'batch_size = "four"'), ["batch_size"]),
                (("batch_size = 4", "batch_size = 0"), ["batch_size"]),
                (("seeds = [1, 2]", "seeds = [1, 2"), ["small.toml:"]),
                (('target_init = "sst2"', 'temperature = 0'), ["temperature"]),
                (("batch_size = 4", "batch_size = 0\nmax_stepss = 1"), ["batch_size", "max_stepss"]),
                (('path = "backbone"', 'path = "nowhere"'), ["nowhere"]),
                (('root = "data"', 'root = "nodata"'), ["nodata"])):
            text = study.sweep.read_text()
            check(edit[0] in text, edit[0])
            bad = study.folder / "bad"
            bad.mkdir(exist_ok=True)
            for name in ("data", "backbone"):
                if not (bad / name).exists():
                    (bad / name).symlink_to(study.folder / name)
            sweep = bad / "small.toml"
            sweep.write_text(text.replace(*edit, 1))
            for command in (["plan", sweep], ["run", sweep, "--out", study.out], ["run", sweep, "--out", study.out, "--workers", 2]):
                error = study.run(*command, expect=2).stderr
                check(all(line.startswith("attempt: error: ") for line in error.splitlines()), error)
                for word in words:
                    check(word in error, f"'{word}' in: {error}")
            check(not study.out.exists(), "nothing was started")
        check("did you mean 'status'" in study.run("statsu", study.out, expect=2).stderr, "commands are suggested")
        check("'data check' or 'data show'" in study.run("data", expect=2).stderr, "commands of two words are suggested")
        check("Did you mean 'rte'?" in study.run("data", "check", "rt", "--data", study.folder, expect=2).stderr, "tasks are suggested")
        study.run("demo", "/proc/absent", expect=3)
        for workers, word in (("two", "two"), (0, "0"), (5000, "cores")):
            check(word in study.run("run", study.sweep, "--out", study.out, "--workers", workers, expect=2).stderr, "workers")
            check(not study.out.exists(), f"--workers {workers} leaves nothing behind")
        study.run("run", expect=2)
        study.run("status", study.folder / "absent", expect=2)


def commands(arguments):
    """What a user looks at before, during and after a study."""
    with Study(arguments) as study:
        planned = json.loads(study.run("plan", study.sweep, "--json").stdout)
        check(len(planned["trials"]) == small_world.TRIALS, "plan lists every trial")
        by_method = {trial["method"]: trial for trial in planned["trials"]}
        check(by_method["attempt"]["trainable_parameters"] == 4 * 16 + 2 * 16 * 100 + 2 * 16, "P*D + 2*D*r + 2*D")
        check(by_method["attempt"]["depends_on"], "attempt waits for its source")
        study.run_study()
        rows = json.loads(study.run("export", study.out, "--format", "json").stdout)
        check(len(rows) == small_world.TRIALS, "export has a row a trial")
        lines = study.run("export", study.out, "--format", "csv", "--what", "steps").stdout.splitlines()
        check(len(lines) == 1 + 10 * (small_world.TRIALS - 4), "a row a step")
        trial_id = by_method["attempt"]["trial_id"]
        shown = study.run("show", study.out, trial_id).stdout
        check("method.attempt" in shown or "prompt_length" in shown, shown)
        check("  step 10 " in shown.split("\nValidation\n")[-1].split("\n\n")[0], shown)
        counted = json.loads(study.run("data", "check", "rte", "cola", "--data", study.folder / "data", "--model",
                                       study.folder / "backbone", "--json").stdout)
        check(counted[0]["task"] == "rte" and counted[0]["train"] == 30 and counted[0]["test"] == 10, str(counted))
        check(counted[0]["max_target_tokens"] == 3, str(counted))
        example = json.loads(study.run("data", "show", "rte", "--data", study.folder / "data", "--model",
                                       study.folder / "backbone", "--limit", 1, "--json").stdout)
        check(example["source"].startswith("rte sentence1: ") and example["input_ids"][-1] == 1, str(example))
        spec = next((study.out / "run" / "specs").glob(f"{trial_id}*.json"))
        single = study.folder / "single"
        study.run("trial", spec, "--study", study.out)
        check(not single.exists(), "the trial command writes into the study it is given")
        check("\0" not in study.run("doctor", study.folder).stdout, "doctor prints text")


def demo(arguments):
    """The made-up world: equal seeds give equal files, the readers find nothing to complain about, a backbone comes
    out of `attempt pretrain` bit for bit the same whether interrupted or not, and a study runs on both."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="attempt-demo-"))
    attempt = str(pathlib.Path(arguments.bin) / "attempt")
    environment = dict(os.environ, XDG_CACHE_HOME=str(folder / "cache"))

    def run(*words, expect=0):
        done = subprocess.run([attempt, *map(str, words)], env=environment, capture_output=True, text=True, timeout=small_world.time_allowed(200))
        check(done.returncode == expect, f"{words}: exit code {done.returncode}\n{done.stderr}")
        return done.stdout

    def contents(root):
        return {file.relative_to(root): file.read_bytes() for file in sorted(root.rglob("*")) if file.is_file()}

    try:
        for name, seed in (("a", 1), ("b", 1), ("c", 2)):
            run("demo", folder / name, "--seed", seed)
        check(contents(folder / "a") == contents(folder / "b"), "equal seeds give equal files")
        check(contents(folder / "a" / "data") != contents(folder / "c" / "data"), "another seed gives other data")
        counted = json.loads(run("data", "check", "sst2", "cola", "mrpc", "rte", "stsb", "squad", "--data",
                                 folder / "a/data", "--json"))
        check(len(counted) == 6 and all(task["train"] >= 2000 and task["test"] >= 300 for task in counted), str(counted))

        plan = folder / "a/pretrain/pretrain.toml"
        text = plan.read_text()
        plan.write_text(text.replace("steps = 12000", "steps = 12").replace("batch_size = 64", "batch_size = 8"))
        check("steps = 12\n" in plan.read_text(), "the plan was shortened")
        run("pretrain", plan, "--out", folder / "whole")
        running = subprocess.Popen([attempt, "pretrain", str(plan), "--out", str(folder / "parts")], env=environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in running.stderr:
            if line.startswith("training"):
                break
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=small_world.time_allowed(60))
        check(running.returncode in (0, 75), f"stopped with {running.returncode}")
        run("pretrain", plan, "--out", folder / "parts")
        check(contents(folder / "whole/backbone") == contents(folder / "parts/backbone"), "an interruption changes no bit")
        plan.write_text(text.replace("d_model", "d_modell"))
        run("pretrain", plan, "--out", folder / "bad", expect=2)

        shutil.copytree(folder / "whole/backbone", folder / "a/backbone", dirs_exist_ok=True)
        table = run("run", folder / "a/demo.toml", "--out", folder / "study", "--set", "train.max_steps=2", "--set",
                    "train.batch_size=2", "--set", "sweep.seeds=[1]", "--set", 'targets.tasks=["rte"]', "--set",
                    "train.warmup_steps=1")
        check("demo:rte" in table and "synthetic" in table, table)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


CASES = {case.__name__: case for case in (alone, workers, mpirun, stop, failing_trial, starts, several_tasks, bad_input, commands, demo)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--source", required=True, type=lambda text: str(pathlib.Path(text).resolve()))
    arguments = parser.parse_args()
    if arguments.case != "demo" and small_world.shared_folder(arguments.source) is None:
        print("skipped: needs ../shared (or $ATTEMPT_SHARED) with T5's spiece.model")
        return SKIPPED
    CASES[arguments.case](arguments)
    print(f"{arguments.case}: as it should be")
    return 0


if __name__ == "__main__":
    sys.exit(main())
