"""Trains a small network for some steps with Keras and gives its weights."""

import json
import sys

import keras
import numpy


def build(shape, classes, penalty):
    l2 = keras.regularizers.L2(penalty)
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Conv2D(
                6, 3, padding="same", use_bias=False, kernel_regularizer=l2, name="conv2d"
            ),
            keras.layers.BatchNormalization(name="batchNormalization"),
            keras.layers.Activation("relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(8, 3, activation="relu", kernel_regularizer=l2, name="conv2d_1"),
            keras.layers.Flatten(),
            keras.layers.Dense(12, activation="relu", kernel_regularizer=l2, name="dense"),
            keras.layers.Dense(classes, kernel_regularizer=l2, name="dense_1"),
        ]
    )


def named_weights(model, names):
    """Maps our names to Keras' variables, in the order in which Keras lists those of a layer."""
    variables = {}
    for layer, weights in names.items():
        found = model.get_layer(layer).weights
        assert len(found) == len(weights), (layer, len(found), weights)
        variables.update({f"{layer}/{name}": variable for name, variable in zip(weights, found)})
    return variables


def main(input_file, result_file):
    with open(input_file, encoding="utf-8") as file:
        task = json.load(file)
    model = build(task["shape"], task["classes"], task["penalty"])
    model.compile(
        optimizer=keras.optimizers.Adam(task["learningRate"], epsilon=task["epsilon"]),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    variables = named_weights(model, task["names"])
    for name, variable in variables.items():
        variable.assign(numpy.asarray(task["weights"][name], "float32").reshape(variable.shape))
    losses = []
    for batch in task["batches"]:
        images = numpy.asarray(batch["images"], "float32").reshape([-1, *task["shape"]])
        labels = numpy.asarray(batch["labels"], "int32")
        losses.append(float(model.train_on_batch(images, labels)))
    weights = {
        name: numpy.asarray(variable, "float64").ravel().tolist()
        for name, variable in variables.items()
    }
    with open(result_file, "w", encoding="utf-8") as file:
        json.dump({"weights": weights, "losses": losses}, file)


main(*sys.argv[1:])
