#!/usr/bin/env python3
"""The study that README.md shows is planned as it stands there, on the data of `attempt demo --world full`.

    readme_study.py --bin FOLDER_OF_ATTEMPT --source PROJECT"""
import argparse
import json
import pathlib
import re
import subprocess
import tempfile

parser = argparse.ArgumentParser()
parser.add_argument("--bin", type=pathlib.Path)
parser.add_argument("--source", type=pathlib.Path)
arguments = parser.parse_args()
attempt = str(arguments.bin / "attempt")
study = re.search(r"```toml\n(.*?)```", (arguments.source / "README.md").read_text(), re.DOTALL).group(1)
with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    subprocess.run([attempt, "demo", folder / "small"], check=True, stdout=subprocess.DEVNULL)  # for its backbone
    subprocess.run([attempt, "demo", folder / "full", "--world", "full"], check=True, stdout=subprocess.DEVNULL)
    (folder / "first.toml").write_text(study)
    # The backbone writes no digits, which stsb is answered with.
    plan = subprocess.run([attempt, "plan", folder / "first.toml", "--json", "--set", f"model.path={folder}/small/backbone", "--set",
                           f"data.root={folder}/full/data", "--set", 'targets.tasks=["rte", "mrpc", "cola"]'],
                          stdout=subprocess.PIPE, text=True)
    assert plan.returncode == 0, f"code {plan.returncode}"
    totals = json.loads(plan.stdout)["totals"]
    assert totals["source_trials"] == 2 * 2 and totals["target_trials"] == 2 * 3 * 4, totals
