#!/usr/bin/env python3
"""Runs docs/custom-tasks.md as it stands: its sweep and rows beside the demo's backbone, then its commands.

    custom_tasks.py --bin FOLDER_OF_ATTEMPT --source PROJECT"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import tempfile


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, type=pathlib.Path)
    parser.add_argument("--source", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    text = (arguments.source / "docs/custom-tasks.md").read_text()
    sweep, = re.findall(r"```toml\n(.*?)```", text, re.S)
    commands, = re.findall(r"```sh\n(.*?)```", text, re.S)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        environment = dict(os.environ, PATH=f"{arguments.bin}:{os.environ['PATH']}", XDG_CACHE_HOME=str(work / "cache"),
                           OMP_NUM_THREADS="1")

        def run(line):
            done = subprocess.run(["bash", "-c", line], cwd=work, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            return done.stdout

        run("attempt demo demo")
        (work / "demo/shapes.toml").write_text(sweep)
        (work / "demo/rows").mkdir()
        for task, block in zip(("summary", "tags"), re.findall(r"```json\n(.*?)```", text, re.S), strict=True):
            rows = [json.loads(line) for line in block.splitlines()]
            for split, count in (("train", 12), ("test", 4)):
                lines = [json.dumps(dict(rows[i % len(rows)], id=f"{split}{i}")) for i in range(count)]
                (work / f"demo/rows/{task}_{split}.jsonl").write_text("\n".join(lines) + "\n")
        printed = {line: run(line) for line in commands.splitlines()}
        checked = next(out for line, out in printed.items() if "data check" in line)
        assert "summary" in checked and "tags" in checked, checked
        scores = run("attempt export demo/shapes --format csv")
        assert "test.summary.rouge_l" in scores and "test.tags.span_f1" in scores, scores
        print(scores)


if __name__ == "__main__":
    main()
