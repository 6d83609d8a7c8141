"""The language model for OpenVINO: float32, bfloat16, and int8 by NNCF's post-training quantisation.

Two forms of attention, one operation or its parts (which the CPU plugin fuses itself); the fastest counts. All
shapes are constants; of the last layer only the query's row is computed.
"""

import nncf
import numpy as np
import openvino
import openvino.opset13 as ops

from model_file import EPSILON

ATTENTIONS = ("one", "parts")


class Graph:
    def __init__(self, model, batch, attention):
        self.model, self.batch, self.attention = model, batch, attention

    @staticmethod
    def constant(array, dtype=np.float32):
        return ops.constant(np.ascontiguousarray(array, dtype))

    def norm(self, x):
        """The pattern that OpenVINO makes one operation of."""
        squares = ops.power(x, self.constant([2]))
        mean = ops.reduce_mean(squares, self.constant([-1], np.int64), keep_dims=True)
        root = ops.sqrt(ops.add(mean, self.constant([EPSILON])))
        normed = ops.multiply(x, ops.divide(self.constant([1]), root))
        return ops.multiply(self.constant(np.ones(self.model.width)), normed)

    def linear(self, x, weight, bias):
        product = ops.matmul(x, self.constant(weight.T), False, True)
        return ops.add(product, self.constant(bias.reshape(1, 1, -1)))

    def query(self, x):
        """The last row [batch, 1, width]."""
        from_, to = [self.constant([v], np.int64) for v in (self.model.tokens, self.model.tokens + 1)]
        one = self.constant([1], np.int64)
        return ops.slice(x, from_, to, one, one)

    def heads(self, x, rows):
        """[batch, heads, rows, head width]"""
        shape = self.constant([self.batch, rows, self.model.heads, self.model.head_width], np.int64)
        return ops.transpose(ops.reshape(x, shape, False), self.constant([0, 2, 1, 3], np.int64))

    def attend(self, normed, layer, is_last):
        model, d, all_rows = self.model, self.model.width, self.model.tokens + 1
        parts = [layer.qkv[:, i * d : (i + 1) * d] for i in range(3)]
        biases = [layer.qkv_bias[i * d : (i + 1) * d] for i in range(3)]
        rows = 1 if is_last else all_rows
        scale = 1 if self.attention == "one" else 1 / np.sqrt(model.head_width)
        asking = self.query(normed) if is_last else normed
        q = self.heads(self.linear(asking, parts[0] * scale, biases[0] * scale), rows)
        k, v = (self.heads(self.linear(normed, parts[i], biases[i]), all_rows) for i in (1, 2))
        if self.attention == "one":
            mixed = ops.scaled_dot_product_attention(q, k, v, causal=not is_last)
        else:
            scores = ops.matmul(q, k, False, True)
            if not is_last:
                mask = np.triu(np.full((1, 1, all_rows, all_rows), -1e30), 1)
                scores = ops.add(scores, self.constant(mask))
            mixed = ops.matmul(ops.softmax(scores, 3), v, False, False)
        mixed = ops.transpose(mixed, self.constant([0, 2, 1, 3], np.int64))
        return ops.reshape(mixed, self.constant([self.batch, rows, d], np.int64), False)

    def build(self):
        model = self.model
        rows = ops.parameter([self.batch, model.tokens + 1], np.int32, "rows")
        weights = ops.parameter([self.batch, model.tokens + 1, 1], np.float32, "weights")
        axis = self.constant(0, np.int64)
        step = ops.gather(self.constant(model.step), rows, axis)
        x = ops.add(ops.gather(self.constant(model.low), rows, axis), ops.multiply(step, weights))
        for index, layer in enumerate(model.layers):
            is_last = index == len(model.layers) - 1
            mixed = self.attend(self.norm(x), layer, is_last)
            if is_last:
                x = self.query(x)
            x = ops.add(x, self.linear(mixed, layer.output, layer.output_bias))
            inner = ops.gelu(self.linear(self.norm(x), layer.up, layer.up_bias), "tanh")
            x = ops.add(x, self.linear(inner, layer.down, layer.down_bias))
        logits = self.linear(self.norm(x), model.judging, model.judging_bias)
        return openvino.Model([logits], [rows, weights], "language model")


class Runner:
    """A compiled model on one thread with its inputs set."""

    def __init__(self, name, core, graph, precision, model, batch):
        self.name = name
        settings = {
            "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1,
            "INFERENCE_PRECISION_HINT": precision, "ENABLE_CPU_PINNING": False,
        }
        self.request = core.compile_model(graph, "CPU", settings).create_infer_request()
        self.rows = openvino.Tensor(np.ascontiguousarray(model.rows[:batch]))
        self.weights = openvino.Tensor(np.ascontiguousarray(model.weights[:batch, :, None]))
        self.request.set_input_tensor(0, self.rows)
        self.request.set_input_tensor(1, self.weights)
        # The call beneath `infer`, without its look at inputs and its copy of outputs.
        infer = openvino._pyopenvino.InferRequest.infer
        self.run = lambda infer=infer, request=self.request, none={}: infer(request, none, True, False)

    def logits(self):
        self.run()
        return self.request.get_output_tensor(0).data.reshape(-1).copy()


def runners(model, batch):
    """Float32, bfloat16 where the CPU has it, and int8 in each form of attention."""
    core = openvino.Core()
    found = []
    for attention in ATTENTIONS:
        graph = Graph(model, batch, attention).build()
        found.append(Runner(f"openvino float32 {attention}", core, graph, "f32", model, batch))
        if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            found.append(Runner(f"openvino bfloat16 {attention}", core, graph, "bf16", model, batch))
        graph = quantised(Graph(model, batch, attention).build(), model, batch)
        found.append(Runner(f"openvino int8 {attention}", core, graph, "f32", model, batch))
    return found


def quantised(graph, model, batch):
    """By NNCF, with the descriptions as calibration data."""
    feeds = [
        {0: model.rows[i : i + batch], 1: model.weights[i : i + batch, :, None]}
        for i in range(0, len(model.rows), batch)
    ]
    kind = nncf.ModelType.TRANSFORMER
    return nncf.quantize(graph, nncf.Dataset(feeds), model_type=kind, subset_size=len(feeds))
