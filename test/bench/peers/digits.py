"""The digits that come with Lightbench, divided as its sample divides them."""

import gzip
import pathlib

import numpy

FOLDER = pathlib.Path(__file__).parents[3] / "server/training/data/assets"


def read_idx(name):
    data = gzip.decompress((FOLDER / name).read_bytes())
    axes = data[3]
    shape = numpy.frombuffer(data, ">u4", axes, 4)
    return numpy.frombuffer(data, "u1", offset=4 + 4 * axes).reshape(shape)


def load():
    """Images `[count, 8, 8, 1]` in 0-1 and labels, of the training and of the validation split."""
    images = read_idx("digits-images.idx.gz").astype("float32").reshape(-1, 8, 8, 1) / 16
    labels = read_idx("digits-labels.idx.gz").astype("int64")
    order = numpy.random.default_rng(7).permutation(len(labels))
    train = round(0.7 * len(order))
    validation = train + round(0.15 * len(order))
    splits = order[:train], order[train:validation]
    return [(images[split], labels[split]) for split in splits]
