"""Lets Keras compute in float64: what differs from us is our rounding, or a definition."""

import jax
import keras

jax.config.update("jax_enable_x64", True)
keras.config.set_floatx("float64")
