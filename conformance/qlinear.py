"""QDQ models in ONNX Runtime's integer operators.

On a QDQ file ONNX Runtime itself runs in float what reads or makes a value with several readers, between DequantizeLinear
and QuantizeLinear, where rounding noise turns a few values near a tie. With each such operator written as QLinearConv,
QLinearAdd, QGemm or QLinearGlobalAveragePool it computes in integers throughout.
"""
import collections, copy
from onnx import helper

KEPT = ("DequantizeLinear", "QuantizeLinear", "Flatten", "Reshape", "MaxPool", "Transpose")


def integers(model):
    """The model with integer operators instead of float ones between DequantizeLinear and QuantizeLinear.

    None where a computing operator other than these does not stand between the two.
    """
    model = copy.deepcopy(model)
    graph = model.graph
    maker = {name: node for node in graph.node for name in node.output}
    readers = collections.defaultdict(list)
    for node in graph.node:
        for name in node.input:
            readers[name].append(node)
    nodes, gone = [], set()
    for node in graph.node:
        if node.op_type not in ("Conv", "Add", "Gemm", "GlobalAveragePool"):
            if node.op_type not in KEPT:
                return None
            nodes.append(node)
            continue
        after = readers[node.output[0]]
        before = [maker.get(name) for name in node.input]
        if [n.op_type for n in after] != ["QuantizeLinear"] or any(
                n is None or n.op_type != "DequantizeLinear" for n in before):
            return None
        quantizer, sources = after[0], [list(n.input) for n in before]
        flags = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        y, scale = [quantizer.output[0]], list(quantizer.input[1:3])
        bias = sources[2][:1] if len(sources) > 2 else []
        gone.add(quantizer.output[0])
        if node.op_type == "Conv":
            made = helper.make_node("QLinearConv", sources[0] + sources[1] + scale + bias, y, **flags)
        elif node.op_type == "Gemm":
            flags.pop("beta", None)
            inputs = sources[0] + sources[1] + (bias or [""]) + scale
            made = helper.make_node("QGemm", inputs, y, domain="com.microsoft", **flags)
        elif node.op_type == "Add":
            made = helper.make_node("QLinearAdd", sources[0] + sources[1] + scale, y, domain="com.microsoft")
        else:
            made = helper.make_node(
                "QLinearGlobalAveragePool", sources[0] + scale, y, domain="com.microsoft", channels_last=0)
        nodes.append(made)
    del graph.node[:]
    graph.node.extend(n for n in nodes if n.op_type != "QuantizeLinear" or n.output[0] not in gone)
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return model
