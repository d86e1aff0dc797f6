#!/usr/bin/env python3
"""Runs the steps of slurm/attempt.def on this machine: recipe_test.py steps|conda --source FOLDER [--bin DIR --torch DIR]

`steps`: %files are copied and %post runs as a script, with a folder in place of the image. Two of its commands only say
what they would do, as `apt-get -s` and `ninja -n`: packages are installed and sources compiled by ./check, which ran before.
`conda`: slurm/environment.yml names what the build looks for.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROJECT = "/opt/attempt-mpi"
# Of environment.yml, what no find_package in cmake/Dependencies.cmake is for.
CONDA_TOOLS = {"cxx-compiler", "cmake", "ninja", "gtest", "python"}

# Both are called with the words that the recipe's scripts use; other words go to the real program.
APT_GET = """#!/bin/sh
exec {real} -s "$@"
"""
CMAKE = """#!/bin/sh
[ "$1" = --build ] && exec {real} "$@" -- -n
exec {real} "$@"
"""


def check(condition, text):
    if not condition:
        sys.exit(f"not so: {text}")


def sections(recipe):
    """Name -> text of the recipe's %sections."""
    parts = re.split(r"^%(\w+)\s*$", recipe, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def copy_files(lines, source, image):
    for line in lines.split("\n"):
        if not line.strip():
            continue
        name, target = line.split()
        check(target.startswith(PROJECT + "/"), f"{line.strip()} lies below {PROJECT}")
        check((source / name).exists(), f"the project has {name}")
        (image / target[1:]).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-r", source / name, image / target[1:]], check=True)


def only_said(folder):
    """Commands that say what they would do, to be found first in PATH."""
    folder.mkdir()
    for name, script in (("apt-get", APT_GET), ("cmake", CMAKE)):
        real = shutil.which(name)
        check(real, f"{name} is installed")
        (folder / name).write_text(script.format(real=real))
        (folder / name).chmod(0o755)
    return folder


def run(script, image, environment, *words):
    """As apptainer runs a section: by sh, which ends at the first command that fails."""
    done = subprocess.run(["/bin/sh", "-ec", script.replace(PROJECT, str(image) + PROJECT), "sh", *words], cwd="/",
                          env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check(done.returncode == 0, f"this ends with 0, not {done.returncode}:\n{script}\n{done.stdout}")
    return done.stdout


def packages(source):
    """Those that cmake/setup.sh installs, as bash reads its list."""
    return subprocess.run(["bash", "-c", '. "$1"; echo "${packages[@]}"', "bash", source / "cmake/setup.sh"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.split()


def steps(arguments):
    if not shutil.which("apt-get"):
        print("skipped: the recipe is for Debian, this machine has no apt-get")
        return 77
    recipe = (arguments.source / "slurm/attempt.def").read_text()
    check(re.match(r"Bootstrap: docker\nFrom: debian:\w+\n", recipe), "the recipe starts from a Debian image")
    parts = sections(recipe)
    check(set(parts) == {"files", "post", "runscript"}, f"sections that this test knows: {sorted(parts)}")
    with tempfile.TemporaryDirectory(prefix="attempt-image-") as folder:
        image = pathlib.Path(folder)
        project = image / PROJECT[1:]
        # No downloads: LibTorch is the one that this build found, reports get no Plotly.
        environment = dict(os.environ, PATH=f"{only_said(image / 'said')}:{os.environ['PATH']}", Torch_DIR=arguments.torch,
                           PIP_NO_INDEX="1")
        copy_files(parts["files"], arguments.source, image)
        print(run("apt-get install --no-install-recommends " + " ".join(packages(arguments.source)), image, environment))
        print(run(parts["post"], image, environment))
        build = project / "build/release"
        log = (project / "build/release-build.log").read_text()
        for program in ("attempt", "attempt-trainer"):
            check(re.search(rf"Linking CXX executable bin/{program}$", log, flags=re.MULTILINE), f"the build makes bin/{program}")
        check("Release" in (build / "CMakeCache.txt").read_text(), "it is a release build")
        # The program itself is the one of this build.
        (build / "bin").mkdir(exist_ok=True)
        (build / "bin/attempt").symlink_to(arguments.bin.resolve() / "attempt")
        said = run(parts["runscript"], image, environment, "status", "--help")
        check("--follow" in said, f"the image's program gets its words: {said}")
    return 0


def conda(arguments):
    named = set(re.findall(r"^  - ([\w.-]+)$", (arguments.source / "slurm/environment.yml").read_text(), flags=re.MULTILINE))
    needed = set(re.findall(r"conda: ([\w.-]+)", (arguments.source / "cmake/Dependencies.cmake").read_text()))
    check(len(needed) >= 10, f"cmake/Dependencies.cmake says conda's names: {needed}")
    check(named == needed | CONDA_TOOLS, f"environment.yml lacks {sorted((needed | CONDA_TOOLS) - named)}, "
                                         f"has too much {sorted(named - needed - CONDA_TOOLS)}")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", choices=("steps", "conda"))
    parser.add_argument("--source", required=True, type=pathlib.Path)
    parser.add_argument("--bin", type=pathlib.Path, help="folder of attempt")
    parser.add_argument("--torch", help="folder of TorchConfig.cmake")
    arguments = parser.parse_args()
    return {"steps": steps, "conda": conda}[arguments.case](arguments)


if __name__ == "__main__":
    sys.exit(main())
