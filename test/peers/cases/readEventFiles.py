"""Reads the event files of a run as TensorBoard does."""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def read(folder):
    accumulator = EventAccumulator(folder, size_guidance={"scalars": 0, "histograms": 0})
    accumulator.Reload()
    tags = accumulator.Tags()
    scalars = {
        tag: [[event.step, event.value] for event in accumulator.Scalars(tag)]
        for tag in tags["scalars"]
    }
    histograms = {
        tag: [
            {
                "step": event.step,
                "min": event.histogram_value.min,
                "max": event.histogram_value.max,
                "num": event.histogram_value.num,
                "sum": event.histogram_value.sum,
            }
            for event in accumulator.Histograms(tag)
        ]
        for tag in tags["histograms"]
    }
    return {"scalars": scalars, "histograms": histograms}


def main(input_file, result_file):
    with open(input_file, encoding="utf-8") as file:
        folders = json.load(file)["folders"]
    with open(result_file, "w", encoding="utf-8") as file:
        json.dump({name: read(folder) for name, folder in folders.items()}, file)


main(*sys.argv[1:])
