"""What many weights that Keras draws are like."""

import keras
import numpy

from exchange import answer_each


def draw(case):
    initializer = getattr(keras.initializers, case["name"])(**case["options"], seed=case["seed"])
    values = numpy.asarray(initializer(case["shape"]), "float64")
    return {
        "mean": float(values.mean()),
        "variance": float(values.var()),
        "largest": float(numpy.abs(values).max()),
    }


answer_each(draw)
