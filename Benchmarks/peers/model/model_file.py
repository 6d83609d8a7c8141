"""The model and the descriptions that `vigie bench model --export FOLDER` writes, as numpy arrays."""

import json
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TYPES = {"F32": np.float32, "F64": np.float64, "U16": np.uint16}
EPSILON = 1e-6


def read_safetensors(path):
    """Names to arrays, and the map of strings."""
    data = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    body = memoryview(data)[8 + length :]
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        array = np.frombuffer(body[begin:end], TYPES[entry["dtype"]])
        tensors[name] = array.reshape(entry["shape"])
    return tensors, metadata


@dataclass
class Layer:
    """Matrices as [inputs, outputs], with the gain of the norm before them multiplied in."""

    qkv: np.ndarray
    qkv_bias: np.ndarray
    output: np.ndarray
    output_bias: np.ndarray
    up: np.ndarray
    up_bias: np.ndarray
    down: np.ndarray
    down_bias: np.ndarray


class Model:
    """What a runtime needs: tables, layers, the judging head; and descriptions with their log-odds."""

    def __init__(self, folder, width, layers):
        stem = f"{folder}/{width}-{layers}"
        tensors, metadata = read_safetensors(stem + ".model.safetensors")
        self.width = int(metadata["setting.width"])
        self.heads = int(metadata["setting.heads"])
        self.head_width = self.width // self.heads
        if metadata["setting.causal"] != "1" or metadata["setting.queries"] != "1":
            raise SystemExit("the graphs are for causal models with one query")
        if np.any(tensors["judging.points"]) or any(name.startswith("scorecard.") for name in tensors):
            raise SystemExit("the graphs leave a scorecard out; its points must be 0 and its pairs none")
        self.layers = [self._layer(tensors, i) for i in range(int(metadata["setting.layers"]))]
        self.judging = (tensors["judging.weight"] * tensors["final.norm.gain"]).T.copy()
        self.judging_bias = tensors["judging.bias"]
        self._tables(tensors, json.loads(metadata["vocabulary"]))
        self._descriptions(read_safetensors(stem + ".reference.safetensors")[0])

    @staticmethod
    def _layer(tensors, index):
        def part(name):
            return tensors[f"layers.{index}.{name}"]

        return Layer(
            qkv=(part("attention.qkv.weight") * part("attention.norm.gain")).T.copy(),
            qkv_bias=part("attention.qkv.bias"),
            output=part("attention.output.weight").T.copy(),
            output_bias=part("attention.output.bias"),
            up=(part("mlp.up.weight") * part("mlp.norm.gain")).T.copy(),
            up_bias=part("mlp.up.bias"),
            down=part("mlp.down.weight").T.copy(),
            down_bias=part("mlp.down.bias"),
        )

    def _tables(self, tensors, vocabulary):
        """low [rows + 1, d]: kind + value, then the query; step: to the next row, so a token is
        low[row] + weight · step[row]."""
        values = tensors["embedding.values"]
        entries = np.concatenate(
            [np.full(len(entry["edges"]), place) for place, entry in enumerate(vocabulary["entries"])]
        )
        query = tensors["embedding.queries"][0]
        self.low = np.vstack([values + tensors["embedding.kinds"][entries], query]).astype(np.float32)
        self.step = np.zeros_like(self.low)
        self.step[: len(values) - 1] = values[1:] - values[:-1]

    def _descriptions(self, reference):
        """rows and weights [descriptions, phrases + 1]: the query comes last; log-odds [descriptions]."""
        count = len(reference["rows"])
        query = np.full((count, 1), len(self.low) - 1)
        self.rows = np.hstack([reference["rows"].astype(np.int32), query]).astype(np.int32)
        self.weights = np.hstack([reference["weights"], np.zeros((count, 1))]).astype(np.float32)
        self.logits = reference["logits"]
        self.tokens = self.rows.shape[1] - 1
