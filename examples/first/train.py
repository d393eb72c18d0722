#!/usr/bin/env python3
"""What one trial does: learn which of two moons a point lies on.

Replace it by your own program, in any language. All trialdeck asks of it:

- its parameters are JSON in the file that $TRIALDECK_PARAMETERS names;
- a line "default=0.93" on standard output is a result on the way;
- a line "final=0.95" is the result.
"""

import json
import math
import os
import random

EPOCHS = 80
ACTIVATIONS = {  # by name: the function, its slope where it is y
    "tanh": (math.tanh, lambda y: 1 - y * y),
    "sigmoid": (lambda x: 0.5 + 0.5 * math.tanh(x / 2), lambda y: y * (1 - y)),
}


def read_parameters():
    path = os.environ.get("TRIALDECK_PARAMETERS")
    if not path:  # run by hand
        return {"rate": 0.1, "units": 8, "activation": "tanh"}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def moons(count, rng):
    """Points (x, y, moon) on two interlocked half circles, with noise."""
    for i in range(count):
        angle, moon = math.pi * rng.random(), i % 2
        x = 1 - math.cos(angle) if moon else math.cos(angle)
        y = 0.5 - math.sin(angle) if moon else math.sin(angle)
        yield x + rng.gauss(0, 0.22), y + rng.gauss(0, 0.22), moon


def main():
    parameters = read_parameters()
    print("parameters:", json.dumps(parameters), flush=True)
    rate = parameters["rate"]
    bend, slope = ACTIVATIONS[parameters["activation"]]
    rng = random.Random(4)
    training, judging = list(moons(300, rng)), list(moons(600, rng))
    units = [[rng.gauss(0, 1) for _ in range(4)] for _ in range(parameters["units"])]

    def forward(x, y):
        hidden = [bend(a * x + b * y + c) for a, b, c, _ in units]
        score = sum(unit[3] * value for unit, value in zip(units, hidden))
        return hidden, 0.5 + 0.5 * math.tanh(score / 2)

    accuracy = 0.0
    for _ in range(EPOCHS):
        for x, y, moon in training:
            hidden, guess = forward(x, y)
            step = rate * (moon - guess)
            for unit, value in zip(units, hidden):
                back = step * unit[3] * slope(value)
                unit[3] += step * value
                unit[0] += back * x
                unit[1] += back * y
                unit[2] += back
        right = sum((forward(x, y)[1] > 0.5) == moon for x, y, moon in judging)
        accuracy = right / len(judging)
        print(f"default={accuracy:.4f}", flush=True)
    print(f"final={accuracy:.4f}", flush=True)


if __name__ == "__main__":
    main()
