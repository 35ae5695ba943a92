"""
Losses of PyTorch, and of TensorFlow, SciPy and scikit-image where it has none: a value for every sample
(or the mean of a batch), and the gradient of their sum by the outputs, in float64.
"""

import numpy
import tensorflow as tf
import torch
from scipy.special import pseudo_huber
from skimage.metrics import structural_similarity
from torch.nn import functional

from exchange import answer_each, array, numbers


def each(values):
    """The mean of the values of each sample."""
    return values.reshape(len(values), -1).mean(1)


def cross_entropy(y, truth, weight=None, **options):
    weights = None if weight is None else torch.tensor(weight, dtype=y.dtype)
    # The weighted mean of a batch is no mean of what its samples have by themselves.
    reduction = "none" if weights is None else "mean"
    rows = functional.cross_entropy(
        y.reshape(-1, y.shape[-1]),
        truth.long().reshape(-1),
        weight=weights,
        reduction=reduction,
        **options,
    )
    return each(rows.reshape(len(y), -1)) if weights is None else rows.reshape(1)


def bce_with_logits(y, truth, pos_weight=1.0):
    weight = torch.tensor(pos_weight, dtype=y.dtype)
    return each(
        functional.binary_cross_entropy_with_logits(
            y, truth, pos_weight=weight, reduction="none"
        )
    )


def kl_div(y, truth):
    terms = functional.kl_div(torch.log_softmax(y, -1), truth, reduction="none")
    return each(terms.sum(-1))


def hinge_embedding(y, truth):
    """PyTorch's loss of what is unlike, max(0, 1 − x), for outputs turned so that more is better."""
    turned = (2 * truth - 1) * y
    return each(
        functional.hinge_embedding_loss(turned, -torch.ones_like(y), margin=1.0, reduction="none")
    )


def smooth_l1(y, truth, beta):
    """PyTorch divides Huber's loss by the size where it changes its form."""
    return beta * each(functional.smooth_l1_loss(y, truth, beta=beta, reduction="none"))


def of_values(name):
    loss = getattr(functional, name)
    return lambda y, truth, **options: each(loss(y, truth, reduction="none", **options))


def ssim(y, truth, data_range):
    """The definition, by a convolution with the window; its value is held to scikit-image's."""
    places = torch.arange(-5.0, 6.0, dtype=y.dtype)
    line = torch.exp(-(places**2) / (2 * 1.5**2))
    window = torch.outer(line, line) / line.sum() ** 2
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2

    def mean(x):
        planes = x.permute(0, 3, 1, 2).reshape(-1, 1, *x.shape[1:3])
        return functional.conv2d(planes, window[None, None]).reshape(len(x), -1)

    a, b = mean(y), mean(truth)
    aa, bb, ab = mean(y * y) - a * a, mean(truth * truth) - b * b, mean(y * truth) - a * b
    similar = (2 * a * b + c1) * (2 * ab + c2) / ((a * a + b * b + c1) * (aa + bb + c2))
    losses = 1 - similar.mean(1)
    theirs = [
        structural_similarity(
            image,
            target,
            data_range=data_range,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            channel_axis=2,
        )
        for image, target in zip(y.detach().numpy(), truth.numpy())
    ]
    numpy.testing.assert_allclose(1 - losses.detach().numpy(), theirs, rtol=0, atol=1e-9)
    return losses


TORCH = {
    "cross_entropy": cross_entropy,
    "bce_with_logits": bce_with_logits,
    "kl_div": kl_div,
    "hinge_embedding": hinge_embedding,
    "mse": of_values("mse_loss"),
    "l1": of_values("l1_loss"),
    "huber": of_values("huber_loss"),
    "smooth_l1": smooth_l1,
    "poisson_nll": of_values("poisson_nll_loss"),
    "ssim": ssim,
}


def weighted_cross_entropy(y, truth, pos_weight):
    losses = tf.nn.weighted_cross_entropy_with_logits(truth, y, pos_weight)
    return tf.reduce_mean(tf.reshape(losses, (len(losses), -1)), axis=1)


def total_variation(y, _):
    return tf.image.total_variation(y) / numpy.prod(y.shape[1:])


TENSORFLOW = {
    "weighted_cross_entropy": weighted_cross_entropy,
    "total_variation": total_variation,
}


def with_torch(case, outputs, truth):
    y = torch.tensor(outputs, requires_grad=True)
    losses = TORCH[case["name"]](y, torch.tensor(truth), **case["options"])
    losses.sum().backward()
    return losses.detach(), y.grad


def with_tensorflow(case, outputs, truth):
    with tf.GradientTape() as tape:
        y = tf.Variable(outputs)
        losses = TENSORFLOW[case["name"]](y, tf.constant(truth), **case["options"])
    return losses, tape.gradient(losses, y)


def with_scipy(case, outputs, truth):
    """SciPy's pseudo-Huber function, and its slope r / √(1 + (r / δ)²)."""
    delta, r = case["options"]["delta"], outputs - truth
    count = r[0].size
    losses = pseudo_huber(delta, r).reshape(len(r), -1).mean(1)
    return losses, r / numpy.sqrt(1 + (r / delta) ** 2) / count


def evaluate(case):
    outputs, truth = array(case["outputs"]), array(case["truth"])
    compute = (
        with_torch
        if case["name"] in TORCH
        else with_tensorflow
        if case["name"] in TENSORFLOW
        else with_scipy
    )
    losses, gradient = compute(case, outputs, truth)
    return {"losses": numbers(losses), "gradient": numbers(gradient)}


answer_each(evaluate)
