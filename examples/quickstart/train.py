#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Train a small neural network on handwritten digits; Python alone is enough.

The program knows nothing of trialdeck but three lines of contract:

- its parameters are JSON in the file that $TRIALDECK_PARAMETERS names;
- a line "default=0.93" on standard output is an intermediate result, and any
  other "name=number" line a further metric;
- a line "final=0.95" is the final result.

Run by hand, without trialdeck, it uses the values in DEFAULTS.
"""

import json
import math
import os
import random
from operator import mul
from pathlib import Path

DEFAULTS = {
    "hidden": 16,
    "learning_rate": 0.05,
    "momentum": 0.5,
    "batch_size": 16,
    "activation": "tanh",
}
EPOCHS = 28
TRAINING = 1397  # images to learn from
VALIDATION = 400  # images to judge by


def read_parameters():
    path = os.environ.get("TRIALDECK_PARAMETERS")
    if not path:
        return DEFAULTS
    return {**DEFAULTS, **json.loads(Path(path).read_text())}


def read_digits():
    """Rows of (pixels scaled to 0..1, with a constant 1 at the end; digit)."""
    levels = {c: i / 16 for i, c in enumerate("0123456789abcdefg")}
    text = Path(__file__).with_name("data").joinpath("digits.txt").read_text()
    rows = []
    for line in text.splitlines():
        digit, pixels = line.split()
        rows.append(([levels[c] for c in pixels] + [1.0], int(digit)))
    random.Random(7).shuffle(rows)  # the same split for every trial
    return rows[:TRAINING], rows[TRAINING : TRAINING + VALIDATION]


class Network:
    """One hidden layer, softmax at the end; weights are rows, bias last."""

    def __init__(self, parameters, rng):
        hidden = int(parameters["hidden"])
        self.relu = parameters["activation"] == "relu"
        self.first = self.draw(rng, hidden, 65)
        self.second = self.draw(rng, 10, hidden + 1)
        self.first_speed = [[0.0] * 65 for _ in range(hidden)]
        self.second_speed = [[0.0] * (hidden + 1) for _ in range(10)]

    @staticmethod
    def draw(rng, rows, columns):
        width = 1 / math.sqrt(columns)
        return [[rng.gauss(0, width) for _ in range(columns)] for _ in range(rows)]

    def forward(self, pixels):
        sums = [sum(map(mul, row, pixels)) for row in self.first]
        if self.relu:
            layer = [s if s > 0 else 0.0 for s in sums]
        else:
            layer = [math.tanh(s) for s in sums]
        layer.append(1.0)
        scores = [sum(map(mul, row, layer)) for row in self.second]
        top = max(scores)
        odds = [math.exp(s - top) for s in scores]
        total = sum(odds)
        return layer, [o / total for o in odds]

    def learn(self, batch, rate, momentum):
        """One step of gradient descent with momentum; returns the loss."""
        first = [[0.0] * 65 for _ in self.first]
        second = [[0.0] * len(row) for row in self.second]
        loss = 0.0
        for pixels, digit in batch:
            layer, odds = self.forward(pixels)
            loss -= math.log(max(odds[digit], 1e-12))
            odds[digit] -= 1.0
            back = [0.0] * len(layer)
            for k, slope in enumerate(odds):
                second[k] = [g + slope * v for g, v in zip(second[k], layer)]
                back = [b + slope * w for b, w in zip(back, self.second[k])]
            for j in range(len(first)):
                value = layer[j]
                if self.relu:
                    slope = back[j] if value > 0 else 0.0
                else:
                    slope = back[j] * (1 - value * value)
                if slope:
                    first[j] = [g + slope * p for g, p in zip(first[j], pixels)]
        self.step(self.first, self.first_speed, first, rate / len(batch), momentum)
        self.step(self.second, self.second_speed, second, rate / len(batch), momentum)
        return loss

    @staticmethod
    def step(weights, speeds, gradients, rate, momentum):
        for j, gradient in enumerate(gradients):
            speeds[j] = [momentum * v - rate * g for v, g in zip(speeds[j], gradient)]
            weights[j] = [w + v for w, v in zip(weights[j], speeds[j])]

    def accuracy(self, rows):
        right = 0
        for pixels, digit in rows:
            odds = self.forward(pixels)[1]
            right += max(range(10), key=odds.__getitem__) == digit
        return right / len(rows)


def main():
    parameters = read_parameters()
    print("parameters:", json.dumps(parameters), flush=True)
    training, validation = read_digits()
    rng = random.Random(1)
    network = Network(parameters, rng)
    size = int(parameters["batch_size"])
    accuracy = 0.0
    for _ in range(EPOCHS):
        rng.shuffle(training)
        loss = 0.0
        for at in range(0, len(training), size):
            loss += network.learn(
                training[at : at + size],
                parameters["learning_rate"],
                parameters["momentum"],
            )
        accuracy = network.accuracy(validation)
        print(f"loss={loss / len(training):.4f}", flush=True)
        print(f"default={accuracy:.4f}", flush=True)
    print(f"final={accuracy:.4f}", flush=True)


if __name__ == "__main__":
    main()
