#!/usr/bin/env python3
"""How good a forecast is: probes a study, runs it, and prints the grade. The spreads of runner/sweep/cost.cpp were set on the study of
`attempt demo`; this one is another: every method and variant on that world, sweeps/every_method.toml.

Every probe takes a second or two on whatever device, and there are over a hundred kinds of trials, each probed twice. So on one GPU,
where two workers are refused, let several trainers share it and take a smaller study:

    forecast.py PATH_OF_attempt --workers 1 --trainers 4 --set train.max_steps=100 --set 'targets.tasks=["rte"]'

Usage: forecast.py PATH_OF_attempt [--workers 2] [--trainers 1] [--set KEY=VALUE]... [--out DIR]
--trainers is resources.trainers_per_device, which concerns GPUs alone.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

SWEEP = pathlib.Path(__file__).resolve().parent.parent / "sweeps/every_method.toml"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("attempt")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--trainers", type=int, default=1)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--out", help="keep the study here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, XDG_CACHE_HOME=folder + "/cache")  # nothing was measured before

        def call(*words, output=subprocess.PIPE):
            start = time.perf_counter()
            end = subprocess.run([arguments.attempt, *words], stdout=output, stderr=subprocess.PIPE, text=True, env=environment)
            if end.returncode != 0:
                raise SystemExit(f"{' '.join(words)} ends with {end.returncode}:\n{end.stderr[-3000:]}")
            return end.stdout, time.perf_counter() - start

        world = folder + "/world"
        call("demo", world)
        settings = [f"model.path={world}/backbone", f"data.root={world}/data", f"resources.trainers_per_device={arguments.trainers}",
                    *arguments.set]
        workers, slots = str(arguments.workers), str(arguments.workers * arguments.trainers)
        sweep = [str(SWEEP), *(word for setting in settings for word in ("--set", setting))]
        text, probing = call("plan", *sweep, "--probe", "--workers", workers, "--devices", slots, "--json")
        print(f"probing took {probing:.0f} s", flush=True)
        forecast = json.loads(text)["forecast"]
        out = arguments.out or folder + "/study"
        _, wall = call("run", *sweep, "--workers", workers, "--out", out, output=subprocess.DEVNULL)
        grade = json.loads(call("status", out, "--json")[0])["forecast"]
        rows = json.loads(call("export", out, "--what", "forecast", "--format", "json")[0])
    spent = grade["actual_seconds"]
    seconds, ends = forecast["device_seconds"], forecast["wall"][0]["seconds"]
    print(f"{grade['trials']} trials, {grade['measured']} of measured kinds; probing took {probing:.0f} s, the study {wall:.0f} s on {arguments.workers} "
          f"worker{'s' * (arguments.workers > 1)}" + f" with {arguments.trainers} trainers each" * (arguments.trainers > 1))
    print(f"time of a trial: median error {100 * grade['median_error']:.1f} % (goal: at most 25 %)")
    print(f"device time of the study: {seconds['middle']:.0f} s ({seconds['low']:.0f} to {seconds['high']:.0f}) forecast, {spent:.0f} s taken: "
          f"{100 * grade['study_error']:+.1f} % (goal: within 15 %)")
    print(f"90 % intervals hold {100 * grade['inside_interval']:.0f} % of the trials (goal: 80 to 98 %)")
    print(f"wall time: {ends['middle']:.0f} s ({ends['low']:.0f} to {ends['high']:.0f}) forecast, {wall:.0f} s taken")
    print("worst trials: " + "; ".join(f"{row['method']} on {row['tasks']} {row['forecast']:.1f} s for {row['actual']:.1f} s"
                                       for row in sorted(rows, key=lambda row: abs(row["forecast"] / row["actual"] - 1))[-6:]))


if __name__ == "__main__":
    main()
