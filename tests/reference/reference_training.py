"""Losses of training steps by transformers and PEFT; ATTEMPT written from its formulas."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn


@dataclass
class Recipe:
    learning_rate: float
    warmup_steps: int
    weight_decay: float = 1e-5
    clip: float = 1.0


def load_backbone(folder: Path):
    from transformers import T5ForConditionalGeneration
    model = T5ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    model.config.dropout_rate = 0.0
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        if isinstance(getattr(module, "dropout", None), float):
            module.dropout = 0.0
    return model


def train(loss_of, parameters, batches, recipe: Recipe) -> list[float]:
    """The loss before each update: AdamW on everything, rising rate, clipping to a norm."""
    from transformers import get_constant_schedule_with_warmup
    optimizer = torch.optim.AdamW(parameters, lr=recipe.learning_rate, betas=(0.9, 0.999),
                                  eps=1e-8, weight_decay=recipe.weight_decay)
    schedule = get_constant_schedule_with_warmup(optimizer, recipe.warmup_steps)
    losses = []
    for batch in batches:
        optimizer.zero_grad()
        loss = loss_of(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, recipe.clip)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return losses


def fine_tuning(folder: Path, batches, recipe: Recipe) -> list[float]:
    model = load_backbone(folder).train()
    return train(lambda batch: model(**batch).loss, list(model.parameters()), batches, recipe)


def prompt_tuning(folder: Path, prompt: torch.Tensor, batches, recipe: Recipe) -> list[float]:
    from peft import PromptTuningConfig, TaskType, get_peft_model
    config = PromptTuningConfig(task_type=TaskType.SEQ_2_SEQ_LM, num_virtual_tokens=len(prompt),
                                num_transformer_submodules=1)
    model = get_peft_model(load_backbone(folder), config).train()
    weight = next(p for p in model.parameters() if p.requires_grad)
    with torch.no_grad():
        weight.copy_(prompt)
    return train(lambda batch: model(**batch).loss, [weight], batches, recipe)


class Attempt(nn.Module):
    """The mixture of source prompts: h = LN(W_up silu(W_down max(E))), a = softmax(h . max(P) / T),
    A = target + sum a P, with the target as the last P (methods: ATTEMPT)."""

    def __init__(self, sources: torch.Tensor, start: dict[str, torch.Tensor]):
        super().__init__()
        d_model = sources.shape[-1]
        self.sources = sources
        self.temperature = int(d_model * torch.e)
        self.prompt = nn.Parameter(start["prompt"].clone())
        self.down = nn.Parameter(start["G.W_down"].clone())
        self.up = nn.Parameter(start["G.W_up"].clone())
        self.norm = nn.LayerNorm(d_model)
        with torch.no_grad():
            self.norm.weight.copy_(start["G.ln_weight"])
            self.norm.bias.copy_(start["G.ln_bias"])

    def forward(self, embeddings, mask):
        hidden = embeddings.masked_fill(mask[..., None] == 0, float("-inf")).amax(1)
        h = self.norm(nn.functional.silu(hidden @ self.down.T) @ self.up.T)
        prompts = torch.cat([self.sources, self.prompt[None]])
        attention = torch.softmax(h @ prompts.max(1).values.T / self.temperature, -1)
        return self.prompt + torch.einsum("bk,kpd->bpd", attention, prompts)


def attempt(folder: Path, sources: torch.Tensor, start: dict[str, torch.Tensor], batches,
            recipe: Recipe) -> list[float]:
    model = load_backbone(folder).train()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    mixture = Attempt(sources, start)

    def loss_of(batch):
        embeddings = model.shared(batch["input_ids"])
        rows = mixture(embeddings, batch["attention_mask"])
        mask = torch.cat([torch.ones(rows.shape[:2], dtype=torch.long), batch["attention_mask"]], 1)
        return model(inputs_embeds=torch.cat([rows, embeddings], 1), attention_mask=mask,
                     labels=batch["labels"]).loss

    return train(loss_of, list(mixture.parameters()), batches, recipe)
