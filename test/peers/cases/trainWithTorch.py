"""Trains networks for some epochs with PyTorch, in float64, and gives their weights."""

import sys
from pathlib import Path

import torch
from torch.nn import functional
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from exchange import answer_each, array, numbers

# The networks are built as those of the benchmarks are.
sys.path.append(str(Path(__file__).parents[2] / "bench" / "peers"))

from torchNets import Net  # noqa: E402

# Our names of weights, and PyTorch's.
NAMES = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "movingMean": "running_mean",
    "movingVariance": "running_var",
}
# The axes of a kernel of ours in PyTorch's order.
AXES = {4: (3, 2, 0, 1), 2: (1, 0)}


class Weight:
    """A weight of ours and the tensor that it is in PyTorch."""

    def __init__(self, kind, name, tensor):
        self.tensor = tensor
        self.is_kernel = name == "kernel"
        self.is_depthwise = kind == "depthwiseConv2d" and self.is_kernel

    def set(self, values):
        values = torch.as_tensor(values)
        shape = self.tensor.shape
        if self.is_depthwise:
            values = values.reshape(*shape[2:], *shape[:2]).permute(2, 3, 0, 1)
        elif self.is_kernel:
            axes = AXES[len(shape)]
            ours = [shape[axes.index(axis)] for axis in range(len(shape))]
            values = values.reshape(ours).permute(axes)
        with torch.no_grad():
            self.tensor.copy_(values)

    def get(self, tensor):
        if self.is_depthwise:
            return tensor.permute(2, 3, 0, 1)
        return tensor.permute((2, 3, 1, 0) if tensor.dim() == 4 else (1, 0)) if self.is_kernel else tensor


def weights_of(net, case):
    """Our names and what they stand for. Of depthwise kernels each has one for a channel."""
    values = case["subject"]["experiment"]["model"]["layers"]
    found = {}
    for value, layer, part in zip(values, case["subject"]["layers"], net.parts):
        for name in case["names"].get(layer["name"], []):
            tensor = getattr(part, NAMES[name])
            found[f"{layer['name']}/{name}"] = Weight(value["type"], name, tensor)
    return found


def penalty_of(kernels, value):
    """λ Σ |w| and λ β Σ w², as far as the experiment asks for them."""
    strength = value["lambda"]
    squares = {"l1": 0, "l2": 1, "elasticNet": value.get("beta")}[value["type"]]
    sizes = value["type"] != "l2"
    return strength * sum(
        squares * kernel.square().sum() + sizes * kernel.abs().sum() for kernel in kernels
    )


def cross_entropy(logits, labels, value):
    weights = value.get("classWeights")
    return functional.cross_entropy(
        logits,
        labels,
        weight=None if weights is None else torch.tensor(weights, dtype=logits.dtype),
        label_smoothing=value["labelSmoothing"],
    )


def hinge(logits, labels, _):
    truth = functional.one_hot(labels, logits.shape[1])
    return functional.relu(1 - (2 * truth - 1) * logits).mean()


def squared_error(logits, labels, _):
    return functional.mse_loss(logits, functional.one_hot(labels, logits.shape[1]).to(logits.dtype))


LOSSES = {
    "softmaxCrossEntropy": cross_entropy,
    "hinge": hinge,
    "meanSquaredError": squared_error,
}


def loss_of(logits, labels, value):
    if value["type"] != "mixture":
        return LOSSES[value["type"]](logits, labels, value)
    return sum(
        term["weight"] * LOSSES[term["loss"]["type"]](logits, labels, term["loss"])
        for term in value["terms"]
    )


def standardized(images, per_channel):
    """By the mean and the deviation of all of them, or of each of their channels."""
    axes = (0, 2, 3) if per_channel else (0, 1, 2, 3)
    together = torch.cat(images)
    mean = together.mean(axes, keepdim=True)
    deviation = together.std(axes, correction=0, keepdim=True)
    return [(x - mean) / deviation for x in images]


def train(case):
    experiment = case["subject"]["experiment"]
    net = Net(case["subject"]).double().train()
    weights = weights_of(net, case)
    for name, weight in weights.items():
        weight.set(array(case["weights"][name]))
    kernels = [weight.tensor for weight in weights.values() if weight.is_kernel]
    others = [p for p in net.parameters() if all(p is not kernel for kernel in kernels)]
    groups = [
        {"params": kernels, "weight_decay": case["weight_decay"]},
        {"params": others, "weight_decay": 0},
    ]
    optimizer = getattr(torch.optim, case["optimizer"])(groups, **case["options"])
    images = [torch.tensor(array(b["images"])).permute(0, 3, 1, 2) for b in case["batches"]]
    if "normalization" in experiment:
        images = standardized(images, experiment["normalization"]["perChannel"])
    labels = [torch.tensor(array(b["labels"])).long() for b in case["batches"]]
    count = case["epochs"] * len(images)
    schedule = CosineAnnealingLR(optimizer, count) if case["cosine"] else None
    average = case["average"] and AveragedModel(
        net, multi_avg_fn=get_ema_multi_avg_fn(case["average"])
    )
    losses = []
    for _ in range(case["epochs"]):
        for x, y in zip(images, labels):
            optimizer.zero_grad()
            loss = loss_of(net(x), y, experiment["loss"])
            (loss + penalty_of(kernels, experiment["regularization"])).backward()
            if case["clip"]:
                torch.nn.utils.clip_grad_norm_(net.parameters(), case["clip"])
            optimizer.step()
            if schedule:
                schedule.step()
            if average:
                average.update_parameters(net)
            losses.append(loss.item())
    result = {name: numbers(weight.get(weight.tensor.detach())) for name, weight in weights.items()}
    if average:
        averaged = weights_of(average.module, case)
        result |= {
            f"{name}/average": numbers(weight.get(weight.tensor.detach()))
            for name, weight in averaged.items()
        }
    return {"weights": result, "losses": losses}


answer_each(train)
