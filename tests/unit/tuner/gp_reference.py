#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where gp_posterior.txt comes from: scikit-learn's Gaussian process.

    pip install scikit-learn && python3 gp_reference.py > gp_posterior.txt

Run by hand, not by the tests.  Each case: a line "nu rows dimensions queries",
lengths, "signal noise", the rows of x with y, the queries with posterior mean
and deviation (of the function, without noise), and the logarithm of the
marginal likelihood.
"""
import numpy as np
import sklearn
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

print(f"# scikit-learn {sklearn.__version__}")
random = np.random.default_rng(20)


def show(*values):
    print(" ".join(f"{value:.17g}" for value in np.ravel(values)))


for nu, rows, dimensions, signal, noise in (
        (0.5, 6, 1, 1.0, 1e-2), (1.5, 25, 3, 0.5, 1e-3),
        (2.5, 60, 5, 2.0, 1e-4), (2.5, 40, 2, 1.0, 1e-6)):
    lengths = np.exp(random.uniform(-1.5, 1, dimensions))
    x = random.uniform(0, 1, (rows, dimensions))
    y = np.sin(3 * x.sum(axis=1)) + x[:, 0] ** 2 + \
        np.sqrt(noise) * random.normal(size=rows)
    queries = np.vstack([random.uniform(0, 1, (6, dimensions)), x[:2]])
    kernel = ConstantKernel(signal) * Matern(lengths, nu=nu)
    process = GaussianProcessRegressor(kernel, alpha=noise, optimizer=None)
    process.fit(x, y)
    mean, deviation = process.predict(queries, return_std=True)
    print(f"{nu:g} {rows} {dimensions} {len(queries)}")
    show(lengths)
    show(signal, noise)
    for row, value in zip(x, y):
        show(*row, value)
    for row, m, d in zip(queries, mean, deviation):
        show(*row, m, d)
    show(process.log_marginal_likelihood_value_)
