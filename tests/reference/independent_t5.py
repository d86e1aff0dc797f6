"""T5 of transformers with places to enter: the backbone under independent_methods.py.

Two kinds of modules are exchanged so that a float64 model computes in float64 throughout and
prefixes have a place: RMS norms and attention. Everything else of the forward pass is
transformers'.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

# First distance of each bucket of the relative position bias, one sign (32 buckets, distance 128).
ENCODER_STARTS = [*range(8), 8, 12, 16, 23, 32, 46, 64, 91]
DECODER_STARTS = [*range(16), 16, 19, 21, 24, 27, 31, 35, 40, 46, 52, 59, 67, 77, 87, 99, 113]


def position_bias(table, queries: int, keys: int, offset: int, is_decoder: bool):
    """[1, H, queries, keys]: query i stands at offset + i, key j at j."""
    starts = torch.tensor(DECODER_STARTS if is_decoder else ENCODER_STARTS)
    delta = torch.arange(keys)[None, :] - torch.arange(queries)[:, None] - offset
    distance = (-delta).clamp(min=0) if is_decoder else delta.abs()
    buckets = torch.bucketize(distance, starts, right=True) - 1
    if not is_decoder:
        buckets = buckets + 16 * (delta > 0)
    return table[buckets].permute(2, 0, 1)[None]


class Norm(nn.Module):
    """y = g * x / sqrt(mean(x^2) + eps) + beta."""

    def __init__(self, name, weight, eps, backbone):
        super().__init__()
        self.name, self.eps, self.backbone = name, eps, [backbone]
        self.weight = weight

    def forward(self, x):
        values = self.backbone[0].values
        y = (
            values.get(self.name + ".weight", self.weight)
            * x
            * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps)
        )
        bias = values.get(self.name + ".bias")
        return y if bias is None else y + bias


class Attention(nn.Module):
    """Unscaled scores + bias; keys and values of a prefix in front where the backbone has one."""

    def __init__(self, name, of, is_decoder, backbone):
        super().__init__()
        self.q, self.k, self.v, self.o = of.q, of.k, of.v, of.o
        self.heads, self.width = of.n_heads, of.key_value_proj_dim
        self.table = of.relative_attention_bias if of.has_relative_attention_bias else None
        self.name, self.is_decoder, self.backbone = name, is_decoder, [backbone]

    def split(self, x):
        return x.unflatten(-1, (self.heads, self.width)).transpose(1, 2)

    def forward(self, hidden_states, mask=None, key_value_states=None, position_bias=None, **_):
        backbone = self.backbone[0]
        states = hidden_states if key_value_states is None else key_value_states
        q, k, v = (
            self.split(self.q(hidden_states)),
            self.split(self.k(states)),
            self.split(self.v(states)),
        )
        prefix = backbone.prefix.get(self.name)  # keys, values [H, Q, width]
        rows = 0 if prefix is None else prefix[0].shape[1]
        if prefix is not None:
            k, v = (torch.cat([p.expand(len(x), -1, -1, -1), x], 2) for p, x in zip(prefix, (k, v)))
        scores = q @ k.transpose(2, 3)
        if self.table is not None:
            position_bias = self.bias(q.shape[2], rows)
        if position_bias is not None:
            scores = scores + position_bias
        if mask is not None:
            excluded = ~mask if mask.dtype == torch.bool else mask < 0
            scores = scores.masked_fill(functional.pad(excluded, (rows, 0)), float("-inf"))
        mixed = (torch.softmax(scores, -1) @ v).transpose(1, 2).flatten(2)
        return self.o(mixed), position_bias, None

    def bias(self, tokens, rows):
        bias = position_bias(self.table.weight, tokens, rows + tokens, rows, self.is_decoder)
        if self.backbone[0].prefix_bias == "zero":
            bias = torch.cat([torch.zeros_like(bias[..., :rows]), bias[..., rows:]], -1)
        return bias


class Backbone:
    """A frozen T5; a method sets what enters it:

    values         tensors by name: `<norm>.weight`, `<module>.bias`, `<module>.lora_A/_B`
    prefix         keys and values by name of an attention module
    after_sublayer f(name of the layer, output before the residual sum) -> output
    before_layer   f(index of the encoder layer, input) -> input
    """

    def __init__(self, folder: Path, dtype):
        from transformers import T5ForConditionalGeneration

        model = (
            T5ForConditionalGeneration.from_pretrained(
                folder, dtype=torch.float32, attn_implementation="eager"
            )
            .to(dtype)
            .eval()
        )
        model.requires_grad_(False)
        self.model, self.dtype, self.config = (
            model,
            dtype,
            json.loads((folder / "config.json").read_text()),
        )
        self.d_model, self.layers = self.config["d_model"], self.config["num_layers"]
        self.heads, self.head_width = self.config["num_heads"], self.config["d_kv"]
        self.reset()
        for name, module in list(model.named_modules()):
            if type(module).__name__ == "T5LayerNorm":
                self.exchange(name, Norm(name, module.weight, module.variance_epsilon, self))
            elif type(module).__name__ == "T5Attention":
                self.exchange(name, Attention(name, module, name.startswith("decoder"), self))
        for name, module in model.named_modules():
            if isinstance(module, nn.Linear):
                module.register_forward_hook(self.linear_hook(name))
            if name.endswith((".SelfAttention", ".DenseReluDense")):
                module.register_forward_hook(self.sublayer_hook(name.rpartition(".")[0]))
        for index, block in enumerate(model.encoder.block):
            block.register_forward_pre_hook(self.layer_hook(index))

    def reset(self):
        self.values, self.prefix, self.prefix_bias = {}, {}, "relative"
        self.after_sublayer = self.before_layer = None
        self.lora_scale = 1.0

    def exchange(self, name, module):
        parent, _, child = name.rpartition(".")
        setattr(self.model.get_submodule(parent), child, module)

    def linear_hook(self, name):
        def hook(_, inputs, output):
            if name + ".bias" in self.values:
                output = output + self.values[name + ".bias"]
            if name + ".lora_A" in self.values:
                low = inputs[0] @ self.values[name + ".lora_A"].T @ self.values[name + ".lora_B"].T
                output = output + self.lora_scale * low
            return output

        return hook

    def sublayer_hook(self, layer):
        def hook(_, __, output):
            if self.after_sublayer is None:
                return output
            if isinstance(output, tuple):
                return (self.after_sublayer(layer, output[0]), *output[1:])
            return self.after_sublayer(layer, output)

        return hook

    def layer_hook(self, index):
        def hook(_, inputs):
            if self.before_layer is None:
                return inputs
            return (self.before_layer(index, inputs[0]), *inputs[1:])

        return hook

    def norm_names(self):
        return [name for name, module in self.model.named_modules() if isinstance(module, Norm)]

    def linear_names(self):
        """The linear maps inside blocks."""
        return [
            name
            for name, module in self.model.named_modules()
            if isinstance(module, nn.Linear) and ".block." in name
        ]

    def embeddings(self, batch):
        return self.model.shared(batch["input_ids"])

    def encode(self, batch, rows=None):
        """Encoder output and mask, with prompt rows [B, P, D] in front."""
        x, mask = self.embeddings(batch), batch["attention_mask"]
        if rows is not None:
            x = torch.cat([rows, x], 1)
            mask = functional.pad(mask, (rows.shape[1], 0), value=1)
        return self.model.encoder(inputs_embeds=x, attention_mask=mask).last_hidden_state, mask

    def decode(self, decoder_ids, encoded, mask):
        return self.model.decoder(
            input_ids=decoder_ids,
            encoder_hidden_states=encoded,
            encoder_attention_mask=mask,
            use_cache=False,
        ).last_hidden_state

    def loss(self, batch, rows=None):
        """Mean over the target tokens that are not -100."""
        labels = batch["labels"]
        shifted = functional.pad(labels, (1, -1), value=0)
        state = self.decode(shifted.masked_fill(shifted == -100, 0), *self.encode(batch, rows))
        if self.config["tie_word_embeddings"]:
            state = state * self.d_model**-0.5
        logits = self.model.lm_head(state)
        return functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100)

    def first_state(self, batch):
        """[B, D]: decoder state (after the final norm) of the start id alone."""
        start = torch.zeros(len(batch["input_ids"]), 1, dtype=torch.long)
        return self.decode(start, *self.encode(batch))[:, 0]
