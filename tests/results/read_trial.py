"""Checks a trial file object by object with h5py and prints what it holds as JSON.

Usage: read_trial.py FILE.h5. Exits with 1 and a message for an object that is missing, has another
type, or is not part of the format (interfaces: results/README.md).
"""

import json
import sys

import h5py
import numpy as np

TEXTS = ["format", "trial_id", "phase", "method", "variant", "status", "config", "provenance",
         "compat", "sources", "counts"]
TEXT_LISTS = ["tasks", "depends_on"]
INTEGERS = ["format_version", "trainable_parameters", "selected_step", "comparable", "synthetic",
            "exact"]
COST = {"train_seconds": "<f8", "evaluation_seconds": "<f8", "peak_memory_bytes": "<i8",
        "examples_per_second": "<f8", "tokens": "<i8", "attempts": "<i8", "micro_batch": "<i8",
        "bundle_width": "<i8"}


def require(condition, what):
    if not condition:
        sys.exit(f"{sys.argv[1]}: {what}")


def is_text(dtype):
    info = h5py.check_string_dtype(dtype)
    return info is not None and info.length is None and info.encoding == "utf-8"


def attribute(place, name, dtype):
    require(name in place.attrs, f"{place.name}@{name} is missing")
    found = place.attrs.get_id(name)
    require(found.dtype == np.dtype(dtype), f"{place.name}@{name} is {found.dtype}")
    require(found.shape == (), f"{place.name}@{name} has shape {found.shape}")
    return place.attrs[name].item()


def text_attribute(place, name, shape):
    require(name in place.attrs, f"{place.name}@{name} is missing")
    found = place.attrs.get_id(name)
    require(is_text(found.dtype), f"{place.name}@{name} is {found.dtype}")
    require(len(found.shape) == shape, f"{place.name}@{name} has shape {found.shape}")
    value = place.attrs[name]
    return value if shape == 0 else list(value)


def array(place, name, dtype, dims):
    require(name in place, f"{place.name}/{name} is missing")
    found = place[name]
    require(found.dtype == np.dtype(dtype), f"{found.name} is {found.dtype}")
    require(len(found.shape) == dims, f"{found.name} has shape {found.shape}")
    return found[()].tolist()


def texts(place, name):
    require(name in place, f"{place.name}/{name} is missing")
    require(is_text(place[name].dtype), f"{place[name].name} is {place[name].dtype}")
    return place[name].asstr()[()].tolist()


def groups(place):
    return [name for name in place if isinstance(place[name], h5py.Group)]


def read(root):
    attributes = {name: text_attribute(root, name, 0) for name in TEXTS}
    attributes.update({name: text_attribute(root, name, 1) for name in TEXT_LISTS})
    attributes.update({name: attribute(root, name, "<i8") for name in INTEGERS})
    attributes["seed"] = attribute(root, "seed", "<u8")
    require(set(root.attrs) == set(attributes), f"attributes {sorted(root.attrs)}")
    require(set(root) <= {"train", "evaluations", "test", "parameters", "attention", "cost"},
            f"objects {sorted(root)}")

    train = {"step": array(root["train"], "step", "<i8", 1)}
    for name in ["loss", "learning_rate", "gradient_norm"]:
        train[name] = array(root["train"], name, "<f8", 1)
    for task in groups(root["train"]):
        train[task] = array(root["train"][task], "loss", "<f8", 1)

    place = root["evaluations"]
    evaluations = {"step": array(place, "step", "<i8", 1)}
    for name in ["parameter_norm", "attention_entropy", "selection"]:
        if name in place:
            evaluations[name] = array(place, name, "<f8", 1)
    for task in groups(place):
        evaluations[task] = {name: array(place[task], name, "<f8", 1) for name in place[task]}

    test = {}
    for task in root["test"]:
        place = root["test"][task]
        test[task] = {"metrics": {name: array(place["metrics"], name, "<f8", 0)
                                  for name in place["metrics"]}}
        if "predictions" in place:
            for name in ["predictions", "targets", "ids"]:
                test[task][name] = texts(place, name)

    parameters = {}
    for name in root["parameters"]:
        found = root["parameters"][name]
        require(found.dtype == np.dtype("<f4"), f"{found.name} is {found.dtype}")
        parameters[name] = {"shape": list(found.shape), "values": found[()].ravel().tolist()}

    attention = {}
    if "attention" in root:
        place = root["attention"]
        attention["names"] = texts(place, "names")
        for task in groups(place):
            attention[task] = {name: place[task][name][()].tolist() for name in ["mean", "std"]}
            require(place[task]["mean"].dtype == np.dtype("<f8"), f"{task} attention mean")

    cost = {name: attribute(root["cost"], name, dtype) for name, dtype in COST.items()}
    cost["device"] = text_attribute(root["cost"], "device", 0)
    return {"attributes": attributes, "train": train, "evaluations": evaluations, "test": test,
            "parameters": parameters, "attention": attention, "cost": cost}


with h5py.File(sys.argv[1], "r") as file:
    print(json.dumps(read(file)))
