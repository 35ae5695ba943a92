"""samples/digits as somebody would write it with Keras: kerasDigits.py EPOCHS WEIGHTS_FILE."""

import sys

import keras
from keras import layers

import digits


def build_net():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.25),
            layers.Dense(10),
        ]
    )


def main(epochs, weights_file):
    keras.utils.set_random_seed(7)
    (x, y), validation = digits.load()
    net = build_net()
    net.compile(
        optimizer=keras.optimizers.Adam(0.002),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    net.fit(x, y, batch_size=32, epochs=epochs, validation_data=validation, verbose=2)
    net.save_weights(weights_file)


main(int(sys.argv[1]), sys.argv[2])
