"""Methods with prompt rows, from their formulas: deep prompt tuning, encoders, ATTEMPT.

Each method takes a Backbone, the parameters by name, the batch and the settings, and returns the
loss.
"""

import math

import torch
from torch.nn import functional


def lstm_direction(p, suffix, x):
    """[rows, width of a direction]; gates i, f, g, o."""
    w_x, w_h, b_x, b_h = (
        p[f"encoder.lstm.{kind}_{suffix}"]
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    h = c = torch.zeros(w_h.shape[1], dtype=x.dtype)
    states = []
    for row in x.flip(0) if suffix.endswith("reverse") else x:
        i, f, g, o = (w_x @ row + b_x + w_h @ h + b_h).chunk(4)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        states.append(h)
    states = torch.stack(states)
    return states.flip(0) if suffix.endswith("reverse") else states


def linear(p, name, x):
    return x @ p[name + ".weight"].T + p[name + ".bias"]


def encoded(p, kind, x):
    """MLP, or MLP of a BiLSTM of two layers, of rows x [P, D]; relu after all maps but the last."""
    if kind == "lstm":
        for layer in range(2):
            x = torch.cat(
                [lstm_direction(p, f"l{layer}", x), lstm_direction(p, f"l{layer}_reverse", x)], 1
            )
    names = sorted(
        name.removesuffix(".weight")
        for name in p
        if name.startswith("encoder.mlp.") and name.endswith(".weight")
    )
    for name in names[:-1]:
        x = torch.relu(linear(p, name, x))
    return linear(p, names[-1], x)


def target_prompt(p, kind, rows):
    """T = R + f(R)."""
    return rows if kind is None else rows + encoded(p, kind, rows)


def repeat(prompt, batch):
    return prompt.expand(len(batch["input_ids"]), -1, -1)


def prompt_tuning(backbone, p, batch, options):
    return backbone.loss(
        batch, repeat(target_prompt(p, options.get("prompt_encoder"), p["prompt"]), batch)
    )


def p_tuning(backbone, p, batch, options):
    return backbone.loss(
        batch, repeat(encoded(p, options["encoder"], p["encoder.embedding"]), batch)
    )


def deep_prompt_tuning(backbone, p, batch, options):
    prompts = p["prompts"]

    def before(layer, x):
        if layer == 0:
            return x
        return torch.cat([repeat(prompts[layer], batch), x[:, prompts.shape[1] :]], 1)

    backbone.before_layer = before
    return backbone.loss(batch, repeat(prompts[0], batch))


class Mixture:
    """ATTEMPT's instance prompts. Targets [B, L, P, D], sources [K, L, P, D]; L = 1 unless deep."""

    def __init__(self, backbone, p, batch, options):
        self.p, self.batch, self.options, self.d_model = p, batch, options, backbone.d_model
        self.is_deep = options.get("deep") == "prompts"
        self.sources = p["sources"] if "sources" in p else batch["sources"].to(backbone.dtype)
        if not self.is_deep:
            self.sources = self.sources[:, None]
        self.targets = self.row_targets() if options["target"] != "none" else None

    def row_targets(self):
        p, kind = self.p, self.options.get("target_encoder")
        name = next(n for n in ("prompt", "targets", "targets_deep") if n in p)
        by_task = p[name] if "task_ids" in self.batch else p[name][None]
        ids = self.batch.get(
            "task_ids", torch.zeros(len(self.batch["input_ids"]), dtype=torch.long)
        )
        if self.is_deep:
            return by_task[ids]
        return torch.stack([target_prompt(p, kind, rows) for rows in by_task])[ids][:, None]

    def candidates(self, layer):
        """[B, K+1, P, D]: what is weighted, the target last."""
        sources = self.sources[:, layer].expand(len(self.batch["input_ids"]), -1, -1, -1)
        if self.options["target"] in ("none", "add_only"):
            return sources
        return torch.cat([sources, self.targets[:, None, layer]], 1)

    def hidden(self, tokens, mask):
        """h [B, D] of token rows [B, S, D]."""
        p, kind = self.p, self.options["attention"]
        if self.options.get("pooling", "masked") == "masked":
            tokens = tokens.masked_fill(mask[..., None] == 0, float("-inf"))
        x = tokens.max(1).values
        if kind == "dot":
            return x
        if kind == "linear":
            x = x @ p["G.W_a"].T
        else:
            x = functional.silu(x @ p["G.W_down"].T) @ p["G.W_up"].T
        return functional.layer_norm(x, [self.d_model], p["G.ln_weight"], p["G.ln_bias"], eps=1e-5)

    def temperature(self):
        rule = self.options.get("temperature", "paper")
        if rule == "paper":
            return math.floor(self.d_model * math.e)
        if rule == "learned":
            return self.d_model * torch.exp(self.p["G.theta"].clamp(0.005, 5))
        return rule

    def related(self, pooled):
        """Pooled prompts [B, K+1, D] after attention among them: 4 heads of width 16."""
        q, k, v = (
            (pooled @ self.p["G.W_" + name].T).unflatten(-1, (4, 16)).transpose(1, 2)
            for name in "qkv"
        )
        mixed = torch.softmax(q @ k.transpose(2, 3) / 4, -1) @ v
        return pooled + mixed.transpose(1, 2).flatten(2) @ self.p["G.W_o"].T

    def weights(self, layer, tokens):
        """a [B, K+1, 1], or [B, K+1, P] for attention by row."""
        prompts, kind = self.candidates(layer), self.options["attention"]
        if kind == "constant":
            return torch.full((*prompts.shape[:2], 1), 1 / prompts.shape[1], dtype=prompts.dtype)
        h = self.hidden(tokens, self.batch["attention_mask"])
        if kind == "token":
            scores = torch.einsum("bd,bjld->bjl", h, prompts)
        else:
            pooled = prompts.max(2).values
            if kind == "cross_prompt":
                pooled = self.related(pooled)
            scores = torch.einsum("bd,bjd->bj", h, pooled)[..., None]
        scores = scores / self.temperature()
        if "own_source" in self.options:
            for row, task in enumerate(self.batch["task_ids"].tolist()):
                excluded = torch.arange(scores.shape[1]) == self.options["own_source"][task]
                scores = torch.cat(
                    [
                        scores[:row],
                        scores[row : row + 1].masked_fill(excluded[:, None], float("-inf")),
                        scores[row + 1 :],
                    ]
                )
        return torch.softmax(scores, 1)

    def prompt(self, layer, weights):
        """A [B, P, D]."""
        mixed = torch.einsum(
            "bjl,bjld->bld", weights.expand(-1, -1, self.sources.shape[2]), self.candidates(layer)
        )
        if self.options["target"] in ("add_and_mix", "add_only"):
            mixed = mixed + self.targets[:, layer]
        return mixed


def attempt(backbone, p, batch, options):
    mixture = Mixture(backbone, p, batch, options)
    shared = mixture.weights(0, backbone.embeddings(batch))
    first = mixture.prompt(0, shared)
    rows = first.shape[1]
    layers = options.get("layers", range(backbone.layers))

    def put(x, inserted, mode):
        return torch.cat(
            [inserted if mode == "replace" else x[:, :rows] + inserted, x[:, rows:]], 1
        )

    def deep_prompts(layer, x):
        if layer == 0 or layer not in layers:
            return x
        weights = shared
        if options.get("deep_attention") == "per_layer":
            weights = mixture.weights(layer, x[:, rows:])
        return put(x, mixture.prompt(layer, weights), options["deep_mode"])

    def deep_gains(layer, x):
        return (
            x
            if layer == 0 or layer not in layers
            else put(x, p["deep_gains"][layer] * first, "add")
        )

    if options.get("deep") == "prompts":
        backbone.before_layer = deep_prompts
    if options.get("deep") == "gains":
        backbone.before_layer = deep_gains
        return backbone.loss(batch, p["deep_gains"][0] * first)
    return backbone.loss(batch, first)
