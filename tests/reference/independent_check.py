"""The formulas of independent_methods.py against values of PEFT and of published code.

    python independent_check.py

Methods that tests/goldens/methods and tests/goldens/attempt hold: losses within 1e-6, gradients
(theirs of float32 runs, but for ATTEMPT) within 5e-5 of the largest.
"""

import json

import torch
from safetensors.torch import load_file

import independent_blocks as blocks
import independent_methods as methods
import independent_prompts as prompts
from independent_t5 import Backbone

P_TUNING_NAMES = {
    "embedding.weight": "encoder.embedding",
    "lstm_head": "encoder.lstm",
    "mlp_head": "encoder.mlp",
}


def renamed(name, names):
    for theirs, ours in names.items():
        if name.startswith(theirs):
            return ours + name.removeprefix(theirs)
    return name


def with_prefix(tensors, prefix, names):
    return {
        renamed(name.removeprefix(prefix), names): value.double()
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def compare(label, loss, expected_loss, parameters, gradients):
    assert abs(loss.item() - expected_loss) <= 1e-6 * expected_loss, (
        label,
        loss.item(),
        expected_loss,
    )
    found = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
    worst = 0.0
    for (name, value), gradient in zip(parameters.items(), found):
        gradient = torch.zeros_like(value) if gradient is None else gradient
        expected = gradients[name]
        size = max(expected.abs().max().item(), 1e-3)
        worst = max(worst, (gradient - expected).abs().max().item() / size)
    assert worst <= 5e-5, (label, worst)
    print(f"{label}: loss {loss.item():.9f}, gradients within {worst:.1e}")


def peft_prefix(backbone, p, batch, _):
    """PEFT's layout: decoder self-attention alone, layer i reads slots 4i and 4i + 1 mod 2L."""
    slots = p["prefix"].unflatten(1, (2 * backbone.layers, backbone.heads, backbone.head_width))
    for i in range(backbone.layers):
        backbone.prefix[f"decoder.block.{i}.layer.0.SelfAttention"] = tuple(
            slots[:, (4 * i + which) % (2 * backbone.layers)].transpose(0, 1) for which in (0, 1)
        )
    return backbone.loss(batch)


def method_goldens(backbone, name):
    expected = json.loads((methods.GOLDENS / "methods/methods.json").read_text())[name]
    for golden, method, settings, names in (
        ("prompt_tuning", prompts.prompt_tuning, {}, {}),
        ("lora", blocks.values_in_blocks, {"lora_scale": 2.0}, {}),
        ("bitfit", blocks.values_in_blocks, {}, {}),
        ("adapter", blocks.adapter, {}, {}),
        ("prefix_tuning", peft_prefix, {}, {"embedding.weight": "prefix"}),
        ("p_tuning_lstm_sub1", prompts.p_tuning, {"encoder": "lstm"}, P_TUNING_NAMES),
        ("p_tuning_mlp_sub1", prompts.p_tuning, {"encoder": "mlp"}, P_TUNING_NAMES),
    ):
        tensors = load_file(methods.GOLDENS / "methods" / name / f"{golden}.safetensors")
        parameters = with_prefix(tensors, "param.", names)
        parameters = {n: value.requires_grad_() for n, value in parameters.items()}
        backbone.reset()
        loss = method(backbone, parameters, methods.main_batch(name), settings)
        compare(
            f"{name}/{golden}",
            loss,
            expected[golden]["loss64"],
            parameters,
            with_prefix(tensors, "grad.", names),
        )


def attempt_goldens(backbone, name):
    about = json.loads((methods.GOLDENS / "attempt/attempt.json").read_text())[name]
    tensors = load_file(methods.GOLDENS / "attempt" / f"{name}.safetensors")
    attention = {"instance": "sub", "token": "token", "uniform": "constant"}
    for case, of in about["cases"].items():
        batch = {n: tensors[n] for n in ("input_ids", "attention_mask", "labels")}
        batch["sources"] = tensors["sources"][: of["sources"]]
        parameters = {
            "G." + n: tensors["G." + n].double() for n in ("W_down", "W_up", "ln_weight", "ln_bias")
        }
        targets = tensors["targets"].double()
        if of["multi_task"]:
            batch["task_ids"], parameters["targets"] = tensors["task_ids"], targets
        else:
            parameters["prompt"] = targets[0]
        parameters = {n: value.requires_grad_() for n, value in parameters.items()}
        settings = {
            "attention": attention[of["mode"]],
            "temperature": of["temperature"],
            "pooling": "masked" if of["pooling"] == "mask" else "all",
            "target": "add_and_mix" if of["use_target"] else "none",
        }
        backbone.reset()
        loss = prompts.attempt(backbone, parameters, batch, settings)
        gradients = {}
        for n in parameters:
            stored = tensors.get(
                f"{case}.grad64." + ("targets" if n == "prompt" else n.removeprefix("G."))
            )
            stored = (
                torch.zeros_like(targets if n == "prompt" else parameters[n])
                if stored is None
                else stored
            )
            gradients[n] = stored[0] if n == "prompt" else stored
        compare(f"{name}/{case}", loss, of["loss64"], parameters, gradients)


def main():
    torch.set_num_threads(1)
    for name in methods.BACKBONES:
        backbone = Backbone(methods.GOLDENS / name, torch.float64)
        for batch in ("main", "long"):
            tensors = load_file(methods.GOLDENS / "backbone" / f"{name}.safetensors")
            expected = json.loads((methods.GOLDENS / "backbone" / f"{name}.json").read_text())[
                batch
            ]["loss64"]
            loss = backbone.loss(
                {n: tensors[f"{batch}.{n}"] for n in ("input_ids", "attention_mask", "labels")}
            )
            assert abs(loss.item() - expected) <= 1e-6 * expected, (loss.item(), expected)
            print(f"{name}/{batch}: loss {loss.item():.9f}")
        method_goldens(backbone, name)
        attempt_goldens(backbone, name)


if __name__ == "__main__":
    main()
