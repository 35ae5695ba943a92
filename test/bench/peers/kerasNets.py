"""Keras' networks out of the layers of an experiment, whose names and parameters are Keras' own."""

import re

import keras
import tensorflow as tf

RENAMED = {"dilation": "dilation_rate", "function": "activation"}
CLASSES = {
    "conv2d": "Conv2D",
    "depthwiseConv2d": "DepthwiseConv2D",
    "conv2dTranspose": "Conv2DTranspose",
    "maxPooling2d": "MaxPooling2D",
    "globalAveragePooling2d": "GlobalAveragePooling2D",
}


def snake_case(name):
    return RENAMED.get(name) or re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)


def build_layer(value):
    kind = value["type"]
    known = getattr(keras.layers, CLASSES.get(kind, kind[0].upper() + kind[1:]))
    # How the weights begin has no influence on the time.
    parameters = {
        snake_case(key): tuple(entry) if isinstance(entry, list) else entry
        for key, entry in value.items()
        if key not in ("type", "name", "inputs", "seed") and not key.endswith("Initializer")
    }
    return known(**parameters)


def build_net(subject):
    image = keras.Input(tuple(subject["image"]))
    values = {"input": image}
    for value, layer in zip(subject["experiment"]["model"]["layers"], subject["layers"]):
        inputs = [values[name] for name in layer["inputs"]]
        values[layer["name"]] = build_layer(value)(inputs if len(inputs) > 1 else inputs[0])
    return keras.Model(image, list(values.values())[-1])


def cross_entropy(labels, logits):
    return tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(labels, tf.int32), logits)


def dice_and_cross_entropy(labels, logits):
    truth = tf.one_hot(tf.cast(labels, tf.int32), logits.shape[-1])
    chosen = tf.nn.softmax(logits)
    overlap = tf.reduce_sum(chosen * truth, (1, 2))
    sizes = tf.reduce_sum(chosen, (1, 2)) + tf.reduce_sum(truth, (1, 2))
    dice = tf.reduce_mean((2 * overlap + 1) / (sizes + 1), -1)
    return tf.reduce_mean(cross_entropy(labels, logits), (1, 2)) + 1 - dice


def loss_of(value):
    return cross_entropy if value["type"] == "softmaxCrossEntropy" else dice_and_cross_entropy
