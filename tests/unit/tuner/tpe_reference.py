# SPDX-License-Identifier: MIT
"""The densities test_tpe_joint.c expects, from their definition.

    python3 tpe_reference.py > tpe_joint.txt        (needs numpy)

Kernels at rows of (number in [0, 1], option of 3); NaN: not active.  Numbers: a
normal distribution cut off at 0 and 1, as wide as the gap to the farther
neighbour among the active ones, 0.03 at least; options: Aitchison and Aitken's
with 1 / (kernels + 1) for each; the last kernel is the space's own.  Densities
are relative to the space's.
"""
import math

import numpy as np

ROWS = np.array([[0.1, 0], [0.15, 2], [0.7, 2], [0.70, 1], [np.nan, 1]])
WEIGHTS = np.array([1.0, 0.5, 2.0, 0.25, 1.5])
PRIOR = 0.8
AT = [[x, c] for x in (0.0, 0.12, 0.4, 0.71, 1.0, np.nan) for c in (0, 1, 2)]


def cdf(z):
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))


def deviations(values):
    order = np.argsort(values, kind="stable")
    ordered, out = values[order], np.zeros(len(values))
    gaps = np.diff(ordered)
    left = np.concatenate([[0], gaps])
    right = np.concatenate([gaps, [0]])
    out[order] = np.clip(np.maximum(left, right), 0.03, 1)
    return out


def main():
    active = ~np.isnan(ROWS[:, 0])
    wide = np.ones(len(ROWS))
    wide[active] = deviations(ROWS[active, 0])
    share = 1 / (len(ROWS) + 1)
    total = WEIGHTS.sum() + PRIOR
    for x, c in AT:
        density = PRIOR / total
        for row, weight, sigma in zip(ROWS, WEIGHTS, wide):
            factor = ((1 + share) if row[1] == c else share) * 3 / \
                (1 + 3 * share)
            if not np.isnan(row[0]) and not np.isnan(x):
                inside = cdf((1 - row[0]) / sigma) - cdf(-row[0] / sigma)
                factor *= math.exp(-0.5 * ((x - row[0]) / sigma) ** 2) / (
                    sigma * math.sqrt(2 * math.pi) * inside)
            density += weight / total * factor
        print("%.17g %d %.15g" % (x, c, math.log(density)))


main()
