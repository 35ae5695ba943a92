"""
Layers of PyTorch, and TensorFlow's local response normalization, in float64: outputs, gradients and what
they remember of a batch. Images come and go with their channels last.
"""

import math

import torch
from torch.nn import functional

from exchange import answer_each, array, numbers

ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": functional.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    # PyTorch takes x itself beyond its threshold, which is a rounding of float32 only at 20.
    "softplus": lambda x: functional.softplus(x, threshold=700),
    "elu": functional.elu,
    "selu": functional.selu,
    "relu6": functional.relu6,
    "leakyRelu": lambda x: functional.leaky_relu(x, 0.2),
    "gelu": functional.gelu,
    "geluTanh": lambda x: functional.gelu(x, approximate="tanh"),
    "silu": functional.silu,
    "mish": functional.mish,
    "hardSigmoid": functional.hardsigmoid,
    "hardSwish": functional.hardswish,
    "softmax": lambda x: torch.softmax(x, -1),
}


def first(x):
    """Channels before rows and columns."""
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


def of_channels(compute):
    """A layer of PyTorch, for images with their channels last."""
    return lambda x, *arguments, **options: last(compute(first(x), *arguments, **options))


def batch_norm(x, gamma, beta, mean, variance, training, momentum, eps):
    """Moves the mean and the variance, this one by the unbiased variance of the batch."""
    return functional.batch_norm(x, mean, variance, gamma, beta, training, 1 - momentum, eps)


def layer_norm(x, gamma, beta, eps):
    return functional.layer_norm(x, gamma.shape, gamma, beta, eps)


def group_norm(x, gamma, beta, groups, eps):
    return functional.group_norm(x, groups, gamma, beta, eps)


def instance_norm(x, gamma, beta, eps):
    y = functional.instance_norm(x, weight=gamma, bias=beta, eps=eps)
    # Of a single sample PyTorch's gradient is wrong (differences of the outputs tell) where that of its
    # outputs is not contiguous.
    y.register_hook(lambda slope: slope.contiguous())
    return y


def local_response_norm(x, radius, bias, alpha, beta):
    """PyTorch divides α by the number of channels in a window, whether or not they are all there."""
    size = 2 * radius + 1
    return functional.local_response_norm(x, size, alpha * size, beta, bias)


def prelu(x, alpha):
    """PyTorch has no gradient of it for channels that are not contiguous."""
    rows = functional.prelu(x.reshape(-1, len(alpha)), alpha)
    return rows.reshape(x.shape)


def before_and_after(length, kernel, stride, dilation):
    """What "same" adds to the two ends of a line: an odd pixel goes to its end."""
    missing = (math.ceil(length / stride) - 1) * stride + (kernel - 1) * dilation + 1 - length
    total = max(missing, 0)
    return total // 2, total - total // 2


def padded(x, kernel, strides, dilation, padding):
    if padding == "valid":
        return x
    rows, columns = (
        before_and_after(*line) for line in zip(x.shape[2:], kernel, strides, dilation)
    )
    return functional.pad(x, (*columns, *rows))


def conv2d(x, kernel, bias, strides, dilation, padding):
    x = padded(x, kernel.shape[:2], strides, dilation, padding)
    return functional.conv2d(x, kernel.permute(3, 2, 0, 1), bias, strides, 0, dilation)


def depthwise(x, kernel, bias, strides, dilation, padding):
    x = padded(x, kernel.shape[:2], strides, dilation, padding)
    rows, columns, channels, multiplier = kernel.shape
    kernels = kernel.permute(2, 3, 0, 1).reshape(channels * multiplier, 1, rows, columns)
    return functional.conv2d(x, kernels, bias, strides, 0, dilation, groups=channels)


def separable(x, depthwise_kernel, pointwise_kernel, bias, strides, dilation, padding):
    x = depthwise(x, depthwise_kernel, None, strides, dilation, padding)
    return conv2d(x, pointwise_kernel, bias, (1, 1), (1, 1), "valid")


def conv2d_transpose(x, kernel, bias, strides, dilation, padding):
    """
    All that the kernels reach, filled up to input · stride where they reach less. "same" cuts it to
    that, one pixel more at the end of an odd rest.
    """
    # PyTorch has no gradient of kernels that are not contiguous for images of one channel.
    kernel = kernel.permute(3, 2, 0, 1).contiguous()
    y = functional.conv_transpose2d(x, kernel, None, strides, dilation=dilation)
    for axis, stride in zip((2, 3), strides):
        wanted = x.shape[axis] * stride
        missing = wanted - y.shape[axis]
        if missing > 0:
            rest = [0, missing] if axis == 3 else [0, 0, 0, missing]
            y = functional.pad(y, rest)
        elif padding == "same":
            y = y.narrow(axis, -missing // 2, wanted)
    return y if bias is None else y + bias[:, None, None]


LAYERS = {
    "activation": lambda x, name: ACTIVATIONS[name](x),
    "leaky_relu": functional.leaky_relu,
    "prelu": prelu,
    "layer_norm": layer_norm,
    "group_norm": of_channels(group_norm),
    "instance_norm": of_channels(instance_norm),
    "local_response_norm": of_channels(local_response_norm),
    "conv2d": of_channels(conv2d),
    "depthwise": of_channels(depthwise),
    "separable": of_channels(separable),
    "conv2d_transpose": of_channels(conv2d_transpose),
}


def tensorflow_local_response(x, dy, radius, bias, alpha, beta):
    # Most scripts do without TensorFlow, which takes long to load.
    import tensorflow as tf

    # Its kernel computes in float32 only.
    with tf.GradientTape() as tape:
        image = tf.Variable(x.astype("float32"))
        y = tf.nn.local_response_normalization(image, radius, bias, alpha, beta)
        product = tf.reduce_sum(y * dy.astype("float32"))
    return result(y, y, tape.gradient(product, image), [], [])


def result(y, evaluated, dx, gradients, state):
    return {
        "y": numbers(y),
        "evaluated": numbers(evaluated),
        "dx": numbers(dx),
        "gradients": [numbers(slope) for slope in gradients],
        "state": [numbers(value) for value in state],
    }


def evaluate(case):
    name, options = case["name"], case["options"]
    if name == "tensorflow_local_response":
        return tensorflow_local_response(array(case["x"]), array(case["dy"]), **options)
    x = torch.tensor(array(case["x"]), requires_grad=True)
    weights = [torch.tensor(array(values)) for values in case["weights"]]
    state = []
    if name == "batch_norm":
        weights, state = weights[:2], weights[2:]

        def apply(training):
            return of_channels(batch_norm)(x, *weights, *state, training, **options)
    else:

        def apply(_):
            return LAYERS[name](x, *weights, **options)

    for weight in weights:
        weight.requires_grad_()
    evaluated = apply(False).detach()
    y = apply(True)
    y.backward(torch.tensor(array(case["dy"])))
    slopes = [weight.grad for weight in weights]
    return result(y.detach(), evaluated, x.grad, slopes, state)


answer_each(evaluate)
