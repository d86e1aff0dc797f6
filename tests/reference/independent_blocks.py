"""Methods inside the blocks, from their formulas: BitFit, adapters, HyperFormer++, prefixes.

Each function takes a Backbone, the parameters by name, the batch and the settings, and returns the
loss.
"""

import torch
from torch.nn import functional


def values_in_blocks(backbone, p, batch, options):
    """BitFit (biases or the RMS vectors) and LoRA: the names say where a tensor enters."""
    backbone.values = p
    backbone.lora_scale = options.get("lora_scale", 1.0)
    return backbone.loss(batch)


def one_adapter(p, prefix, f):
    """f + U gelu(Dn f + d) + c."""
    low = functional.gelu(
        f @ p[prefix + "down.weight"].T + p[prefix + "down.bias"], approximate="tanh"
    )
    return f + low @ p[prefix + "up.weight"].T + p[prefix + "up.bias"]


def adapter(backbone, p, batch, options):
    """After self-attention and the feed-forward where a layer has one; RMS vectors trained."""

    def after(layer, f):
        return one_adapter(p, layer + ".adapter.", f) if layer + ".adapter.down.weight" in p else f

    backbone.values, backbone.after_sublayer = p, after
    return backbone.loss(batch)


def adapter_m(backbone, p, batch, options):
    """Row b passes the adapters of its task; one row at a time."""

    def after(layer, f):
        return torch.stack(
            [
                one_adapter(p, f"{layer}.adapter.{options['tasks'][task]}.", row)
                for task, row in zip(batch["task_ids"].tolist(), f)
            ]
        )

    backbone.values, backbone.after_sublayer = p, after
    return backbone.loss(batch)


def hyperformer(backbone, p, batch, options):
    """Adapters whose weights a generator of the stack makes from codes of task, layer and place."""
    d_model, width = backbone.d_model, options["bottleneck"]

    def after(layer, f):
        stack, _, index, _, sublayer = layer.split(".")  # encoder.block.0.layer.1
        g = {name.removeprefix(f"hyper.{stack}."): value for name, value in p.items()}
        place = g["position"][1 if sublayer == "0" else 0]
        rows = []
        for task, row in zip(batch["task_ids"].tolist(), f):
            code = torch.cat([p["hyper.task"][task], g["layer"][int(index)], place])
            hidden = g["W2"] @ torch.relu(g["W1"] @ code + g["b1"]) + g["b2"]
            e = functional.layer_norm(hidden, [64], g["ln_weight"], g["ln_bias"], eps=1e-6)
            made = {name: g["H" + name] @ e + g["h" + name] for name in "ucdegb"}
            up, down = made["u"].view(d_model, width), made["d"].view(width, d_model)
            low = functional.gelu(row @ down.T + made["e"], approximate="tanh")
            normed = functional.layer_norm(low @ up.T + made["c"], [d_model], eps=1e-5)
            rows.append(row + made["g"] * normed + made["b"])
        return torch.stack(rows)

    backbone.values, backbone.after_sublayer = p, after
    return backbone.loss(batch)


SITES = {
    "encoder": ("encoder", "0.SelfAttention"),
    "decoder": ("decoder", "0.SelfAttention"),
    "cross": ("decoder", "1.EncDecAttention"),
}


def set_prefixes(backbone, p, options):
    for site in options["sites"]:
        stack, attention = SITES[site]
        if options["mlp"]:
            of = {name: p[f"prefix.{site}.{name}"] for name in ("E", "W1", "b1", "W2", "b2")}
            table = torch.tanh(of["E"] @ of["W1"].T + of["b1"]) @ of["W2"].T + of["b2"]
        else:
            table = p["prefix." + site]
        table = table.reshape(len(table), backbone.layers, 2, backbone.heads, backbone.head_width)
        for layer in range(backbone.layers):
            keys, values = table[:, layer].unbind(1)  # [Q, H, width]
            backbone.prefix[f"{stack}.block.{layer}.layer.{attention}"] = (
                keys.transpose(0, 1),
                values.transpose(0, 1),
            )
    backbone.prefix_bias = options["prefix_bias"]


def prefix(backbone, p, batch, options):
    set_prefixes(backbone, p, options)
    if options["head"] == "text":
        return backbone.loss(batch)
    # head "linear": the decoder reads the start id alone; its state after the final norm, without
    # the D^-0.5 of tied output matrices, enters the head; cross-entropy over the classes, mean
    # over rows.
    logits = backbone.first_state(batch) @ p["head.weight"].T + p["head.bias"]
    return functional.cross_entropy(logits, batch["classes"])
