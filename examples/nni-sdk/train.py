#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A trial as NNI's users write it: their SDK, unchanged, under trialdeck.

It fits a curve to noisy points by gradient descent.  Needs: pip install nni
"""

import math
import random

import nni


def main():
    parameters = nni.get_next_parameter()
    rate = parameters["learning_rate"]
    degree = int(parameters["model"]["degree"]) if (
        parameters["model"]["_name"] == "polynomial"
    ) else 1
    decay = parameters["decay"]

    rng = random.Random(1)
    points = []
    for _ in range(80):
        x = rng.uniform(-1, 1)
        points.append((x, math.sin(3 * x) + rng.gauss(0, 0.1)))
    training, validation = points[:60], points[60:]

    def predict(weights, x):
        return sum(w * x**k for k, w in enumerate(weights))

    def error(weights, rows):
        return sum((predict(weights, x) - y) ** 2 for x, y in rows) / len(rows)

    weights = [0.0] * (degree + 1)
    for epoch in range(30):
        for _ in range(20):
            slopes = [decay * w for w in weights]
            for x, y in training:
                miss = predict(weights, x) - y
                for k in range(len(weights)):
                    slopes[k] += 2 * miss * x**k / len(training)
            weights = [w - rate * s for w, s in zip(weights, slopes)]
        if epoch % 3 == 2:
            nni.report_intermediate_result(
                {
                    "default": error(weights, validation),
                    "training": error(weights, training),
                }
            )
    nni.report_final_result(error(weights, validation))


if __name__ == "__main__":
    main()
