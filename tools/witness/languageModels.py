"""Witness fixtures of language models, computed by PyTorch in f64 from the published architecture.

LLaMA and Qwen2 are written here from their papers and from Hugging Face's `modeling_llama.py` and `modeling_qwen2.py`:
RMS norm, rotary positions (pairs half a head apart), grouped-query attention, SwiGLU. Nothing of Candor is used.

    python3 tools/witness/languageModels.py packages/models/src/lm/fixtures

Writes a folder a model, with `config.json` and weights in the published layout (random values, seeded), and beside them
`witness.safetensors`: ids, logits, every hidden state, the loss, the gradient of every parameter (`grad.*`), every
parameter after a step of AdamW (`adamw.*`), greedy answers token by token, and what LoRA makes of it. Needs torch alone.
"""

import json
import math
import struct
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

SEED = 20261124
PROVENANCE = {"script": "tools/witness/languageModels.py", "torch": torch.__version__, "seed": str(SEED)}


def save(path, tensors, metadata=None):
    """A safetensors file; f64 and i64 are stored as F32 and I32."""
    names = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int32: "I32"}
    header, data = {"__metadata__": {**PROVENANCE, **(metadata or {})}}, b""
    for name, tensor in tensors.items():
        t = tensor.detach()
        t = t.float() if t.dtype == torch.float64 else t.int() if t.dtype == torch.int64 else t
        raw = t.contiguous()
        raw = raw.view(torch.int16) if t.dtype in (torch.float16, torch.bfloat16) else raw
        raw = raw.numpy().tobytes()
        header[name] = {
            "dtype": names[t.dtype],
            "shape": list(t.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def shapes_of(c):
    """Published names and shapes, in the order of the checkpoints."""
    width, hidden, head = c["hidden_size"], c["intermediate_size"], head_width(c)
    queries, keys = c["num_attention_heads"] * head, c["num_key_value_heads"] * head
    shapes = {"model.embed_tokens.weight": (c["vocab_size"], width)}
    for i in range(c["num_hidden_layers"]):
        layer = f"model.layers.{i}."
        for name, rows in (("q", queries), ("k", keys), ("v", keys)):
            shapes[f"{layer}self_attn.{name}_proj.weight"] = (rows, width)
            if c["architectures"] == ["Qwen2ForCausalLM"]:
                shapes[f"{layer}self_attn.{name}_proj.bias"] = (rows,)
        shapes[f"{layer}self_attn.o_proj.weight"] = (width, queries)
        shapes[f"{layer}mlp.gate_proj.weight"] = (hidden, width)
        shapes[f"{layer}mlp.up_proj.weight"] = (hidden, width)
        shapes[f"{layer}mlp.down_proj.weight"] = (width, hidden)
        shapes[f"{layer}input_layernorm.weight"] = (width,)
        shapes[f"{layer}post_attention_layernorm.weight"] = (width,)
    shapes["model.norm.weight"] = (width,)
    if not c["tie_word_embeddings"]:
        shapes["lm_head.weight"] = (c["vocab_size"], width)
    return shapes


def head_width(c):
    return c.get("head_dim") or c["hidden_size"] // c["num_attention_heads"]


def draw(c, dtype, generator):
    """Weights that the dtype of the file holds exactly, as f64."""
    weights = {}
    for name, shape in shapes_of(c).items():
        w = torch.randn(shape, generator=generator, dtype=torch.float64)
        if "norm" in name:
            w = 1 + 0.1 * w
        elif name.endswith("bias"):
            w = 0.3 * w
        elif "embed_tokens" in name:
            w = 0.5 * w
        else:
            w = w / math.sqrt(shape[1])
        weights[name] = w.to(dtype).double()
    return weights


def frequencies(c, length):
    """Angles a position; `_compute_llama3_parameters` and its like of Hugging Face's modeling_rope_utils.py."""
    dim, base, scaling = head_width(c), c["rope_theta"], c.get("rope_scaling")
    exponents = torch.arange(0, dim, 2, dtype=torch.float64) / dim
    kind = scaling["rope_type"] if scaling else "default"
    if kind == "dynamic":
        known = c["max_position_embeddings"]
        seen = max(length, known)
        base = base * ((scaling["factor"] * seen / known) - (scaling["factor"] - 1)) ** (dim / (dim - 2))
    plain = 1.0 / base**exponents
    if kind == "linear":
        return plain / scaling["factor"]
    if kind != "llama3":
        return plain
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    known = scaling["original_max_position_embeddings"]
    wavelengths = 2 * math.pi / plain
    scaled = torch.where(wavelengths > known / low, plain / scaling["factor"], plain)
    smooth = (known / wavelengths - low) / (high - low)
    smoothed = (1 - smooth) * scaled / scaling["factor"] + smooth * scaled
    between = ~(wavelengths < known / high) & ~(wavelengths > known / low)
    return torch.where(between, smoothed, scaled)


def rms_norm(x, weight, eps):
    return weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps))


def rotate_half(x):
    half = x.shape[-1] // 2
    return torch.cat((-x[..., half:], x[..., :half]), dim=-1)


def forward(c, w, ids, lora=None):
    """Logits [B, T, V] and hidden states: the embeddings, what each layer gives, and the final norm."""
    batch, length = ids.shape
    heads, groups, dim = c["num_attention_heads"], c["num_key_value_heads"], head_width(c)
    eps = c["rms_norm_eps"]

    def linear(name, x):
        y = F.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias"))
        if lora and f"{name}.lora_A" in lora["weights"]:
            a, b = lora["weights"][f"{name}.lora_A"], lora["weights"][f"{name}.lora_B"]
            y = y + F.linear(F.linear(x, a), b) * (lora["alpha"] / lora["rank"])
        return y

    angles = torch.outer(torch.arange(length, dtype=torch.float64), frequencies(c, length))
    angles = torch.cat((angles, angles), dim=-1)
    cos, sin = angles.cos(), angles.sin()

    def heads_of(x, count):
        return x.view(batch, length, count, dim).transpose(1, 2)  # [B, H, T, E]

    x = F.embedding(ids, w["model.embed_tokens.weight"])
    states = [x]
    mask = torch.full((length, length), float("-inf"), dtype=torch.float64).triu(1)
    for i in range(c["num_hidden_layers"]):
        layer = f"model.layers.{i}."
        normed = rms_norm(x, w[f"{layer}input_layernorm.weight"], eps)
        q = heads_of(linear(f"{layer}self_attn.q_proj", normed), heads)
        k = heads_of(linear(f"{layer}self_attn.k_proj", normed), groups)
        v = heads_of(linear(f"{layer}self_attn.v_proj", normed), groups)
        q = q * cos + rotate_half(q) * sin
        k = k * cos + rotate_half(k) * sin
        k = k.repeat_interleave(heads // groups, dim=1)
        v = v.repeat_interleave(heads // groups, dim=1)
        scores = q @ k.transpose(2, 3) / math.sqrt(dim) + mask
        y = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, length, heads * dim)
        x = x + linear(f"{layer}self_attn.o_proj", y)
        normed = rms_norm(x, w[f"{layer}post_attention_layernorm.weight"], eps)
        gated = F.silu(linear(f"{layer}mlp.gate_proj", normed)) * linear(f"{layer}mlp.up_proj", normed)
        x = x + linear(f"{layer}mlp.down_proj", gated)
        states.append(x)
    last = rms_norm(x, w["model.norm.weight"], eps)
    head = w["model.embed_tokens.weight"] if c["tie_word_embeddings"] else w["lm_head.weight"]
    return F.linear(last, head), [*states, last]


def loss_of(logits, ids):
    """Mean negative log-likelihood of each next token."""
    return F.cross_entropy(logits[:, :-1].reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1))


def greedy(c, w, prompt, count):
    """The most probable token, `count` times, each from the whole text: no cache."""
    ids = list(prompt)
    least_gap = math.inf
    for _ in range(count):
        logits = forward(c, w, torch.tensor([ids]))[0][0, -1]
        best = logits.topk(2).values
        least_gap = min(least_gap, (best[0] - best[1]).item())
        ids.append(int(logits.argmax()))
    return ids[len(prompt) :], least_gap


def witness(c, w, generator):
    ids = torch.randint(0, c["vocab_size"], (2, 12), generator=generator)
    logits, states = forward(c, w, ids)
    found = {"ids": ids, "logits": logits}
    found.update({f"hidden.{i}": state for i, state in enumerate(states)})

    leaves = {name: value.clone().requires_grad_() for name, value in w.items()}
    loss = loss_of(forward(c, leaves, ids)[0], ids)
    loss.backward()
    found["loss"] = loss.reshape(1)
    found.update({f"grad.{name}": leaf.grad for name, leaf in leaves.items()})

    # Matrices decay, vectors do not.
    optimizer = torch.optim.AdamW(
        [
            {"params": [v for v in leaves.values() if v.dim() > 1], "weight_decay": 0.1},
            {"params": [v for v in leaves.values() if v.dim() == 1], "weight_decay": 0.0},
        ],
        lr=1e-2,
        betas=(0.9, 0.95),
        eps=1e-8,
    )
    optimizer.step()
    found.update({f"adamw.{name}": leaf.detach().clone() for name, leaf in leaves.items()})

    prompts = [ids[0, :3].tolist(), ids[1, :7].tolist()]
    for row, prompt in enumerate(prompts):
        answer, gap = greedy(c, w, prompt, 12)
        assert gap > 1e-3, "two tokens are nearly as probable: f32 could choose the other"
        found[f"prompt.{row}"], found[f"answer.{row}"] = torch.tensor(prompt), torch.tensor(answer)
    return found


def adapter(w, generator, targets, rank, alpha):
    """LoRA weights by published names of maps."""
    weights = {}
    for name in w:
        module = name.removesuffix(".weight")
        if name.endswith(".weight") and module.rsplit(".", 1)[-1] in targets:
            outputs, inputs = w[name].shape
            for part, shape in (("lora_A", (rank, inputs)), ("lora_B", (outputs, rank))):
                drawn = 0.3 * torch.randn(shape, generator=generator, dtype=torch.float64)
                weights[f"{module}.{part}"] = drawn.float().double()
    return {"weights": weights, "rank": rank, "alpha": alpha}


def witness_lora(c, w, lora, ids):
    found = {"lora.logits": forward(c, w, ids, lora)[0]}
    merged = dict(w)
    for name in lora["weights"]:
        if name.endswith(".lora_A"):
            module = name.removesuffix(".lora_A")
            delta = lora["weights"][f"{module}.lora_B"] @ lora["weights"][name]
            merged[f"{module}.weight"] = w[f"{module}.weight"] + delta * (lora["alpha"] / lora["rank"])
            found[f"lora.merged.{module}.weight"] = merged[f"{module}.weight"]
    difference = (forward(c, merged, ids)[0] - found["lora.logits"]).abs().max()
    assert difference < 1e-10, "merging changes nothing in f64"
    leaves = {name: value.clone().requires_grad_() for name, value in lora["weights"].items()}
    loss_of(forward(c, w, ids, {**lora, "weights": leaves})[0], ids).backward()
    found.update({f"lora.grad.{name}": leaf.grad for name, leaf in leaves.items()})
    return found


def write_model(folder, c, w, dtype, shards):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(c, indent=1) + "\n")
    stored = {name: value.to(dtype) for name, value in w.items()}
    if shards == 1:
        return save(folder / "model.safetensors", stored, {"format": "pt"})
    names = list(stored)
    cut = [names[i * len(names) // shards : (i + 1) * len(names) // shards] for i in range(shards)]
    files = [f"model-{i + 1:05}-of-{shards:05}.safetensors" for i in range(shards)]
    for file, part in zip(files, cut):
        save(folder / file, {name: stored[name] for name in part}, {"format": "pt"})
    size = sum(v.numel() * v.element_size() for v in stored.values())
    index = {
        "metadata": {"total_size": size, **PROVENANCE},
        "weight_map": {name: file for file, part in zip(files, cut) for name in part},
    }
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")


LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 40,
    "hidden_size": 24,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "hidden_act": "silu",
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    # Of the four angles one is kept, one blended and two divided.
    "rope_scaling": {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    },
    "max_position_embeddings": 512,
    "attention_bias": False,
    "mlp_bias": False,
    "tie_word_embeddings": False,
    "torch_dtype": "float32",
}

QWEN2 = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "vocab_size": 48,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 1,
    "hidden_act": "silu",
    "rms_norm_eps": 1e-6,
    "rope_theta": 1000000.0,
    "use_sliding_window": False,
    "sliding_window": 512,
    "max_position_embeddings": 512,
    "tie_word_embeddings": True,
    "torch_dtype": "bfloat16",
}


def main(out):
    generator = torch.Generator().manual_seed(SEED)
    w = draw(LLAMA, torch.float32, generator)
    found = witness(LLAMA, w, generator)
    lora = adapter(w, generator, ("q_proj", "v_proj", "down_proj"), rank=3, alpha=6)
    found.update(witness_lora(LLAMA, w, lora, found["ids"]))
    for kind in ("linear", "dynamic"):
        # Twelve tokens lie beyond the eight of dynamic scaling.
        other = {**LLAMA, "rope_scaling": {"rope_type": kind, "factor": 4.0}, "max_position_embeddings": 8}
        found[f"{kind}.logits"] = forward(other, w, found["ids"])[0]
    folder = out / "tinyLlama"
    write_model(folder, LLAMA, w, torch.float32, shards=2)
    save(folder / "witness.safetensors", found)
    (folder / "adapter").mkdir(exist_ok=True)
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": "tinyLlama",
        "r": lora["rank"],
        "lora_alpha": lora["alpha"],
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": False,
        "target_modules": ["q_proj", "v_proj", "down_proj"],
    }
    (folder / "adapter" / "adapter_config.json").write_text(json.dumps(config, indent=1) + "\n")
    published = {f"base_model.model.{name}.weight": value for name, value in lora["weights"].items()}
    save(folder / "adapter" / "adapter_model.safetensors", published, {"format": "pt"})

    w = draw(QWEN2, torch.bfloat16, generator)
    found = witness(QWEN2, w, generator)
    write_model(out / "tinyQwen2", QWEN2, w, torch.bfloat16, shards=1)
    save(out / "tinyQwen2" / "witness.safetensors", found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
