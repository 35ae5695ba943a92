"""PyTorch's networks out of the layers of an experiment."""

import torch
from torch import nn
from torch.nn import functional

ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": lambda x: functional.relu(x, inplace=True),
    "relu6": lambda x: functional.relu6(x, inplace=True),
    "gelu": functional.gelu,
    "silu": functional.silu,
}


def pair(value):
    return tuple(value) if isinstance(value, list) else (value, value)


def padding_of(value):
    """
    Half the kernel on each side. Of an even image with a stride, Keras' "same" puts the odd pixel
    elsewhere: other numbers, the same arithmetic.
    """
    if value["padding"] == "valid":
        return (0, 0)
    return tuple(size // 2 for size in pair(value["kernelSize"]))


def conv2d(value, inputs):
    return nn.Conv2d(
        inputs[0][-1],
        value["filters"],
        pair(value["kernelSize"]),
        pair(value["strides"]),
        padding_of(value),
        bias=value["useBias"],
    )


def depthwise_conv2d(value, inputs):
    channels = inputs[0][-1]
    return nn.Conv2d(
        channels,
        channels * value.get("depthMultiplier", 1),
        pair(value["kernelSize"]),
        pair(value["strides"]),
        padding_of(value),
        groups=channels,
        bias=value["useBias"],
    )


def conv2d_transpose(value, inputs):
    return nn.ConvTranspose2d(
        inputs[0][-1],
        value["filters"],
        pair(value["kernelSize"]),
        pair(value["strides"]),
        bias=value["useBias"],
    )


class ChannelNorm(nn.LayerNorm):
    """A layer normalization over the channels of each pixel."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class GlobalAveragePooling(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class Merge(nn.Module):
    def __init__(self, merge):
        super().__init__()
        self.merge = merge

    def forward(self, *inputs):
        return self.merge(inputs)


BUILDERS = {
    "conv2d": conv2d,
    "depthwiseConv2d": depthwise_conv2d,
    "conv2dTranspose": conv2d_transpose,
    "batchNormalization": lambda value, inputs: nn.BatchNorm2d(
        inputs[0][-1], eps=value["epsilon"], momentum=1 - value["momentum"]
    ),
    "layerNormalization": lambda value, inputs: ChannelNorm(inputs[0][-1], value["epsilon"]),
    "groupNormalization": lambda value, inputs: nn.GroupNorm(
        value["groups"], inputs[0][-1], value["epsilon"]
    ),
    "instanceNormalization": lambda value, inputs: nn.InstanceNorm2d(
        inputs[0][-1], value["epsilon"], affine=True
    ),
    "maxPooling2d": lambda value, _: nn.MaxPool2d(pair(value["poolSize"])),
    "globalAveragePooling2d": lambda *_: GlobalAveragePooling(),
    "flatten": lambda *_: nn.Flatten(),
    "dense": lambda value, inputs: nn.Linear(inputs[0][-1], value["units"], value["useBias"]),
    "dropout": lambda value, _: nn.Dropout(value["rate"]),
    "activation": lambda *_: nn.Identity(),
    "add": lambda *_: Merge(lambda inputs: inputs[0] + inputs[1]),
    "concatenate": lambda *_: Merge(lambda inputs: torch.cat(inputs, 1)),
}


class Net(nn.Module):
    """The graph of layers of a subject's experiment, applied in their order."""

    def __init__(self, subject):
        super().__init__()
        self.steps = []
        self.parts = nn.ModuleList()
        shapes = {"input": subject["image"]}
        for value, layer in zip(subject["experiment"]["model"]["layers"], subject["layers"]):
            inputs = [shapes[name] for name in layer["inputs"]]
            shapes[layer["name"]] = layer["outputShape"]
            self.parts.append(BUILDERS[value["type"]](value, inputs))
            activation = ACTIVATIONS[value.get("activation", value.get("function", "linear"))]
            self.steps.append((layer["name"], layer["inputs"], activation))

    def forward(self, x):
        values = {"input": x}
        for part, (name, inputs, activation) in zip(self.parts, self.steps):
            x = activation(part(*[values[key] for key in inputs]))
            values[name] = x
        return x


def dice_and_cross_entropy(logits, labels):
    classes = logits.shape[1]
    truth = functional.one_hot(labels, classes).permute(0, 3, 1, 2)
    chosen = torch.softmax(logits, 1)
    overlap = (chosen * truth).sum((2, 3))
    dice = (2 * overlap + 1) / (chosen.sum((2, 3)) + truth.sum((2, 3)) + 1)
    return functional.cross_entropy(logits, labels) + 1 - dice.mean()


def loss_of(value):
    if value["type"] == "softmaxCrossEntropy":
        return functional.cross_entropy
    return dice_and_cross_entropy
