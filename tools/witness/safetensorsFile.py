"""Safetensors files, written and read by hand: https://huggingface.co/docs/safetensors, section "Format"."""

import json
import struct

import numpy
import torch

NAMES = {torch.float32: "F32", torch.float16: "F16", torch.int32: "I32"}
NUMBERS = {"F32": "<f4", "F16": "<f2", "I32": "<i4"}


def save(path, tensors, metadata):
    """f64 and i64 are stored as F32 and I32."""
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        t = tensor.detach()
        t = t.float() if t.dtype == torch.float64 else t.int() if t.dtype == torch.int64 else t
        raw = t.contiguous().numpy().tobytes()
        offsets = [len(data), len(data) + len(raw)]
        header[name] = {"dtype": NAMES[t.dtype], "shape": list(t.shape), "data_offsets": offsets}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def load(path):
    """Tensors by name."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        values = numpy.frombuffer(content[start:end], NUMBERS[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors
