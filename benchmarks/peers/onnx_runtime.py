"""ONNX Runtime: inference of the network, written as Gemm and activation nodes. It does not train."""

from __future__ import annotations

import numpy as np
import onnxruntime
from onnx import TensorProto, checker, helper, numpy_helper

from peers import Task

NODES = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "softmax": "Softmax"}


class Peer:
    def __init__(self, task: Task, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(model_of(task), options, providers=["CPUExecutionProvider"])
        self._weights = task.weights

    def train(self) -> None:
        raise NotImplementedError("onnxruntime answers only")

    def predict(self, x: np.ndarray) -> np.ndarray:
        answer: np.ndarray = self._session.run(None, {"a0": x})[0]
        return answer

    def weights(self) -> list[np.ndarray]:
        return self._weights


def model_of(task: Task) -> bytes:
    nodes, constants, last = [], [], len(task.activations)
    for i, name in enumerate(task.activations):
        w, b = task.weights[2 * i : 2 * i + 2]
        constants += [numpy_helper.from_array(w, f"w{i}"), numpy_helper.from_array(b, f"b{i}")]
        nodes.append(helper.make_node("Gemm", [f"a{i}", f"w{i}", f"b{i}"], [f"z{i}"]))
        nodes.append(helper.make_node(NODES[name], [f"z{i}"], [f"a{i + 1}"]))
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, width])
        for name, width in (("a0", task.x.shape[1]), (f"a{last}", task.classes))
    ]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    checker.check_model(model)
    answer: bytes = model.SerializeToString()
    return answer
