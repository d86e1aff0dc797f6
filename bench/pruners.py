#!/usr/bin/env python3
"""Stopping rules played over recorded learning curves, beside full runs and Optuna's own pruners.

Usage: pruners.py JUDGE CURVES.json.gz [--repeats 40] [--workers 4] [--sample 16]; needs Optuna. JUDGE is build/check/bin/pruner_judge.

The curves are of whole trials, `attempt run bench/pruner_curves.toml` (bench/record_curves.py makes the file). A repeat draws so many trials of one
method and task, in random order; the workers train them side by side, an evaluation at a time. The best score until its end is what a trial
reports; the trial with the best is chosen, and trained to its end as searches do. Regret is the best of the drawn trials at their ends less that of
the chosen one, in points of the selection metric.
"""
import argparse
import gzip
import json
import random
import statistics
import subprocess

import optuna

AFTER = 4  # search.prune_after by default


class Judge:
    """The program's own rules, in its own code."""

    def __init__(self, program, rule):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.rule = rule

    def begin(self, evaluations):
        self.process.stdin.write(f"new {self.rule} {AFTER} {evaluations}\n")

    def start(self, name):
        return name

    def stops(self, trial, number, score):
        self.process.stdin.write(f"report {trial} {score!r}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline() == "1\n"

    def end(self, trial, score, is_stopped):
        pass


class OptunaPruner:
    def __init__(self, make):
        self.make = make

    def begin(self, evaluations):
        self.study = optuna.create_study(direction="maximize", pruner=self.make(evaluations))

    def start(self, name):
        return self.study.ask()

    def stops(self, trial, number, score):
        trial.report(score, number)
        return trial.should_prune()

    def end(self, trial, score, is_stopped):
        state = optuna.trial.TrialState
        self.study.tell(trial, None if is_stopped else score, state=state.PRUNED if is_stopped else state.COMPLETE)


class Never(OptunaPruner):
    def __init__(self):
        super().__init__(lambda evaluations: optuna.pruners.NopPruner())


def play(pruner, curves, workers):
    """Evaluations that each trial came to. The workers advance in turn; whoever is free takes the next trial."""
    pruner.begin(max(len(curve["scores"]) for curve in curves))
    waiting, running, reached = list(range(len(curves)))[::-1], [], [0] * len(curves)
    while waiting or running:
        while waiting and len(running) < workers:
            index = waiting.pop()
            running.append((index, pruner.start(f"t{index}")))
        for index, trial in list(running):
            scores = curves[index]["scores"]
            reached[index] += 1
            is_last = reached[index] == len(scores)
            is_stopped = pruner.stops(trial, reached[index], scores[reached[index] - 1]) and not is_last
            if is_stopped or is_last:
                pruner.end(trial, max(scores[:reached[index]]), is_stopped)
                running.remove((index, trial))
    return reached


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("judge")
    parser.add_argument("curves")
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--sample", type=int, default=16)
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    groups = {}
    for curve in json.load(gzip.open(arguments.curves)):
        groups.setdefault((curve["method"], curve["task"]), []).append(curve)
    pruners = {"none": Never(),
               "median": Judge(arguments.judge, "median"),
               "asha": Judge(arguments.judge, "asha"),
               "plateau": Judge(arguments.judge, "plateau"),
               "Optuna MedianPruner": OptunaPruner(lambda n: optuna.pruners.MedianPruner(n_startup_trials=AFTER, n_warmup_steps=AFTER)),
               "Optuna SuccessiveHalvingPruner": OptunaPruner(lambda n: optuna.pruners.SuccessiveHalvingPruner(min_resource=AFTER, reduction_factor=3)),
               "Optuna HyperbandPruner": OptunaPruner(lambda n: optuna.pruners.HyperbandPruner(min_resource=AFTER, max_resource=n, reduction_factor=3)),
               "Optuna PatientPruner(Median)": OptunaPruner(
                   lambda n: optuna.pruners.PatientPruner(optuna.pruners.MedianPruner(n_startup_trials=AFTER, n_warmup_steps=AFTER), patience=AFTER))}
    print(f"{sum(map(len, groups.values()))} curves of {len(groups)} searches ({', '.join('/'.join(group) for group in groups)}); {arguments.repeats} repeats "
          f"of each, {arguments.sample} trials, {arguments.workers} workers, prune_after = {AFTER}\n")
    print("| rule | regret, points (standard error) | worst | found the best, % | trials stopped, % | training saved, % | hours saved of |\n|---|---|---|---|---|---|---|")
    for name, pruner in pruners.items():
        regrets, hits, stopped, saved, hours = [], [], [], 0, 0
        for group, curves in groups.items():
            draw = random.Random("/".join(group))  # the same draws for every rule
            for _ in range(arguments.repeats):
                drawn = draw.sample(curves, min(arguments.sample, len(curves)))
                reached = play(pruner, drawn, arguments.workers)
                whole = [max(curve["scores"]) for curve in drawn]
                reported = [max(curve["scores"][:count]) for curve, count in zip(drawn, reached)]
                regret = max(whole) - whole[reported.index(max(reported))]
                regrets.append(regret)
                hits.append(regret == 0)
                stopped += [count < len(curve["scores"]) for curve, count in zip(drawn, reached)]
                for curve, count in zip(drawn, reached):
                    hours += curve["seconds"] / 3600
                    saved += curve["seconds"] / 3600 * (1 - count / len(curve["scores"]))
        error = statistics.stdev(regrets) / len(regrets) ** 0.5
        print(f"| {name} | {statistics.mean(regrets):.2f} ({error:.2f}) | {max(regrets):.1f} | {100 * statistics.mean(hits):.0f} | "
              f"{100 * statistics.mean(stopped):.0f} | {100 * saved / hours:.0f} | {saved:.2f} of {hours:.2f} |")


if __name__ == "__main__":
    main()
