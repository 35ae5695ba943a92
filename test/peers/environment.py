"""Says what the Python environment has: versions, and the sum of the numbers it was given."""

import json
import sys

import jax
import keras
import numpy
import tensorboard


def main(input_file, result_file):
    with open(input_file, encoding="utf-8") as file:
        values = json.load(file)["values"]
    result = {
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "jax": jax.__version__,
        "tensorboard": tensorboard.__version__,
        "sum": float(keras.ops.sum(numpy.asarray(values, dtype="float32"))),
    }
    with open(result_file, "w", encoding="utf-8") as file:
        json.dump(result, file)


main(*sys.argv[1:])
