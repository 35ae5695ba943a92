"""Layers of Keras: outputs, gradients and what they remember of a batch."""

import jax
import keras

import doublePrecision  # noqa: F401
from exchange import answer_each, array, numbers


def evaluate(case):
    layer = getattr(keras.layers, case["name"])(**case["options"])
    x, dy = array(case["x"]), array(case["dy"])
    # A model passes on whether it trains to the layers that ask for it.
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    assert len(layer.weights) == len(case["weights"]), [weight.path for weight in layer.weights]
    for variable, values in zip(layer.weights, case["weights"]):
        variable.assign(array(values).reshape(variable.shape))
    trained = [variable.value for variable in layer.trainable_variables]
    kept = [variable.value for variable in layer.non_trainable_variables]

    @jax.jit
    def run(trained, x, dy):
        def apply(trained, x):
            y, state = model.stateless_call(trained, kept, x, training=True)
            # Keras computes tanh in float32 whatever comes in.
            return y.astype("float64"), state

        evaluated, _ = model.stateless_call(trained, kept, x, training=False)
        y, back, state = jax.vjp(apply, trained, x, has_aux=True)
        return y, back(dy), state, evaluated

    y, (slopes, dx), state, evaluated = run(trained, x, dy)
    return {
        "y": numbers(y),
        "evaluated": numbers(evaluated),
        "dx": numbers(dx),
        "gradients": [numbers(slope) for slope in slopes],
        "state": [numbers(value) for value in state],
    }


answer_each(evaluate)
