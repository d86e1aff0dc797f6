#!/usr/bin/env python3
"""Provokes every error message that the questions of docs/index.md name.

    messages.py --bin FOLDER_OF_ATTEMPT --source PROJECT"""
import argparse
import os
import pathlib
import pickle
import re
import struct
import subprocess
import tempfile
import time
import zipfile


class Code:
    def __reduce__(self):
        return os.system, ("true",)


def write_npy(path, rows, width):
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {width}), }}"
    head += " " * (63 - (10 + len(head)) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + bytes(4 * rows * width))


class Questions:
    def __init__(self, program, work):
        self.program, self.work = program, work
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(work / "cache"), OMP_NUM_THREADS="1")

    def run(self, *words, code=0):
        done = subprocess.run([self.program, *map(str, words)], cwd=self.work, env=self.environment, capture_output=True,
                              text=True, timeout=120)
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stderr

    def of_a_sweep(self):
        """What is refused of the demo's sweep with one of its lines changed."""
        sweep = (self.work / "demo/demo.toml").read_text()
        length = "[method.prompt_tuning]\nprompt_length"
        for old, new in ((length, length.replace("prompt_l", "promt_l")),
                         ('path = "backbone"', 'path = "backbone"\nprecision = "fp16"'),
                         ("[train]\n", "[train]\nwarmup_steps = 500\n")):
            assert old in sweep, old
            (self.work / "demo/changed.toml").write_text(sweep.replace(old, new, 1))
            yield self.run("plan", "demo/changed.toml", code=2)

    def of_a_second_run(self):
        command = [self.program, "run", "demo/demo.toml", "--out", "study", "--set", "train.max_steps=100000",
                   "--set", "sweep.seeds=[1]"]
        first = subprocess.Popen(command, cwd=self.work, env=self.environment, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        try:
            for _ in range(300):
                if list((self.work / "study").glob("run/holder*")):
                    break
                time.sleep(0.1)
            return self.run(*command[1:], code=3)
        finally:
            first.terminate()
            first.wait(60)

    def of_files(self):
        write_npy(self.work / "narrow.npy", 4, 9)
        write_npy(self.work / "good.npy", 4, 64)
        with zipfile.ZipFile(self.work / "code.pt", "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps(Code(), protocol=2))
        (self.work / "old.pt").write_bytes(pickle.dumps([1.0], protocol=2))
        for name in ("narrow.npy", "code.pt", "old.pt"):
            yield self.run("prompt", "import", name, "--model", "demo/backbone", code=2)
        self.run("prompt", "import", "good.npy", "--model", "demo/backbone", "--task", "rte", "--out", "good.h5")
        yield self.run("eval", "--model", "demo/backbone", "--trial", "good.h5", code=2)
        weights = self.work / "demo/backbone/model.safetensors"
        content = bytearray(weights.read_bytes())
        content[-1] ^= 1
        weights.write_bytes(content)
        yield self.run("predict", "--model", "demo/backbone", "--trial", "good.h5", code=2)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, type=pathlib.Path)
    parser.add_argument("--source", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    text = (arguments.source / "docs/index.md").read_text().split("## Questions")[1]
    messages = re.findall(r"^\*\*`([^`]+)`\*\*", text, re.M)
    assert len(messages) >= 9, f"messages are lost: {messages}"
    with tempfile.TemporaryDirectory() as folder:
        questions = Questions(str(arguments.bin.resolve() / "attempt"), pathlib.Path(folder))
        questions.run("demo", "demo")
        printed = [*questions.of_a_sweep(), questions.of_a_second_run(), *questions.of_files()]
    for message in messages:
        pattern = ".*".join(re.escape(part) for part in message.split("…"))
        assert any(re.search(pattern, error) for error in printed), f"nobody prints: {message}\n" + "\n".join(printed)
    print(len(messages), "messages are printed as docs/index.md quotes them")


if __name__ == "__main__":
    main()
