"""What every peer's worker does: it answers requests, a JSON object a line, until its input ends."""

import json
import os
import sys
import time

WARM_UP_STEPS = 3
FEWEST_STEPS = 3


def time_steps(step, seconds):
    """Milliseconds of each step that fits into some seconds."""
    for _ in range(WARM_UP_STEPS):
        step()
    times = []
    end = time.perf_counter() + seconds
    while len(times) < FEWEST_STEPS or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1000)
    return times


def serve(versions, open_step):
    """
    Answers requests. `open_step(variant, subject)` gives a function that takes one step, and the
    number of parameters; what it has opened is kept, so that later requests find it warm.
    """
    # Libraries print too: what they say must not stand between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    opened = {}

    def answer(value):
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    answer(versions)
    for line in sys.stdin:
        request = json.loads(line)
        key = (request["variant"], request["subject"]["name"])
        try:
            if key not in opened:
                opened[key] = open_step(*key[:1], request["subject"])
            step, parameters = opened[key]
            times = time_steps(step, request["seconds"])
            answer({"milliseconds": times, "parameters": parameters})
        except Exception as error:  # The caller shows it beside the other sides' figures.
            answer({"error": f"{type(error).__name__}: {error}"})
