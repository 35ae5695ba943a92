"""Trains the nets with Keras on TensorFlow."""

import os
import sys

threads = int(sys.argv[1])
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import keras
import numpy
import tensorflow as tf

from kerasLayers import build_net
from kerasLosses import loss_of
from worker import serve

tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(threads)
keras.utils.set_random_seed(7)


def open_step(variant, subject):
    experiment = subject["experiment"]
    net = build_net(subject)
    batch = experiment["training"]["batchSize"]
    rng = numpy.random.default_rng(7)
    x = rng.random((batch, *subject["image"]), dtype="float32")
    # One label for each row of figures, or one for each pixel of an image.
    y = rng.integers(net.output_shape[-1], size=(batch, *net.output_shape[1:-1])).astype("int32")
    optimizer = keras.optimizers.Adam(experiment["optimizer"]["learningRate"])
    loss = loss_of(experiment["loss"])
    steps = {"train_on_batch": train_on_batch, "tf.function": function_step}
    return steps[variant](net, optimizer, loss, x, y), net.count_params() - frozen(net)


def frozen(net):
    """Running statistics, which PyTorch and Lightbench do not count among what is learned."""
    return sum(int(numpy.prod(weight.shape)) for weight in net.non_trainable_weights)


def train_on_batch(net, optimizer, loss, x, y):
    net.compile(optimizer=optimizer, loss=loss, jit_compile=False)
    return lambda: net.train_on_batch(x, y)


def function_step(net, optimizer, loss, x, y):
    optimizer.build(net.trainable_variables)
    images, labels = tf.constant(x), tf.constant(y)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(loss(labels, net(images, training=True)))
        gradients = tape.gradient(value, net.trainable_variables)
        optimizer.apply_gradients(zip(gradients, net.trainable_variables))
        return value

    return lambda: float(step())


serve({"Keras": keras.__version__, "TensorFlow": tf.__version__}, open_step)
