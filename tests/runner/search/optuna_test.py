#!/usr/bin/env python3
"""The shipped sampler with real Optuna: optuna_test.py SAMPLER.py PYTHON. Without Optuna it is skipped."""
import json
import subprocess
import sys

SCRIPT, PYTHON = sys.argv[1:3]
SPACE = [{"name": "rate", "type": "float", "low": 0.01, "high": 1.0, "step": 0.0, "log": True, "when": {}},
         {"name": "length", "type": "int", "low": 10, "high": 100, "step": 10, "log": False, "when": {}},
         {"name": "kind", "type": "categorical", "choices": ["sub", "constant", ["mnli", "qqp"]], "when": {}},
         {"name": "hidden", "type": "categorical", "choices": [50, 100], "when": {"kind": ["sub"]}}]
NUMBERS = SPACE[:2]  # what CMA-ES and NSGA-II are meant for


def check(condition, text):
    if not condition:
        sys.exit(f"not so: {text}")


class Sampler:
    """The child process, spoken to as `attempt run` does."""

    def __init__(self, name, space, seed=0):
        self.process = subprocess.Popen([PYTHON, SCRIPT, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.say(type="start", version=1, seed=seed, direction="maximize", searches={"s": space})

    def say(self, **message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        check(answer["type"] != "error", answer)
        return answer

    def ask(self, number, trials):
        answer = self.say(type="ask", search="s", number=number, trials=trials)
        return {"number": number, "state": "running", "values": answer["values"], "memory": answer["memory"]}

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def score(values):
    return 100 - abs(values["rate"] - 0.3) * 50 - abs(values["length"] - 50) * 0.2


def search(name, space, count, open_at_once, restart_at=None):
    """Proposals of a search whose configurations end in order, `open_at_once` after they began."""
    sampler, history, news = Sampler(name, space), [], []
    for number in range(count):
        if number >= open_at_once:
            ended = history[number - open_at_once]
            ended.update(state="complete", score=score(ended["values"]))
            news.append(ended)
        if number == restart_at:
            sampler.end()
            sampler, news = Sampler(name, space), list(history)
        history.append(sampler.ask(number, news))
        news = []
    sampler.end()
    return [trial["values"] for trial in history]


def has(package):
    return subprocess.run([PYTHON, "-c", f"import {package}"], capture_output=True).returncode == 0


def main():
    found = subprocess.run([PYTHON, "-c", "import optuna; print(optuna.__version__)"], capture_output=True, text=True)
    if found.returncode != 0:
        print(f"skipped: {PYTHON} has no Optuna (pip install optuna; ATTEMPT_OPTUNA_PYTHON names a Python that has it)")
        sys.exit(77)
    print("Optuna", found.stdout.strip())
    has_cmaes = has("cmaes")
    samplers = [("TPESampler", SPACE), ("RandomSampler", SPACE), ("NSGAIISampler", NUMBERS)]
    samplers += [("CmaEsSampler", NUMBERS)] if has_cmaes else []
    samplers += [("QMCSampler", NUMBERS)] if has("scipy") else []
    for name, space in samplers:
        values = search(name, space, 40, 4)
        check(search(name, space, 40, 4) == values, f"{name}: the same history has the same proposals")
        check(search(name, space, 40, 4, restart_at=25) == values, f"{name}: and goes on as it would have")
        for proposal in values:
            check(("hidden" in proposal) == (proposal.get("kind") == "sub"), f"conditions hold: {proposal}")
        print(name, "best", max(map(score, values)))
    check(search("TPESampler", SPACE, 40, 1)[10:] != search("RandomSampler", SPACE, 40, 1)[10:], "scores steer TPE")
    steered, blind = (max(map(score, search(name, NUMBERS, 60, 1))) for name in ("TPESampler", "RandomSampler"))
    check(steered >= blind - 1, f"TPE finds what random finds: {steered} and {blind}")
    # What runs is told as running: many open at once are not one proposal many times.
    opened = search("TPESampler", NUMBERS, 40, 20)[20:]
    check(len({json.dumps(values, sort_keys=True) for values in opened}) >= 18, "open proposals differ")


main()
