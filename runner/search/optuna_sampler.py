"""Optuna's samplers behind the ask/tell protocol of docs/search.md: one JSON object a line. `attempt report` asks for the
importance of the keys as well.

A proposal depends on the history that was told and on nothing else: the sampler is made anew, with a seed of the
proposal's number, for each one. So a search that goes on after a break draws what it would have drawn."""
import importlib.util
import json
import sys
import warnings


def answer(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


sys.path[:] = [folder for folder in sys.path if folder]  # not what lies where the program was called

try:
    import optuna
except ImportError as error:
    answer(type="error", message=f"{sys.executable} has no Optuna ({error}); install it (pip install optuna), or name "
                                 "a Python that has it")
    sys.exit(1)

optuna.logging.set_verbosity(optuna.logging.WARNING)
warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
STATES = {"running": optuna.trial.TrialState.RUNNING, "complete": optuna.trial.TrialState.COMPLETE,
          "failed": optuna.trial.TrialState.FAIL}
NEEDS = {"CmaEsSampler": ["cmaes"], "GPSampler": ["scipy", "torch"], "QMCSampler": ["scipy"]}
OPTIONS = {"TPESampler": {"constant_liar": True}}  # what runs counts, so that nothing is proposed twice


def is_plain(choice):
    return isinstance(choice, (bool, int, float, str))


class Search:
    """One study in memory; its trials have the numbers of the configurations."""

    def __init__(self, space, sampler, seed):
        self.space, self.sampler, self.seed = space, sampler, seed
        self.study = optuna.create_study(direction="maximize")
        self.count = 0  # study.trials would copy them all

    def distribution(self, key):
        if key["type"] == "categorical":
            return optuna.distributions.CategoricalDistribution(
                [choice if is_plain(choice) else json.dumps(choice) for choice in key["choices"]])
        kind = optuna.distributions.IntDistribution if key["type"] == "int" else optuna.distributions.FloatDistribution
        step = {} if key["log"] or not key["step"] else {"step": key["step"]}
        return kind(key["low"], key["high"], log=key["log"], **step)

    def holds(self, key, values):
        return all(name in values and values[name] in allowed for name, allowed in key["when"].items())

    def tell(self, trial):
        """A configuration as it is now; one that this process did not propose is added."""
        state, number = STATES[trial["state"]], trial["number"]
        if number < self.count:
            if state == optuna.trial.TrialState.COMPLETE:
                self.study.tell(number, trial["score"])
            elif state == optuna.trial.TrialState.FAIL:
                self.study.tell(number, state=state)
            return
        keys = [key for key in self.space if key["name"] in trial["values"]]
        values = trial["values"]
        self.study.add_trial(optuna.trial.create_trial(
            state=state, value=trial.get("score"), system_attrs=trial.get("memory") or {},
            params={key["name"]: values[key["name"]] if is_plain(values[key["name"]]) else
                    json.dumps(values[key["name"]]) for key in keys},
            distributions={key["name"]: self.distribution(key) for key in keys}))
        self.count += 1

    def new_sampler(self, number):
        sampler = getattr(optuna.samplers, self.sampler)(
            seed=(self.seed * 1000003 + number) % 2**31, **OPTIONS.get(self.sampler, {}))
        if self.sampler == "QMCSampler":  # its place in the sequence is the study's, which began anew
            if not hasattr(sampler, "_find_sample_id"):
                raise RuntimeError(f"QMCSampler of Optuna {optuna.__version__} keeps its place in an unknown way; take "
                                   "sampler = \"sobol\"")
            sampler._find_sample_id = lambda study, *_: number
        return sampler

    def ask(self, number):
        self.study.sampler = self.new_sampler(number)
        trial = self.study.ask()
        self.count += 1
        assert trial.number == number, f"proposal {trial.number} was asked for as {number}"
        values = {}
        for key in self.space:
            if not self.holds(key, values):
                continue
            value = trial._suggest(key["name"], self.distribution(key))
            values[key["name"]] = value if key["type"] != "categorical" or value in key["choices"] else json.loads(value)
        return values, self.study._storage.get_trial_system_attrs(trial._trial_id)

    def importance(self):
        """What Optuna calls it, and shares of 1 by key. Its default wants scikit-learn."""
        try:
            import sklearn  # noqa: F401
            name, evaluator = "fANOVA", optuna.importance.FanovaImportanceEvaluator(seed=self.seed)
        except ImportError:
            name, evaluator = "PED-ANOVA", optuna.importance.PedAnovaImportanceEvaluator()
        shares = optuna.importance.get_param_importances(self.study, evaluator=evaluator)
        return f"{name} of Optuna {optuna.__version__}", shares


def missing_packages(sampler):
    return [name for name in NEEDS.get(sampler, []) if importlib.util.find_spec(name) is None]


def main():
    searches, sampler, seed = {}, sys.argv[1], 0
    if missing := missing_packages(sampler):
        answer(type="error", message=f"{sampler} needs {' and '.join(missing)}, which {sys.executable} has not (pip install "
                                     f"{' '.join(missing)})")
        sys.exit(1)
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "start":
            seed = message["seed"]
            searches = {name: Search(space, sampler, seed) for name, space in message["searches"].items()}
            answer(type="started", name=f"Optuna {optuna.__version__} {sampler}")
        elif message["type"] == "ask":
            search = searches[message["search"]]
            for trial in message["trials"]:
                search.tell(trial)
            values, memory = search.ask(message["number"])
            answer(type="proposal", values=values, memory=memory)
        elif message["type"] == "importance":
            search = searches[message["search"]]
            for trial in message["trials"]:
                search.tell(trial)
            method, shares = search.importance()
            answer(type="importance", method=method, shares=shares)


try:
    main()
except Exception as error:
    answer(type="error", message=f"{type(error).__name__}: {error}")
    raise
