"""Backbones of one tiny layer, written without any library."""
import json
import math
import random
import shutil
import struct


def safetensors(tensors):
    """Bytes of a file of zeros, or of given values, from {name: shape or (shape, values)}."""
    header, data = {}, b""
    for name, entry in tensors.items():
        shape, values = entry if isinstance(entry, tuple) else (entry, None)
        count = math.prod(shape)
        packed = struct.pack(f"<{count}f", *values) if values else bytes(4 * count)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def write_t5(folder, width, vocabulary, spiece, is_mt5=False, seed=None):
    """A T5 v1.0 or an mT5 (gated, with a head of its own) of this width. Without a seed its weights are zero."""
    folder.mkdir(parents=True)
    d_ff, d_kv = 4, 4
    config = {"architectures": ["T5ForConditionalGeneration"], "model_type": "t5", "vocab_size": vocabulary,
              "d_model": width, "d_kv": d_kv, "num_heads": 1, "d_ff": d_ff, "num_layers": 1, "num_decoder_layers": 1,
              "relative_attention_num_buckets": 32, "feed_forward_proj": "relu", "tie_word_embeddings": True,
              "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0, "dropout_rate": 0.0,
              "layer_norm_epsilon": 1e-6}
    if is_mt5:
        config |= {"architectures": ["MT5ForConditionalGeneration"], "model_type": "mt5",
                   "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}
    (folder / "config.json").write_text(json.dumps(config))
    shapes = {"shared.weight": [vocabulary, width]}
    if is_mt5:
        shapes["lm_head.weight"] = [vocabulary, width]
    for stack, kinds in (("encoder", ("SelfAttention",)), ("decoder", ("SelfAttention", "EncDecAttention"))):
        for layer, kind in enumerate(kinds):
            place = f"{stack}.block.0.layer.{layer}"
            shapes |= {f"{place}.{kind}.{x}.weight": [d_kv, width] for x in "qkv"}
            shapes |= {f"{place}.{kind}.o.weight": [width, d_kv], f"{place}.layer_norm.weight": [width]}
        shapes[f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"] = [32, 1]
        place = f"{stack}.block.0.layer.{len(kinds)}"
        for name in ("wi_0", "wi_1") if is_mt5 else ("wi",):
            shapes[f"{place}.DenseReluDense.{name}.weight"] = [d_ff, width]
        shapes |= {f"{place}.DenseReluDense.wo.weight": [width, d_ff], f"{place}.layer_norm.weight": [width],
                   f"{stack}.final_layer_norm.weight": [width]}
    if seed is not None:
        rng = random.Random(seed)
        shapes = {name: (shape, [1.0] * math.prod(shape) if "norm" in name else
                         [rng.gauss(0, 0.3) for _ in range(math.prod(shape))]) for name, shape in shapes.items()}
    (folder / "model.safetensors").write_bytes(safetensors(shapes))
    shutil.copyfile(spiece, folder / "spiece.model")
