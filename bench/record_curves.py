#!/usr/bin/env python3
"""Learning curves of the search trials of a study, for pruners.py: record_curves.py PATH_OF_attempt STUDY OUT.json.gz"""
import gzip
import json
import subprocess
import sys


def export(attempt, study, what):
    return json.loads(subprocess.run([attempt, "export", study, "--format", "json", "--what", what], check=True, capture_output=True, text=True).stdout)


def main():
    attempt, study, out = sys.argv[1:]
    seconds = {row["trial_id"]: row["train_seconds"] + row["evaluation_seconds"] for row in export(attempt, study, "trials") if row["phase"] == "search"}
    curves = {}
    for row in export(attempt, study, "evaluations"):
        if row["trial_id"] not in seconds:
            continue
        curve = curves.setdefault(row["trial_id"], {"method": row["method"], "task": row["tasks"], "seconds": round(seconds[row["trial_id"]], 3),
                                                    "steps": [], "scores": []})
        curve["steps"].append(row["step"])
        curve["scores"].append(round(row["selection"], 4))
    with gzip.GzipFile(out, "wb", mtime=0) as file:
        file.write(json.dumps([curves[key] for key in sorted(curves)]).encode())
    print(f"{len(curves)} curves")


if __name__ == "__main__":
    main()
