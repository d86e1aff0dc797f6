"""Training rows of RTE and SQuAD as token ids, made without any code of the program: own reading,
own templates, SentencePiece, torch's permutation. Source: the task cards of the documentation."""

import json
import unicodedata
from pathlib import Path

import sentencepiece
import torch

DATA_SEED = 42
PAD, EOS = 0, 1


def permutation(n: int) -> list[int]:
    generator = torch.Generator()
    generator.manual_seed(DATA_SEED)
    return torch.randperm(n, generator=generator).tolist()


def pad_punctuation(text: str) -> str:
    spaced = "".join(c if c == "_" or c.isspace() or unicodedata.category(c)[0] in "NLM"
                     else f" {c} " for c in text)
    out, was_space = [], False
    for c in spaced:
        if not c.isspace():
            out.append(c)
        elif not was_space:
            out.append(" ")
        was_space = c.isspace()
    return "".join(out)


def rte_texts(train_tsv: Path) -> list[tuple[str, str]]:
    lines = train_tsv.read_text(encoding="utf-8").split("\n")
    rows = [line.split("\t") for line in lines[1:] if line]
    labels = {"entailment": "0", "not_entailment": "1"}
    return [(f"rte sentence1: {row[1]} sentence2: {row[2]}", labels[row[3].rstrip("\r")])
            for row in rows]


def squad_texts(train_json: Path) -> list[tuple[str, str]]:
    rows = []
    for article in json.loads(train_json.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            context = pad_punctuation(paragraph["context"].strip())
            for qa in paragraph["qas"]:
                question = pad_punctuation(qa["question"].strip())
                answer = pad_punctuation(qa["answers"][0]["text"].strip())
                rows.append((f"squad question: {question} context: {context}", answer))
    order = permutation(len(rows))
    return [rows[i] for i in order[1000:]]  # the first 1,000 validate


def encode(tokenizer, text: str, max_length: int) -> list[int]:
    return tokenizer.encode(text)[: max_length - 1] + [EOS]


def batch(tokenizer, texts: list[tuple[str, str]], max_source: int, max_target: int) -> dict:
    """input_ids, attention_mask [B, S] and labels [B, T] padded to the longest row."""
    sources = [encode(tokenizer, source, max_source) for source, _ in texts]
    targets = [encode(tokenizer, target, max_target) for _, target in texts]
    width, height = max(map(len, sources)), max(map(len, targets))
    return {
        "input_ids": torch.tensor([row + [PAD] * (width - len(row)) for row in sources]),
        "attention_mask": torch.tensor([[1] * len(row) + [0] * (width - len(row))
                                        for row in sources]),
        "labels": torch.tensor([row + [-100] * (height - len(row)) for row in targets])}


def batches_in_file_order(tokenizer, texts, steps, batch_size, max_source, max_target):
    if steps * batch_size > len(texts):
        raise ValueError("the comparison is meant to stay within the first epoch")
    return [batch(tokenizer, texts[s * batch_size:(s + 1) * batch_size], max_source, max_target)
            for s in range(steps)]


def load_tokenizer(spiece: Path):
    return sentencepiece.SentencePieceProcessor(model_file=str(spiece))
