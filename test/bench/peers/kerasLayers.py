"""Keras' layers out of those of an experiment, whose names and parameters are Keras' own."""

import re

import keras

RENAMED = {"dilation": "dilation_rate", "function": "activation"}
CLASSES = {
    "conv2d": "Conv2D",
    "depthwiseConv2d": "DepthwiseConv2D",
    "conv2dTranspose": "Conv2DTranspose",
    "maxPooling2d": "MaxPooling2D",
    "globalAveragePooling2d": "GlobalAveragePooling2D",
}
# What Keras' layers do not have: it must be as Keras does it.
OURS = {"weightStandardization": False, "dropConnect": 0, "mode": "inverted", "unbiased": False}
# How weights learn does not change what is computed: whoever compares it, asks Keras for it.
LEARNING = ("learningRateMultiplier", "kernelConstraint", "biasConstraint")
LEFT_OUT = ("type", "name", "inputs", "seed", *LEARNING, *OURS)


def snake_case(name):
    return RENAMED.get(name) or re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)


def build_layer(value, more):
    kind = value["type"]
    known = getattr(keras.layers, CLASSES.get(kind, kind[0].upper() + kind[1:]))
    assert all(value.get(name, theirs) == theirs for name, theirs in OURS.items()), value
    # How the weights begin is of no account: either they are set, or only the time matters.
    parameters = {
        snake_case(key): tuple(entry) if isinstance(entry, list) else entry
        for key, entry in value.items()
        if key not in LEFT_OUT and not key.endswith("Initializer")
    }
    return known(**parameters, **more)


def build_net(subject, more_for=lambda value: {}):
    """The network of a subject; `more_for` gives a layer's value more parameters of Keras."""
    image = keras.Input(tuple(subject["image"]))
    values = {"input": image}
    for value, layer in zip(subject["experiment"]["model"]["layers"], subject["layers"]):
        inputs = [values[name] for name in layer["inputs"]]
        built = build_layer(value, {"name": layer["name"], **more_for(value)})
        values[layer["name"]] = built(inputs if len(inputs) > 1 else inputs[0])
    return keras.Model(image, list(values.values())[-1])
