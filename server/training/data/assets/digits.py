"""Writes scikit-learn's handwritten digits as two IDX files beside this script.

    pip install scikit-learn && python server/training/data/assets/digits.py
"""

import gzip
import os
import struct

import numpy as np
from sklearn.datasets import load_digits

HERE = os.path.dirname(os.path.abspath(__file__))


def write_idx(name, array):
    """IDX: two zeros, the element type (8: unsigned byte), the number of axes, their lengths, bytes."""
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    with open(os.path.join(HERE, name), "wb") as file:
        # Without a file name and a time in it, the same digits give the same bytes.
        with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0) as packed:
            packed.write(header + array.astype(np.uint8).tobytes())


digits = load_digits()
write_idx("digits-images.idx.gz", digits.images)
write_idx("digits-labels.idx.gz", digits.target)
