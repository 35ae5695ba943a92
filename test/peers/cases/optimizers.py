"""The weights after many steps of an optimizer of Keras, or of one that only others define."""

import jax
import keras
import numpy

import doublePrecision  # noqa: F401
from exchange import answer_each, array, numbers


def train_with_keras(case, weights, gradients):
    variables = [keras.Variable(value, name=name) for name, value in weights.items()]
    optimizer = getattr(keras.optimizers, case["name"])(**case["options"])
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.build(variables)
    apply = jax.jit(optimizer.stateless_apply)
    values = [variable.value for variable in variables]
    state = [variable.value for variable in optimizer.variables]
    for i in range(case["steps"]):
        values, state = apply(state, [gradients[name][i] for name in weights], values)
    result = dict(zip(weights, values))
    if case["options"].get("use_ema"):
        # At the end Keras puts the averages in the place of the weights.
        for variable, value in zip(optimizer.variables, state):
            variable.assign(value)
        optimizer.finalize_variable_values(variables)
        result |= {f"{variable.name}/average": variable.value for variable in variables}
    return result


def pytorch_nadam(w, gradients, lr, momentum_decay, eps, beta1=0.9, beta2=0.999):
    """torch.optim.NAdam as its documentation states it."""
    m, v, product = numpy.zeros_like(w), numpy.zeros_like(w), 1.0
    for t, g in enumerate(gradients, start=1):
        now, following = (
            beta1 * (1 - 0.5 * 0.96 ** (step * momentum_decay)) for step in (t, t + 1)
        )
        product *= now
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        ahead = following * m / (1 - product * following) + (1 - now) * g / (1 - product)
        w = w - lr * ahead / (numpy.sqrt(v / (1 - beta2**t)) + eps)
    return w


def shrink(w, threshold):
    return numpy.sign(w) * numpy.maximum(numpy.abs(w) - threshold, 0)


def proximal_adagrad(w, gradients, lr, l1, l2, initial):
    """TensorFlow's ResourceApplyProximalAdagrad."""
    n = numpy.full_like(w, initial)
    for g in gradients:
        n = n + g * g
        rate = lr / numpy.sqrt(n)
        w = shrink(w - rate * g, rate * l1) / (1 + rate * l2)
    return w


def proximal_gradient(w, gradients, lr, l1):
    for g in gradients:
        w = shrink(w - lr * g, lr * l1)
    return w


REFERENCES = {
    "pytorch_nadam": pytorch_nadam,
    "proximal_adagrad": proximal_adagrad,
    "proximal_gradient": proximal_gradient,
}


def train(case):
    weights = {name: array(tensor) for name, tensor in case["weights"].items()}
    gradients = {name: array(tensor) for name, tensor in case["gradients"].items()}
    if case["name"] in REFERENCES:
        reference = REFERENCES[case["name"]]
        result = {
            name: reference(value, gradients[name], **case["options"])
            for name, value in weights.items()
        }
    else:
        result = train_with_keras(case, weights, gradients)
    return {name: numbers(value) for name, value in result.items()}


answer_each(train)
