"""A small study on the tiny golden backbone: hand-made rows in the official layouts, two sources, two targets."""
import os
import pathlib
import random
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from time_allowed import time_allowed  # noqa: E402

SWEEP = """
[sweep]
name = "small"
seeds = [1, 2]

[model]
path = "backbone"

[data]
root = "data"

[sources]
tasks = ["sst2"]

[targets]
tasks = ["rte", "cola"]
methods = ["frozen", "prompt_tuning", "spot", "attempt", "fine_tuning"]

[train]
max_steps = {steps}
batch_size = 4
evaluate_every_steps = 5

[method.prompt_tuning]
prompt_length = 4
[method.spot]
prompt_length = 4
source = "sst2"
[method.attempt]
prompt_length = 4
target_init = "sst2"
"""
TRIALS = 2 + 2 * 2 * 5  # sources, then seeds x tasks x methods


def shared_folder(source):
    given = os.environ.get("ATTEMPT_SHARED")
    folder = pathlib.Path(given) if given else pathlib.Path(source).parent / "shared"
    return folder if (folder / "data" / "tokenizer" / "spiece.model").exists() else None


def sentence(rng):
    words = "the a red blue house river cat engine slowly never opens follows holds near under".split()
    return " ".join(rng.choice(words) for _ in range(rng.randint(4, 9)))


def write_rows(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(([header] if header else []) + rows) + "\n")


def write_world(folder, source, steps):
    """Backbone, data and sweep below `folder`; returns the sweep's path."""
    rng = random.Random(5)
    shutil.copytree(pathlib.Path(source) / "tests/goldens/t5_v1_0", folder / "backbone")
    shutil.copyfile(shared_folder(source) / "data/tokenizer/spiece.model", folder / "backbone/spiece.model")
    glue = folder / "data" / "glue"
    rte = lambda n: [f"{i}\t{sentence(rng)}\t{sentence(rng)}\t{rng.choice(['entailment', 'not_entailment'])}" for i in range(n)]
    write_rows(glue / "RTE/train.tsv", "index\tsentence1\tsentence2\tlabel", rte(30))
    write_rows(glue / "RTE/dev.tsv", "index\tsentence1\tsentence2\tlabel", rte(20))
    cola = lambda n: [f"src\t{rng.randint(0, 1)}\t\t{sentence(rng)}" for _ in range(n)]
    write_rows(glue / "CoLA/train.tsv", None, cola(30))
    write_rows(glue / "CoLA/dev.tsv", None, cola(20))
    sst2 = lambda n: [f"{sentence(rng)} \t{rng.randint(0, 1)}" for _ in range(n)]
    write_rows(glue / "SST-2/train.tsv", "sentence\tlabel", sst2(1030))
    write_rows(glue / "SST-2/dev.tsv", "sentence\tlabel", sst2(20))
    sweep = folder / "small.toml"
    sweep.write_text(SWEEP.format(steps=steps))
    return sweep
