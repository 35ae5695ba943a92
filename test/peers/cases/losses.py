"""Losses of Keras: a value for every sample, and the gradient of their sum by the outputs."""

import jax
import keras

import doublePrecision  # noqa: F401
from exchange import answer_each, array, numbers

# What the network's outputs go through before a loss that takes no logits.
LINKS = {
    "none": lambda y: y,
    "exp": keras.ops.exp,
    "sigmoid": keras.ops.sigmoid,
    "softmax": keras.ops.softmax,
}


def evaluate(case):
    # Keras clips probabilities and adds to denominators by this number, which some losses show.
    keras.config.set_epsilon(case["epsilon"])
    outputs, truth = array(case["outputs"]), array(case["truth"])
    weights = array(case["weights"]) if "weights" in case else None
    loss = getattr(keras.losses, case["name"])(**case["options"], reduction="none")
    link = LINKS[case["link"]]

    @jax.jit
    def per_sample_and_gradient(y):
        def summed(y):
            losses = loss(truth, link(y), sample_weight=weights)
            per_sample = keras.ops.mean(keras.ops.reshape(losses, (len(outputs), -1)), axis=1)
            return keras.ops.sum(per_sample), per_sample

        gradient, per_sample = jax.grad(summed, has_aux=True)(y)
        return per_sample, gradient

    losses, gradient = per_sample_and_gradient(outputs)
    return {"losses": numbers(losses), "gradient": numbers(gradient)}


answer_each(evaluate)
