"""Trains networks for some epochs with Keras and gives their weights."""

import sys
from pathlib import Path

import keras

import doublePrecision  # noqa: F401
from exchange import answer_each, array, numbers

# The networks are built as those of the benchmarks are.
sys.path.append(str(Path(__file__).parents[2] / "bench" / "peers"))

from kerasLayers import build_net  # noqa: E402

# What Keras calls the kernel of a layer, and the axes along which the weights of one output lie.
KERNELS = {
    "conv2d": ("kernel", [0, 1, 2]),
    "conv2dTranspose": ("kernel", [0, 1, 3]),
    "depthwiseConv2d": ("depthwise", [0, 1]),
    "dense": ("kernel", 0),
}
CONSTRAINTS = {
    "maxNorm": lambda axis, maxValue: keras.constraints.MaxNorm(maxValue, axis),
    "nonNegative": lambda axis: keras.constraints.NonNeg(),
    "unitNorm": lambda axis: keras.constraints.UnitNorm(axis),
    "minMaxNorm": lambda axis, minValue, maxValue, rate: keras.constraints.MinMaxNorm(
        minValue, maxValue, rate, axis
    ),
}


def constraint_of(value, axis):
    """The constraint that a layer's value names; None for none."""
    if value is None:
        return None
    parameters = {key: entry for key, entry in value.items() if key != "type"}
    return CONSTRAINTS[value["type"]](axis, **parameters)


def learning_of(value, penalty):
    """What Keras is told of how the weights of a layer learn."""
    if value["type"] not in KERNELS:
        return {}
    kernel, axis = KERNELS[value["type"]]
    return {
        f"{kernel}_regularizer": keras.regularizers.L2(penalty),
        f"{kernel}_constraint": constraint_of(value.get("kernelConstraint"), axis),
        "bias_constraint": constraint_of(value.get("biasConstraint"), 0),
    }


def multipliers_of(subject):
    """What the learning rate of each layer is multiplied with."""
    values = zip(subject["layers"], subject["experiment"]["model"]["layers"])
    return {layer["name"]: value.get("learningRateMultiplier", 1) for layer, value in values}


def optimizer_of(name, options, multipliers):
    """An optimizer of Keras whose learning rate is multiplied for the weights of some layers."""

    class WithMultipliers(getattr(keras.optimizers, name)):
        def update_step(self, gradient, variable, learning_rate):
            layer = variable.path.split("/")[0]
            super().update_step(gradient, variable, learning_rate * multipliers.get(layer, 1))

    return WithMultipliers(**options)


def named_weights(model, names):
    """Maps our names to Keras' variables, in the order in which Keras lists those of a layer."""
    variables = {}
    for layer, weights in names.items():
        found = model.get_layer(layer).weights
        assert len(found) == len(weights), (layer, len(found), weights)
        variables.update({f"{layer}/{name}": variable for name, variable in zip(weights, found)})
    return variables


def train(case):
    model = build_net(case["subject"], lambda value: learning_of(value, case["penalty"]))
    optimizer, loss = case["optimizer"], case["loss"]
    model.compile(
        optimizer=optimizer_of(**optimizer, multipliers=multipliers_of(case["subject"])),
        loss=getattr(keras.losses, loss["name"])(**loss["options"]),
    )
    variables = named_weights(model, case["names"])
    for name, variable in variables.items():
        variable.assign(array(case["weights"][name]).reshape(variable.shape))
    batches = [(array(batch["images"]), array(batch["labels"])) for batch in case["batches"]]
    losses = [
        float(model.train_on_batch(images, labels))
        for _ in range(case["epochs"])
        for images, labels in batches
    ]
    weights = {name: numbers(variable) for name, variable in variables.items()}
    return {"weights": weights, "losses": losses}


answer_each(train)
