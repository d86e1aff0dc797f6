"""Reference values of tuning methods, from the methods' formulas without the program's code.

    python independent_methods.py [--only CASE] [--check]

writes tests/goldens/independent: for every case and backbone the random parameters (`param.NAME`),
other inputs, gradients of the loss (`grad.NAME`, from a float64 run), and independent.json with the
losses. `--check` writes nothing: it compares the committed files with what this run computes.
"""

import argparse
import json
import zlib
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

import independent_cases
import independent_spot
from independent_t5 import Backbone

GOLDENS = Path(__file__).resolve().parents[1] / "goldens"
BACKBONES = ("t5_v1_0", "t5_v1_1")
FULL_GRADIENT = 2048  # larger gradients are stored by every 8th row
DIFFERENCES = 12  # entries that finite differences check, per case


def main_batch(backbone: str):
    tensors = load_file(GOLDENS / "backbone" / f"{backbone}.safetensors")
    return {name: tensors["main." + name] for name in ("input_ids", "attention_mask", "labels")}


def loss_of(backbone, case, parameters, batch):
    backbone.reset()
    return case.method(backbone, parameters, batch, case.settings)


def differences(backbone, case, parameters, gradients, batch, random):
    """Largest relative deviation of central differences, at the largest entry of some gradients."""
    worst, step = 0.0, 1e-5
    for name in random.permutation(sorted(parameters))[:DIFFERENCES]:
        flat, gradient = parameters[name].detach().view(-1), gradients[name].view(-1)
        at = int(gradient.abs().argmax())
        with torch.no_grad():
            before, sides = flat[at].item(), []
            for sign in (1, -1):
                flat[at] = before + sign * step
                sides.append(loss_of(backbone, case, parameters, batch).item())
            flat[at] = before
        found = (sides[0] - sides[1]) / (2 * step)
        worst = max(worst, abs(found - gradient[at].item()) / max(abs(found), 1e-4))
    return worst


def run(backbones, backbone_name, case):
    """Loss in both precisions, the stored tensors, and how finite differences deviate."""
    exact, single = backbones
    # A stream of its own for every case: adding one leaves the others as they are.
    random = np.random.RandomState(zlib.crc32(f"{backbone_name}/{case.name}".encode()))
    inputs = independent_cases.input_values(exact, random, case)
    parameters = {
        name: independent_cases.tensor(random, *shape).requires_grad_()
        for name, shape in case.shapes(exact).items()
    }
    batch = main_batch(backbone_name) | inputs
    loss64 = loss_of(exact, case, parameters, batch)
    found = torch.autograd.grad(loss64, list(parameters.values()), allow_unused=True)
    gradients = {
        name: torch.zeros_like(value) if gradient is None else gradient
        for (name, value), gradient in zip(parameters.items(), found)
    }
    in_single = {name: value.detach().float() for name, value in parameters.items()}
    with torch.no_grad():
        loss = loss_of(single, case, in_single, batch)
    tensors = {"param." + name: value for name, value in in_single.items()}
    for name, value in inputs.items():
        tensors[name] = value.float() if value.is_floating_point() else value
    for name, value in gradients.items():
        whole = value.numel() <= FULL_GRADIENT or value.dim() < 2
        tensors[("grad." if whole else "grad_every_8th_row.") + name] = (
            value if whole else value[::8]
        ).float()
    deviation = differences(exact, case, parameters, gradients, batch, random)
    entry = {
        "loss": loss.item(),
        "loss64": loss64.item(),
        "trained_parameters": sum(value.numel() for value in parameters.values()),
    }
    return entry, {name: value.contiguous() for name, value in tensors.items()}, deviation


def spot_values():
    """Random prompts, and what SPoT makes of them; the last source points away from the target."""
    random = np.random.RandomState(zlib.crc32(b"spot"))
    target = random.standard_normal((5, 16)) + 0.5
    shares = (0.2, 1.0, 0.5, -0.8)
    sources = np.stack([target * x + random.standard_normal((5, 16)) + 0.3 for x in shares])
    target, sources = (x.astype(np.float32).astype(np.float64) for x in (target, sources))
    expected = independent_spot.values(sources, target)
    return {"target": target.tolist(), "sources": sources.tolist()} | expected


def compare(path: Path, tensors):
    stored = load_file(path)
    assert stored.keys() == tensors.keys(), path
    for name, value in tensors.items():
        difference = (stored[name].double() - value.double()).abs().max().item()
        assert difference <= 1e-6 * max(1.0, value.abs().max().item()), (
            path.name,
            name,
            difference,
        )


def compare_numbers(stored, found):
    if isinstance(stored, dict):
        assert stored.keys() == found.keys()
        for name in stored:
            compare_numbers(stored[name], found[name])
    else:
        assert np.allclose(stored, found, rtol=1e-9, atol=1e-12), (stored, found)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", help="one case, printed; nothing is written")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    folder, summary = GOLDENS / "independent", {}
    spot = spot_values()
    writes = not arguments.check and not arguments.only
    stored = {} if writes else json.loads((folder / "independent.json").read_text())
    if writes:
        folder.mkdir(exist_ok=True)
        (folder / "spot.json").write_text(json.dumps(spot) + "\n")
    elif arguments.check:
        compare_numbers(json.loads((folder / "spot.json").read_text()), spot)
    for name in BACKBONES:
        backbones = [Backbone(GOLDENS / name, dtype) for dtype in (torch.float64, torch.float32)]
        summary[name] = {}
        for case in independent_cases.cases():
            if arguments.only not in (None, case.name):
                continue
            entry, tensors, deviation = run(backbones, name, case)
            entry["settings"] = case.settings
            summary[name][case.name] = entry
            print(
                f"{name}/{case.name}: loss {entry['loss64']:.9f}, float32 {entry['loss']:.7f}, "
                f"finite differences {deviation:.1e}",
                flush=True,
            )
            assert deviation < 1e-5, "gradients disagree with finite differences"
            path = folder / name / f"{case.name}.safetensors"
            if writes:
                path.parent.mkdir(exist_ok=True)
                save_file(tensors, path)
            elif not arguments.only:
                compare(path, tensors)
                loss64 = stored[name][case.name]["loss64"]
                assert abs(loss64 - entry["loss64"]) <= 1e-9 * loss64, (case.name, loss64)
    if writes:
        (folder / "independent.json").write_text(json.dumps(summary, indent=1) + "\n")


if __name__ == "__main__":
    main()
