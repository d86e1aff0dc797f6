#!/usr/bin/env python3
"""What a proposal through the child process costs beside Optuna's own: ask_overhead.py PYTHON_WITH_OPTUNA [--proposals N].

Both ask the same sampler, seeded alike, over the same space and tell the same scores; medians of five alternating rounds."""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import time

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "runner/search/optuna_sampler.py"
SPACE = [{"name": f"x{i}", "type": "float", "low": 0.01, "high": 1.0, "step": 0.0, "log": True, "when": {}} for i in range(6)]
ALONE = """
import sys, time, optuna
optuna.logging.set_verbosity(optuna.logging.WARNING)
import warnings; warnings.simplefilter("ignore")
study, count = optuna.create_study(direction="maximize"), int(sys.argv[1])
started = time.perf_counter()
for number in range(count):
    study.sampler = optuna.samplers.TPESampler(seed=number, constant_liar=True)
    trial = study.ask()
    values = [trial.suggest_float(f"x{i}", 0.01, 1.0, log=True) for i in range(6)]
    study.tell(trial, -sum(values))
print(time.perf_counter() - started)
"""


def alone(python, count):
    return float(subprocess.run([python, "-c", ALONE, str(count)], capture_output=True, text=True, check=True).stdout)


def through_child(python, count):
    process = subprocess.Popen([python, SCRIPT, "TPESampler"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(**message):
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    say(type="start", version=1, seed=0, direction="maximize", searches={"s": SPACE})
    started, news = time.perf_counter(), []
    for number in range(count):
        answer = say(type="ask", search="s", number=number, trials=news)
        news = [{"number": number, "state": "complete", "score": -sum(answer["values"].values()), "values": answer["values"],
                 "memory": answer["memory"]}]
    seconds = time.perf_counter() - started
    process.stdin.close()
    process.wait()
    return seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("python")
    parser.add_argument("--proposals", type=int, default=200)
    options = parser.parse_args()
    rounds = [(through_child(options.python, options.proposals), alone(options.python, options.proposals)) for _ in range(5)]
    child, own = (1000 * statistics.median(side) / options.proposals for side in zip(*rounds))
    print(f"{options.proposals} proposals of TPE over 6 keys: {child:.2f} ms each through the child, {own:.2f} ms in Optuna alone, "
          f"{child - own:.2f} ms more")


if __name__ == "__main__":
    sys.exit(main())
