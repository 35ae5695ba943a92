"""How the scripts that compare take their cases and give their results."""

import json
import sys

import numpy


def array(tensor):
    """The numbers of a tensor, {"shape": …, "values": …}, in its shape."""
    return numpy.asarray(tensor["values"], "float64").reshape(tensor["shape"])


def numbers(values):
    """All numbers of an array, row-major, for JSON."""
    return numpy.asarray(values, "float64").ravel().tolist()


def answer_each(compute):
    """Reads the cases, and writes what `compute` makes of each."""
    input_file, result_file = sys.argv[1:]
    with open(input_file, encoding="utf-8") as file:
        cases = json.load(file)
    results = [compute(case) for case in cases]
    with open(result_file, "w", encoding="utf-8") as file:
        json.dump(results, file)
