"""Witness fixtures of vision models, computed by PyTorch in f64 from the published architectures.

CLIP is written here from its paper and Hugging Face's `modeling_clip.py`, the distilled DeiT from its paper and timm's
`vision_transformer.py` and `deit.py`, the ViT with a classifier from Hugging Face's `modeling_vit.py`: modules are named so that `state_dict` has the published names. Nothing of Candor
is used.

    python3 tools/witness/visionModels.py packages/models/src/clip/fixtures packages/models/src/vit/fixtures

writes a folder a model, with `config.json` and weights in the published layout (random values, seeded), and beside them
`witness.safetensors`: inputs, logits, every hidden state, the loss, the gradient of every parameter (`grad.*`), every
parameter after a step of AdamW (`adamw.*`); and `positions.safetensors`, position embeddings resized by bicubic maps.

    python3 tools/witness/visionModels.py --check FOLDER WITNESS

reads a `CLIPModel` that Candor saved and prints the largest difference of its logits to those of the witness.
Needs torch alone.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from safetensorsFile import load, save

SEED = 20261124
PROVENANCE = {"script": "tools/witness/visionModels.py", "torch": torch.__version__, "seed": str(SEED)}
# The gradient of a key's bias is zero but for rounding; this eps keeps a step from blowing it up.
ADAMW = {"lr": 1e-2, "betas": (0.9, 0.95), "eps": 1e-3, "weight_decay": 0.1}

CLIP = {
    "architectures": ["CLIPModel"],
    "model_type": "clip",
    "projection_dim": 6,
    "logit_scale_init_value": 2.6592,
    "vision_config": {
        "model_type": "clip_vision_model",
        "image_size": 12,
        "patch_size": 4,
        "hidden_size": 12,
        "intermediate_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "hidden_act": "quick_gelu",
        "layer_norm_eps": 1e-5,
    },
    "text_config": {
        "model_type": "clip_text_model",
        "vocab_size": 19,
        "max_position_embeddings": 7,
        "hidden_size": 8,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "hidden_act": "quick_gelu",
        "layer_norm_eps": 1e-5,
        "eos_token_id": 17,
    },
}

DEIT = {
    "architecture": "deit_tiny_distilled_patch16_224",
    "num_classes": 5,
    "num_features": 12,
    "model_args": {"img_size": 12, "patch_size": 4, "embed_dim": 12, "depth": 2, "num_heads": 3, "mlp_ratio": 2},
}

VIT = {
    "architectures": ["ViTForImageClassification"],
    "model_type": "vit",
    "image_size": 12,
    "patch_size": 4,
    "hidden_size": 12,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
    "qkv_bias": True,
}


def quick_gelu(x):
    return x * torch.sigmoid(1.702 * x)


def attend(q, k, v, heads, causal=False):
    """Each [B, T, D]."""
    batch, length, width = q.shape
    q, k, v = (x.view(batch, length, heads, width // heads).transpose(1, 2) for x in (q, k, v))
    scores = q @ k.transpose(2, 3) * (width // heads) ** -0.5
    if causal:
        scores = scores + torch.full((length, length), float("-inf"), dtype=scores.dtype).triu(1)
    return (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, length, width)


class ClipAttention(nn.Module):
    def __init__(self, c, causal):
        super().__init__()
        width = c["hidden_size"]
        self.heads, self.causal = c["num_attention_heads"], causal
        self.k_proj, self.v_proj = nn.Linear(width, width), nn.Linear(width, width)
        self.q_proj, self.out_proj = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        return self.out_proj(attend(self.q_proj(x), self.k_proj(x), self.v_proj(x), self.heads, self.causal))


class ClipMlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.fc1 = nn.Linear(c["hidden_size"], c["intermediate_size"])
        self.fc2 = nn.Linear(c["intermediate_size"], c["hidden_size"])

    def forward(self, x):
        return self.fc2(quick_gelu(self.fc1(x)))


class ClipLayer(nn.Module):
    def __init__(self, c, causal):
        super().__init__()
        self.self_attn = ClipAttention(c, causal)
        self.layer_norm1 = nn.LayerNorm(c["hidden_size"], eps=c["layer_norm_eps"])
        self.mlp = ClipMlp(c)
        self.layer_norm2 = nn.LayerNorm(c["hidden_size"], eps=c["layer_norm_eps"])

    def forward(self, x):
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class ClipEncoder(nn.Module):
    def __init__(self, c, causal):
        super().__init__()
        self.layers = nn.ModuleList(ClipLayer(c, causal) for _ in range(c["num_hidden_layers"]))

    def forward(self, x):
        states = [x]
        for layer in self.layers:
            states.append(layer(states[-1]))
        return states


class ClipVisionEmbeddings(nn.Module):
    def __init__(self, c):
        super().__init__()
        width, patch = c["hidden_size"], c["patch_size"]
        self.class_embedding = nn.Parameter(torch.empty(width))
        self.patch_embedding = nn.Conv2d(3, width, patch, patch, bias=False)
        self.position_embedding = nn.Embedding((c["image_size"] // patch) ** 2 + 1, width)

    def forward(self, images):
        patches = self.patch_embedding(images).flatten(2).transpose(1, 2)
        start = self.class_embedding.expand(images.shape[0], 1, -1)
        return torch.cat([start, patches], 1) + self.position_embedding.weight


class ClipVision(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embeddings = ClipVisionEmbeddings(c)
        self.pre_layrnorm = nn.LayerNorm(c["hidden_size"], eps=c["layer_norm_eps"])
        self.encoder = ClipEncoder(c, causal=False)
        self.post_layernorm = nn.LayerNorm(c["hidden_size"], eps=c["layer_norm_eps"])

    def forward(self, images):
        states = self.encoder(self.pre_layrnorm(self.embeddings(images)))
        return self.post_layernorm(states[-1][:, 0]), states


class ClipTextEmbeddings(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.token_embedding = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.position_embedding = nn.Embedding(c["max_position_embeddings"], c["hidden_size"])

    def forward(self, ids):
        return self.token_embedding(ids) + self.position_embedding.weight[: ids.shape[1]]


class ClipTextTransformer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.end = c["eos_token_id"]
        self.embeddings = ClipTextEmbeddings(c)
        self.encoder = ClipEncoder(c, causal=True)
        self.final_layer_norm = nn.LayerNorm(c["hidden_size"], eps=c["layer_norm_eps"])

    def forward(self, ids):
        states = self.encoder(self.embeddings(ids))
        ends = (ids == self.end).int().argmax(-1)
        return self.final_layer_norm(states[-1])[torch.arange(len(ids)), ends], states


class ClipModel(nn.Module):
    def __init__(self, c):
        super().__init__()
        vision, text, width = c["vision_config"], c["text_config"], c["projection_dim"]
        self.logit_scale = nn.Parameter(torch.tensor(0.0))
        self.text_model, self.vision_model = ClipTextTransformer(text), ClipVision(vision)
        self.visual_projection = nn.Linear(vision["hidden_size"], width, bias=False)
        self.text_projection = nn.Linear(text["hidden_size"], width, bias=False)

    def forward(self, images, ids):
        (image, vision_states), (text, text_states) = self.vision_model(images), self.text_model(ids)
        image, text = self.visual_projection(image), self.text_projection(text)
        image, text = image / image.norm(dim=-1, keepdim=True), text / text.norm(dim=-1, keepdim=True)
        logits = self.logit_scale.exp() * image @ text.t()
        return {"logits": logits, "image": image, "text": text}, vision_states, text_states


class TimmAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.qkv, self.proj = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        return self.proj(attend(*self.qkv(x).chunk(3, -1), self.heads))


class TimmMlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class TimmBlock(nn.Module):
    def __init__(self, width, heads, ratio):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.attn, self.mlp = TimmAttention(width, heads), TimmMlp(width, width * ratio)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class TimmPatches(nn.Module):
    def __init__(self, width, patch):
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, patch)

    def forward(self, images):
        return self.proj(images).flatten(2).transpose(1, 2)


class DistilledDeit(nn.Module):
    def __init__(self, c):
        super().__init__()
        a, classes = c["model_args"], c["num_classes"]
        width = a["embed_dim"]
        self.cls_token, self.dist_token = (nn.Parameter(torch.empty(1, 1, width)) for _ in range(2))
        self.pos_embed = nn.Parameter(torch.empty(1, (a["img_size"] // a["patch_size"]) ** 2 + 2, width))
        self.patch_embed = TimmPatches(width, a["patch_size"])
        self.blocks = nn.ModuleList(TimmBlock(width, a["num_heads"], a["mlp_ratio"]) for _ in range(a["depth"]))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head, self.head_dist = nn.Linear(width, classes), nn.Linear(width, classes)

    def forward(self, images):
        batch = images.shape[0]
        starts = [token.expand(batch, -1, -1) for token in (self.cls_token, self.dist_token)]
        states = [torch.cat([*starts, self.patch_embed(images)], 1) + self.pos_embed]
        for block in self.blocks:
            states.append(block(states[-1]))
        normed = self.norm(states[-1])
        found = {"logits": self.head(normed[:, 0]), "distilled": self.head_dist(normed[:, 1]), "normed": normed}
        return found, states


def part(**modules):
    """A module with these fields, which has no forward pass of its own."""
    return nn.ModuleDict(modules)


class ViTLayer(nn.Module):
    def __init__(self, c):
        super().__init__()
        width, hidden, eps = c["hidden_size"], c["intermediate_size"], c["layer_norm_eps"]
        self.heads = c["num_attention_heads"]
        maps = {name: nn.Linear(width, width) for name in ("query", "key", "value")}
        self.attention = part(attention=part(**maps), output=part(dense=nn.Linear(width, width)))
        self.intermediate = part(dense=nn.Linear(width, hidden))
        self.output = part(dense=nn.Linear(hidden, width))
        self.layernorm_before, self.layernorm_after = (nn.LayerNorm(width, eps=eps) for _ in range(2))

    def forward(self, x):
        normed, maps = self.layernorm_before(x), self.attention["attention"]
        mixed = attend(*(maps[name](normed) for name in ("query", "key", "value")), self.heads)
        x = x + self.attention["output"]["dense"](mixed)
        return x + self.output["dense"](F.gelu(self.intermediate["dense"](self.layernorm_after(x))))


class ViTEmbeddings(nn.Module):
    def __init__(self, c):
        super().__init__()
        width, patch = c["hidden_size"], c["patch_size"]
        self.cls_token = nn.Parameter(torch.empty(1, 1, width))
        self.position_embeddings = nn.Parameter(torch.empty(1, (c["image_size"] // patch) ** 2 + 1, width))
        self.patch_embeddings = part(projection=nn.Conv2d(3, width, patch, patch))

    def forward(self, images):
        patches = self.patch_embeddings["projection"](images).flatten(2).transpose(1, 2)
        return torch.cat([self.cls_token.expand(images.shape[0], -1, -1), patches], 1) + self.position_embeddings


class ViTModel(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embeddings = ViTEmbeddings(c)
        self.encoder = part(layer=nn.ModuleList(ViTLayer(c) for _ in range(c["num_hidden_layers"])))
        self.layernorm = nn.LayerNorm(c["hidden_size"], eps=c["layer_norm_eps"])

    def forward(self, images):
        states = [self.embeddings(images)]
        for layer in self.encoder["layer"]:
            states.append(layer(states[-1]))
        return self.layernorm(states[-1]), states


class ViTForImageClassification(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.vit, self.classifier = ViTModel(c), nn.Linear(c["hidden_size"], 2)


def draw(model, generator):
    """Weights that f32 holds exactly, as f64."""
    for name, parameter in model.named_parameters():
        w = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        if "norm" in name and name.endswith("weight"):
            w = 1 + 0.1 * w
        elif name == "logit_scale":
            w = torch.tensor(1.2, dtype=torch.float64)
        elif name.endswith("bias"):
            w = 0.2 * w
        elif parameter.dim() > 1 and "embedding.weight" not in name and "token" not in name and "pos" not in name:
            w = w / parameter[0].numel() ** 0.5
        else:
            w = 0.5 * w
        parameter.data = w.float().double()


def step(model, loss):
    """The loss, gradients, and parameters after a step of AdamW: matrices decay, vectors do not."""
    loss.backward()
    found = {"loss": loss.reshape(1)}
    named = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    found.update({f"grad.{name}": parameter.grad.clone() for name, parameter in named.items()})
    decays = lambda p: p.squeeze().dim() > 1
    still = {**ADAMW, "weight_decay": 0.0}
    groups = [
        {"params": [p for p in named.values() if decays(p)], **ADAMW},
        {"params": [p for p in named.values() if not decays(p)], **still},
    ]
    torch.optim.AdamW(groups).step()
    found.update({f"adamw.{name}": parameter.detach().clone() for name, parameter in named.items()})
    return found


def write_model(folder, config, model):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    save(folder / "model.safetensors", dict(model.named_parameters()), {**PROVENANCE, "format": "pt"})


def clip(folder, generator):
    model = ClipModel(CLIP)
    draw(model, generator)
    write_model(folder, CLIP, model)
    images = torch.randn(2, 3, 12, 12, generator=generator).double()
    # 17 ends a text; what follows it must have no effect, even a larger id.
    ids = torch.tensor([[16, 3, 5, 17, 18, 0, 0], [16, 9, 2, 4, 11, 1, 17], [16, 17, 17, 17, 17, 17, 17]])
    found, vision, text = model(images, ids)
    found.update({"images": images, "ids": ids})
    found.update({f"vision.{i}": state for i, state in enumerate(vision)})
    found.update({f"textual.{i}": state for i, state in enumerate(text)})
    target = torch.tensor([1, 0])
    found.update(step(model, F.cross_entropy(found["logits"], target)))
    save(folder / "witness.safetensors", found, PROVENANCE)


def deit(folder, generator):
    model = DistilledDeit(DEIT)
    draw(model, generator)
    write_model(folder, DEIT, model)
    images = torch.randn(2, 3, 12, 12, generator=generator).double()
    found, states = model(images)
    found["images"] = images
    found.update({f"hidden.{i}": state for i, state in enumerate(states)})
    # Touvron et al. 2021, equation 3: the mean of both cross-entropies, the second with the teacher's labels.
    loss = (
        F.cross_entropy(found["logits"], torch.tensor([1, 3]))
        + F.cross_entropy(found["distilled"], torch.tensor([1, 4]))
    ) / 2
    found.update(step(model, loss))
    save(folder / "witness.safetensors", found, PROVENANCE)


def vit(folder, generator):
    """The files of a classifier, whose encoder is compared: the loss is that of the first units of its CLS token."""
    model = ViTForImageClassification(VIT)
    draw(model, generator)
    write_model(folder, VIT, model)
    images = torch.randn(2, 3, 12, 12, generator=generator).double()
    normed, states = model.vit(images)
    found = {"images": images, "normed": normed}
    found.update({f"hidden.{i}": state for i, state in enumerate(states)})
    model.classifier.requires_grad_(False)
    found.update(step(model, F.cross_entropy(normed[:, 0], torch.tensor([1, 3]))))
    save(folder / "witness.safetensors", found, PROVENANCE)


def positions(path, generator):
    width = 4
    grid = torch.randn(1, 5 * 5 + 1, width, generator=generator).double()
    found = {"from5": grid[0]}
    square = grid[:, 1:].reshape(1, 5, 5, width).permute(0, 3, 1, 2)
    for side in (3, 5, 7, 12):
        resized = F.interpolate(square, size=(side, side), mode="bicubic", align_corners=False)
        flat = resized.permute(0, 2, 3, 1).reshape(1, -1, width)
        found[f"to{side}"] = torch.cat([grid[:, :1], flat], 1)[0]
    save(path, found, PROVENANCE)


def check(folder, witness):
    model = ClipModel(json.loads((folder / "config.json").read_text())).double()
    model.load_state_dict({name: value.double() for name, value in load(folder / "model.safetensors").items()})
    wanted = load(witness)
    logits = model(wanted["images"].double(), wanted["ids"].long())[0]["logits"]
    print((logits - wanted["logits"]).abs().max().item())


if __name__ == "__main__":
    if sys.argv[1] == "--check":
        check(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        clips, vits = map(Path, sys.argv[1:3])
        seeded = torch.Generator().manual_seed(SEED)
        clip(clips / "tinyClip", seeded)
        deit(vits / "tinyDeit", seeded)
        positions(vits / "positions.safetensors", seeded)
        vit(vits / "tinyVit", torch.Generator().manual_seed(SEED))
