"""The cases of independent_methods.py: settings, shapes of the parameters, other inputs."""

from dataclasses import dataclass, field
from typing import Callable

import numpy as np
import torch

import independent_blocks as blocks
import independent_prompts as prompts

ROWS, PREFIX, SOURCES, HIDDEN, WIDTH, PREFIX_HIDDEN = 5, 4, 3, 7, 8, 6
BOTTLENECK, TASKS, CLASSES = 4, ("a", "b"), 3


@dataclass
class Case:
    name: str
    method: Callable
    shapes: Callable  # of a Backbone: {name: (shape, standard deviation, mean)}
    settings: dict
    inputs: tuple = field(default=())  # of "sources", "deep_sources", "task_ids", "classes"


def tensor(random, shape, std, mean=0.0):
    """Values that float32 holds exactly, as float64."""
    return torch.from_numpy(
        (random.standard_normal(shape) * std + mean).astype(np.float32)
    ).double()


def input_values(backbone, random, case):
    shape = (SOURCES, ROWS, backbone.d_model)
    made = {}
    for name in case.inputs:
        if name == "sources":
            made["sources"] = tensor(random, shape, 1.0)
        if name == "deep_sources":
            made["sources"] = tensor(random, (SOURCES, backbone.layers, *shape[1:]), 1.0)
        if name == "task_ids":
            made["task_ids"] = torch.tensor([0, 1, 0, 1])
        if name == "classes":
            made["classes"] = torch.tensor([2, 0, 1, 2])
    return made


def norms(backbone):
    return {name + ".weight": ((backbone.d_model,), 0.3, 1.0) for name in backbone.norm_names()}


def adapter_layers(backbone, first=0):
    return [
        f"{stack}.block.{i}.layer.{sublayer}"
        for stack, last in (("encoder", 1), ("decoder", 2))
        for i in range(first, backbone.layers)
        for sublayer in (0, last)
    ]


def adapters(backbone, names):
    d = backbone.d_model
    made = {}
    for name in names:
        made |= {
            name + ".down.weight": ((BOTTLENECK, d), 0.3),
            name + ".down.bias": ((BOTTLENECK,), 0.3),
            name + ".up.weight": ((d, BOTTLENECK), 0.3),
            name + ".up.bias": ((d,), 0.3),
        }
    return made


def adapter_drop(backbone):
    dropped = 5 * backbone.layers // 12
    return adapters(backbone, [n + ".adapter" for n in adapter_layers(backbone, dropped)]) | norms(
        backbone
    )


def adapter_m(backbone):
    names = [f"{n}.adapter.{task}" for n in adapter_layers(backbone) for task in TASKS]
    return adapters(backbone, names) | norms(backbone)


def hyperformer(backbone):
    d, m = backbone.d_model, BOTTLENECK
    made = {"hyper.task": ((len(TASKS), 64), 1.0)}
    for stack in ("encoder", "decoder"):
        of = {
            "layer": ((backbone.layers, 64), 1.0),
            "position": ((2, 64), 1.0),
            "W1": ((128, 192), 0.07),
            "b1": ((128,), 0.1),
            "W2": ((64, 128), 0.1),
            "b2": ((64,), 0.1),
            "ln_weight": ((64,), 0.3, 1.0),
            "ln_bias": ((64,), 0.3),
        }
        for name, out in (("u", d * m), ("c", d), ("d", m * d), ("e", m), ("g", d), ("b", d)):
            of["H" + name], of["h" + name] = ((out, 64), 0.03), ((out,), 0.1)
        made |= {f"hyper.{stack}.{name}": shape for name, shape in of.items()}
    return made | norms(backbone)


def bitfit_in_blocks(backbone):
    made = {}
    for name in backbone.linear_names():
        made[name + ".bias"] = ((backbone.model.get_submodule(name).out_features,), 0.2)
    for name in backbone.norm_names():
        if ".block." in name:
            made[name + ".bias"] = ((backbone.d_model,), 0.2)
    return made


def prefixes(sites, mlp, head=None):
    def shapes(backbone):
        width = 2 * backbone.layers * backbone.heads * backbone.head_width
        made = {}
        for site in sites:
            if mlp:
                of = {
                    "E": ((PREFIX, backbone.d_model), 1.0),
                    "W1": ((PREFIX_HIDDEN, backbone.d_model), 0.3),
                    "b1": ((PREFIX_HIDDEN,), 0.3),
                    "W2": ((width, PREFIX_HIDDEN), 0.5),
                    "b2": ((width,), 0.3),
                }
                made |= {f"prefix.{site}.{name}": shape for name, shape in of.items()}
            else:
                inner = backbone.heads * backbone.head_width
                made["prefix." + site] = ((PREFIX, backbone.layers, 2, inner), 0.7)
        if head == "linear":
            made |= {
                "head.weight": ((CLASSES, backbone.d_model), 0.5),
                "head.bias": ((CLASSES,), 0.5),
            }
        return made

    return shapes


def encoder(d, kind):
    """The residual network of a target prompt."""
    if kind is None:
        return {}
    made, width = {}, WIDTH if kind == "mlp" else 2 * WIDTH
    if kind == "lstm":
        for layer in range(2):
            for way in ("", "_reverse"):
                inputs = d if layer == 0 else 2 * WIDTH
                for name, shape in (
                    ("weight_ih", (4 * WIDTH, inputs)),
                    ("weight_hh", (4 * WIDTH, WIDTH)),
                    ("bias_ih", (4 * WIDTH,)),
                    ("bias_hh", (4 * WIDTH,)),
                ):
                    made[f"encoder.lstm.{name}_l{layer}{way}"] = (shape, 0.3)
    first_input = d if kind == "mlp" else width
    return made | {
        "encoder.mlp.0.weight": ((width, first_input), 0.3),
        "encoder.mlp.0.bias": ((width,), 0.3),
        "encoder.mlp.2.weight": ((d, width), 0.3),
        "encoder.mlp.2.bias": ((d,), 0.3),
    }


def mixture_shapes(settings, inputs):
    def shapes(backbone):
        d, made = backbone.d_model, {}
        is_deep, kind = settings.get("deep") == "prompts", settings["attention"]
        prompt = (backbone.layers, ROWS, d) if is_deep else (ROWS, d)
        name = "targets_deep" if is_deep else "targets" if "task_ids" in inputs else "prompt"
        made[name] = ((len(TASKS), *prompt) if "task_ids" in inputs else prompt, 1.0)
        if settings["sources_trainable"]:
            made["sources"] = ((SOURCES, *prompt), 1.0)
        if kind == "linear":
            made["G.W_a"] = ((d, d), 0.3)
        elif kind != "dot":
            made |= {"G.W_down": ((HIDDEN, d), 0.3), "G.W_up": ((d, HIDDEN), 0.5)}
        if kind != "dot":  # large gains: attention far from uniform
            made |= {"G.ln_weight": ((d,), 1.0, 4.0), "G.ln_bias": ((d,), 0.5)}
        if kind == "cross_prompt":
            made |= {"G.W_" + name: ((64, d), 0.3) for name in "qkv"} | {"G.W_o": ((d, 64), 0.2)}
        if settings["temperature"] == "learned":
            made["G.theta"] = ((1,), 0.1, 0.6)
        if settings.get("deep") == "gains":
            made["deep_gains"] = ((backbone.layers,), 0.5, 1.0)
        return made | encoder(d, settings.get("target_encoder"))

    return shapes


def attempt(name, inputs=("sources",), **settings):
    settings = {
        "attention": "sub",
        "target": "add_and_mix",
        "temperature": "paper",
        "sources_trainable": False,
        "g_hidden": HIDDEN,
        "rows": ROWS,
        "sources": SOURCES,
    } | settings
    if "task_ids" in inputs:
        settings["tasks"] = list(TASKS)
    if settings["sources_trainable"]:
        inputs = tuple(n for n in inputs if n not in ("sources", "deep_sources"))
    return Case(
        name,
        prompts.attempt,
        mixture_shapes(settings, inputs),
        {"method": "attempt"} | settings,
        inputs,
    )


def prefix(
    name,
    method,
    sites=("encoder", "decoder", "cross"),
    mlp=False,
    prefix_bias="relative",
    head="text",
):
    settings = {
        "method": method,
        "rows": PREFIX,
        "sites": list(sites),
        "mlp": mlp,
        "prefix_bias": prefix_bias,
        "head": head,
    }
    if mlp:
        settings["hidden"] = PREFIX_HIDDEN
    return Case(
        name,
        blocks.prefix,
        prefixes(sites, mlp, head),
        settings,
        ("classes",) if head == "linear" else (),
    )


def prompt_tuning(name, **settings):
    def shapes(backbone):
        return {"prompt": ((ROWS, backbone.d_model), 1.0)} | encoder(
            backbone.d_model, settings["prompt_encoder"]
        )

    return Case(
        name, prompts.prompt_tuning, shapes, {"method": "prompt_tuning", "rows": ROWS} | settings
    )


def cases():
    both, deep = ("sources", "task_ids"), {"deep": "prompts", "deep_mode": "replace"}
    alike = {"method": "adapter_drop", "bottleneck": BOTTLENECK}
    several = {"tasks": list(TASKS), "bottleneck": BOTTLENECK}
    return [
        prefix("prefix_tuning_mlp", "prefix_tuning", mlp=True),
        prefix("prefix_tuning_direct", "prefix_tuning"),
        prefix("prefix_tuning_encoder", "prefix_tuning", sites=("encoder",)),
        prefix("prefix_tuning_zero_bias", "prefix_tuning", prefix_bias="zero"),
        prefix("p_tuning_v2_text", "p_tuning_v2"),
        prefix("p_tuning_v2_linear", "p_tuning_v2", head="linear"),
        Case(
            "prompt_tuning_deep",
            prompts.deep_prompt_tuning,
            lambda b: {"prompts": ((b.layers, ROWS, b.d_model), 1.0)},
            {"method": "prompt_tuning", "deep": True, "rows": ROWS},
        ),
        prompt_tuning("prompt_tuning_mlp", prompt_encoder="mlp", encoder_hidden=WIDTH),
        Case("adapter_drop", blocks.adapter, adapter_drop, alike),
        Case(
            "adapter_m",
            blocks.adapter_m,
            adapter_m,
            {"method": "adapter_m"} | several,
            ("task_ids",),
        ),
        Case(
            "bitfit_norm_scales",
            blocks.values_in_blocks,
            norms,
            {"method": "bitfit", "norm_scales": True},
        ),
        Case(
            "bitfit_blocks",
            blocks.values_in_blocks,
            bitfit_in_blocks,
            {"method": "bitfit", "head_bias": False},
        ),
        Case(
            "hyperformer",
            blocks.hyperformer,
            hyperformer,
            {"method": "hyperformer"} | several,
            ("task_ids",),
        ),
        attempt("attempt_linear", attention="linear"),
        attempt("attempt_dot", attention="dot"),
        attempt("attempt_cross_prompt", attention="cross_prompt"),
        attempt("attempt_learned_temperature", temperature="learned"),
        attempt("attempt_token_multi_task", both, attention="token", temperature=7.5),
        attempt("attempt_mix_only", target="mix_only"),
        attempt("attempt_add_only", target="add_only"),
        attempt("attempt_tuned_sources", sources_trainable=True),
        attempt("attempt_tuned_sources_multi_task", both, sources_trainable=True),
        attempt("attempt_deep_replace", ("deep_sources",), **deep),
        attempt("attempt_deep_add", ("deep_sources",), **deep | {"deep_mode": "add"}),
        attempt("attempt_deep_per_layer", ("deep_sources",), **deep, deep_attention="per_layer"),
        attempt("attempt_deep_layers", ("deep_sources",), **deep, layers=[0, 2]),
        attempt(
            "attempt_deep_multi_task",
            ("deep_sources", "task_ids"),
            **deep,
            deep_attention="per_layer",
        ),
        attempt("attempt_deep_tuned_sources", ("deep_sources",), **deep, sources_trainable=True),
        attempt("attempt_gains", deep="gains"),
        attempt("attempt_target_mlp", target_encoder="mlp", encoder_hidden=WIDTH),
        attempt("attempt_target_lstm", target_encoder="lstm", encoder_hidden=WIDTH),
        attempt("attempt_target_mlp_multi_task", both, target_encoder="mlp", encoder_hidden=WIDTH),
        attempt(
            "attempt_target_lstm_token",
            attention="token",
            target_encoder="lstm",
            encoder_hidden=WIDTH,
        ),
        attempt("attempt_cross_prompt_multi_task", both, attention="cross_prompt"),
        attempt("attempt_exclude_own", both, own_source=[0, 1]),
    ]
