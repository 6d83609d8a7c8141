"""The language model for ONNX Runtime: float32, and int8 by its own quantiser.

Three forms of attention; the fastest one counts. All shapes are constants, norms and residuals are fused
(SkipSimplifiedLayerNormalization), GELU takes the bias with it, and of the last layer only the query's row
is computed. That is what ONNX Runtime's transformer optimiser makes of such a model, and a little more.
"""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType
from onnxruntime.quantization import quantize_dynamic, quantize_static

from model_file import EPSILON

FUSED = "com.microsoft"
ATTENTIONS = ("attention", "multi-head", "plain")


class Graph:
    def __init__(self, model, batch, attention):
        self.model, self.batch, self.attention = model, batch, attention
        self.nodes, self.constants, self.count = [], {}, 0

    def constant(self, array, dtype=np.float32):
        array = np.ascontiguousarray(array, dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.constants:
            name = f"constant{len(self.constants)}"
            self.constants[key] = numpy_helper.from_array(array, name)
        return self.constants[key].name

    def add(self, kind, inputs, domain="", outputs=1, **attributes):
        self.count += 1
        names = [f"{kind}{self.count}_{i}" for i in range(outputs)]
        node = helper.make_node(kind, inputs, names, f"{kind}{self.count}", domain=domain, **attributes)
        self.nodes.append(node)
        return names[0] if outputs == 1 else names

    def norm(self, x):
        gain = self.constant(np.ones(self.model.width))
        return self.add("SimplifiedLayerNormalization", [x, gain], epsilon=EPSILON, axis=-1)

    def add_and_norm(self, x, change, bias):
        """(norm(x + change + bias), x + change + bias)"""
        gain = self.constant(np.ones(self.model.width))
        inputs = [x, change, gain, self.constant(bias)]
        names = self.add("SkipSimplifiedLayerNormalization", inputs, FUSED, 4, epsilon=EPSILON)
        self.nodes[-1].output[1], self.nodes[-1].output[2] = "", ""
        return names[0], names[3]

    def linear(self, x, weight, bias=None):
        y = self.add("MatMul", [x, self.constant(weight)])
        return y if bias is None else self.add("Add", [y, self.constant(bias)])

    def query(self, x):
        """The last row [batch, 1, width]."""
        limits = [self.constant([v], np.int64) for v in (self.model.tokens, self.model.tokens + 1, 1)]
        return self.add("Slice", [x, limits[0], limits[1], limits[2]])

    def heads(self, x, rows, order):
        shape = self.constant([self.batch, rows, self.model.heads, self.model.head_width], np.int64)
        return self.add("Transpose", [self.add("Reshape", [x, shape])], perm=order)

    def attend_plainly(self, q, k, v, rows):
        """softmax(q·k / √head width)·v; q has `rows` rows, all of them or the query's."""
        model, all_rows = self.model, self.model.tokens + 1
        scores = self.add(
            "MatMul", [self.heads(q, rows, [0, 2, 1, 3]), self.heads(k, all_rows, [0, 2, 3, 1])]
        )
        if rows > 1:
            mask = np.triu(np.full((all_rows, all_rows), -1e30), 1)
            scores = self.add("Add", [scores, self.constant(mask)])
        shares = self.add("Softmax", [scores], axis=-1)
        mixed = self.add("MatMul", [shares, self.heads(v, all_rows, [0, 2, 1, 3])])
        mixed = self.add("Transpose", [mixed], perm=[0, 2, 1, 3])
        return self.add("Reshape", [mixed, self.constant([self.batch, rows, model.width], np.int64)])

    def attend(self, normed, layer, is_last):
        model, d = self.model, self.model.width
        if self.attention == "attention" and not is_last:
            inputs = [normed, self.constant(layer.qkv), self.constant(layer.qkv_bias)]
            return self.add("Attention", inputs, FUSED, num_heads=model.heads, unidirectional=1)
        # The scale goes into the query's matrix.
        parts = [layer.qkv[:, i * d : (i + 1) * d] for i in range(3)]
        biases = [layer.qkv_bias[i * d : (i + 1) * d] for i in range(3)]
        asking = self.query(normed) if is_last else normed
        if self.attention == "plain":
            scale = 1 / np.sqrt(model.head_width)
            q = self.linear(asking, parts[0] * scale, biases[0] * scale)
            k, v = (self.linear(normed, parts[i], biases[i]) for i in (1, 2))
            return self.attend_plainly(q, k, v, 1 if is_last else model.tokens + 1)
        q, k, v = self.linear(asking, parts[0]), self.linear(normed, parts[1]), self.linear(normed, parts[2])
        return self.add(
            "MultiHeadAttention", [q, k, v, self.constant(layer.qkv_bias)], FUSED,
            num_heads=model.heads, unidirectional=0 if is_last else 1,
        )

    def build(self):
        model = self.model
        low = self.add("Gather", [self.constant(model.low), "rows"])
        step = self.add("Gather", [self.constant(model.step), "rows"])
        x = self.add("Add", [low, self.add("Mul", [step, "weights"])])
        normed = self.norm(x)
        for index, layer in enumerate(model.layers):
            is_last = index == len(model.layers) - 1
            mixed = self.attend(normed, layer, is_last)
            if is_last:
                x = self.query(x)
            normed, x = self.add_and_norm(x, self.linear(mixed, layer.output), layer.output_bias)
            inner = self.linear(normed, layer.up)
            inner = self.add("FastGelu", [inner, self.constant(layer.up_bias)], FUSED)
            normed, x = self.add_and_norm(x, self.linear(inner, layer.down), layer.down_bias)
        logits = self.linear(normed, model.judging, model.judging_bias)
        self.nodes[-1].output[0] = "logits"
        rows = [self.batch, model.tokens + 1]
        graph = helper.make_graph(
            self.nodes, "language model",
            [
                helper.make_tensor_value_info("rows", TensorProto.INT32, rows),
                helper.make_tensor_value_info("weights", TensorProto.FLOAT, rows + [1]),
            ],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [self.batch, 1, 1])],
            list(self.constants.values()),
            # The quantiser asks for types, and shape inference does not know the fused operations.
            value_info=[
                helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
                for node in self.nodes[:-1] for name in node.output if name
            ],
        )
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(FUSED, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)


class Feed(CalibrationDataReader):
    """The descriptions, for static quantisation."""

    def __init__(self, model, batch):
        self.batches = iter(
            {"rows": model.rows[i : i + batch], "weights": model.weights[i : i + batch, :, None]}
            for i in range(0, len(model.rows), batch)
        )

    def get_next(self):
        return next(self.batches, None)


class Runner:
    """A session on one thread with its inputs and outputs bound."""

    def __init__(self, name, path, model, batch):
        self.name = name
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        # Denormals are no matter of this model; the setting can only help.
        options.add_session_config_entry("session.set_denormal_as_zero", "1")
        self.session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
        self.binding = self.session.io_binding()
        value = onnxruntime.OrtValue.ortvalue_from_numpy
        self.values = {
            "rows": value(np.ascontiguousarray(model.rows[:batch])),
            "weights": value(np.ascontiguousarray(model.weights[:batch, :, None])),
        }
        self.output = value(np.zeros((batch, 1, 1), np.float32))
        for name, tensor in self.values.items():
            self.binding.bind_ortvalue_input(name, tensor)
        self.binding.bind_ortvalue_output("logits", self.output)
        # The wrapper of `run_with_iobinding` does nothing else.
        self.run = lambda run=self.session._sess.run_with_iobinding, io=self.binding._iobinding: run(io, None)

    def logits(self):
        self.run()
        return self.output.numpy().reshape(-1)


def runners(model, batch, folder):
    """Float32 and int8 in each form of attention."""
    found = []
    for attention in ATTENTIONS:
        path = folder / f"{model.width}-{batch}-{attention}.onnx"
        onnx.save(Graph(model, batch, attention).build(), path)
        found.append(Runner(f"onnxruntime float32 {attention}", path, model, batch))
        dynamic = path.with_suffix(".dynamic.onnx")
        quantize_dynamic(
            path, dynamic, weight_type=QuantType.QInt8, per_channel=attention != "attention",
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
        found.append(Runner(f"onnxruntime int8 dynamic {attention}", dynamic, model, batch))
        static = path.with_suffix(".static.onnx")
        quantize_static(
            path, static, Feed(model, batch), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"],
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
        found.append(Runner(f"onnxruntime int8 static {attention}", static, model, batch))
    return found
