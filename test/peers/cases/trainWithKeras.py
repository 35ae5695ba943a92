"""Trains networks for some epochs with Keras and gives their weights."""

import sys
from pathlib import Path

import keras

import doublePrecision  # noqa: F401
from exchange import answer_each, array, numbers

# The networks are built as those of the benchmarks are.
sys.path.append(str(Path(__file__).parents[2] / "bench" / "peers"))

from kerasLayers import build_net  # noqa: E402

# What Keras calls the penalty on the kernel of a layer.
PENALIZED = {
    "conv2d": "kernel_regularizer",
    "conv2dTranspose": "kernel_regularizer",
    "depthwiseConv2d": "depthwise_regularizer",
    "dense": "kernel_regularizer",
}


def named_weights(model, names):
    """Maps our names to Keras' variables, in the order in which Keras lists those of a layer."""
    variables = {}
    for layer, weights in names.items():
        found = model.get_layer(layer).weights
        assert len(found) == len(weights), (layer, len(found), weights)
        variables.update({f"{layer}/{name}": variable for name, variable in zip(weights, found)})
    return variables


def train(case):
    def penalty_for(value):
        name = PENALIZED.get(value["type"])
        return {name: keras.regularizers.L2(case["penalty"])} if name else {}

    model = build_net(case["subject"], penalty_for)
    optimizer, loss = case["optimizer"], case["loss"]
    model.compile(
        optimizer=getattr(keras.optimizers, optimizer["name"])(**optimizer["options"]),
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
