"""The losses of the nets, as Keras on TensorFlow computes them."""

import tensorflow as tf


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
