#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where kde_reference.txt comes from: BOHB's densities written out with numpy.

    pip install numpy && python3 kde_reference.py > kde_reference.txt

Run by hand, not by the tests.  Each case: a line "rows dimensions queries
least", the levels of each dimension (0: a number), the rows, the bandwidths,
the queries with the logarithm of the density.
"""
import numpy as np

print(f"# numpy {np.__version__}")
random = np.random.default_rng(14)


def show(*values):
    print(" ".join(f"{value:.17g}" for value in np.ravel(values)))


def bandwidth(column, levels, width, least):
    factor = 1.06 * len(column) ** (-1 / (4 + width))
    if not levels:
        n = len(column) + 1  # one is spread over [0, 1]
        mean = (np.sum(column) + 1 / 2) / n
        variance = (np.sum(column ** 2) + 1 / 3) / n - mean ** 2
        return max(factor * np.sqrt(variance), least)
    shares = (np.bincount(column.astype(int), minlength=levels) +
              1 / levels) / (len(column) + 1)
    h = max(factor * np.sqrt(max(1 - np.sum(shares ** 2), 0)), least)
    return min(h, (levels - 1) / levels)


def log_kernel(column, at, levels, h):
    if not levels:
        return -((column - at) / h) ** 2 / 2 - np.log(h * np.sqrt(2 * np.pi))
    other = np.log(h / (levels - 1)) if levels > 1 else 0
    return np.where(column == at, np.log(1 - h), other)


for rows, levels, least in ((4, [0], 1e-3), (12, [0, 0, 0], 1e-3),
                            (20, [0, 3, 0, 8], 1e-3), (9, [2, 1], 0.2),
                            (30, [0, 10000], 1e-3), (5, [0, 2], 1e-3)):
    width = len(levels)
    data = np.column_stack([
        random.integers(0, k, rows).astype(float) if k
        else random.uniform(0, 1, rows) for k in levels])
    if rows == 5:
        data[:] = [0.5, 1]  # all the same
    h = [bandwidth(data[:, i], k, width, least)
         for i, k in enumerate(levels)]
    queries = np.vstack([data[:2], data[:2], data[1:3]])
    for i, k in enumerate(levels):
        queries[2:4, i] = random.integers(0, k, 2) if k \
            else random.uniform(-0.2, 1.2, 2)
    queries[4:, 0] = data[:2, 0]
    show(rows, width, len(queries), least)
    show(levels)
    for row in data:
        show(row)
    show(h)
    for at in queries:
        logs = np.sum([log_kernel(data[:, i], at[i], k, h[i])
                       for i, k in enumerate(levels)], axis=0)
        show(*at, np.logaddexp.reduce(logs) - np.log(rows))
