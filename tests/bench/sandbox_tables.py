# SPDX-License-Identifier: MIT
"""Measures the tables of real tuning results that the sandbox carries.

Trains small models of scikit-learn on the data sets it comes with, over a grid
of their hyperparameters, and writes engine/sandbox/table_NAME.c.  A value is the
mean error over folds, LARGEST being 1: of classes the share of mistakes, of
numbers half the share of variance that is left.  Takes a quarter of an hour;
nothing else needs scikit-learn.

    sandbox_tables.py FOLDER [NAME...]
"""
import itertools
import sys
import warnings

import numpy as np
from sklearn import datasets, model_selection, pipeline, preprocessing
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingRegressor
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import accuracy_score, r2_score
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC, SVR

warnings.filterwarnings("ignore")
LARGEST = 65000


def scaled(model):
    return pipeline.make_pipeline(preprocessing.StandardScaler(), model)


def folds(data, count, seed, is_classes):
    sort = (model_selection.StratifiedKFold if is_classes
            else model_selection.KFold)
    return list(sort(count, shuffle=True, random_state=seed).split(
        data.data, data.target))


def error(data, model, parts):
    """Mean share of mistakes, or of the variance that is not explained."""
    total = 0.0
    for train, test in parts:
        model.fit(data.data[train], data.target[train])
        said = model.predict(data.data[test])
        if hasattr(data, "target_names") and data.target.dtype.kind == "i":
            total += 1 - accuracy_score(data.target[test], said)
        else:
            total += min(1 - r2_score(data.target[test], said), 2.0) / 2
    return total / len(parts)


def logs(low, high, count):
    return list(np.exp(np.linspace(np.log(low), np.log(high), count)))


def svm_digits():
    data = datasets.load_digits()
    parts = folds(data, 3, 1, True)
    for kernel, c, gamma in itertools.product(
            ("rbf", "poly", "sigmoid"), logs(1e-2, 1e3, 9),
            logs(1e-5, 1, 9)):
        yield error(data, scaled(SVC(C=c, gamma=gamma, kernel=kernel)), parts)


def svr_diabetes():
    data = datasets.load_diabetes()
    parts = folds(data, 5, 2, False)
    target = preprocessing.scale(data.target)
    data.target = target
    for kernel, c, gamma, epsilon in itertools.product(
            ("rbf", "sigmoid"), logs(1e-2, 1e2, 8), logs(1e-4, 1, 8),
            logs(1e-3, 1, 4)):
        yield error(data, scaled(SVR(C=c, gamma=gamma, epsilon=epsilon,
                                     kernel=kernel)), parts)


def boosting_diabetes():
    data = datasets.load_diabetes()
    parts = folds(data, 3, 3, False)
    sizes = [10, 20, 40, 80, 160, 320]
    for loss, rate, depth, share in itertools.product(
            ("squared_error", "huber"), logs(0.01, 1, 7), (1, 2, 3, 4, 5, 6),
            (0.3, 0.65, 1.0)):
        totals = np.zeros(len(sizes))
        for train, test in parts:
            model = GradientBoostingRegressor(
                loss=loss, learning_rate=rate, max_depth=depth,
                subsample=share, n_estimators=sizes[-1], random_state=4)
            model.fit(data.data[train], data.target[train])
            said = list(model.staged_predict(data.data[test]))
            for i, size in enumerate(sizes):
                totals[i] += min(1 - r2_score(data.target[test],
                                              said[size - 1]), 2.0) / 2
        yield from totals / len(parts)


def trees_wine():
    data = datasets.load_wine()
    parts = folds(data, 5, 5, True)
    for criterion, bootstrap, depth, share, leaf in itertools.product(
            ("gini", "entropy"), (False, True), (1, 2, 3, 4, 6, 8),
            (0.1, 0.3, 0.5, 0.75, 1.0), (1, 2, 4, 8, 16)):
        total = 0
        for seed in range(3):
            total += error(data, ExtraTreesClassifier(
                12, criterion=criterion, bootstrap=bootstrap, max_depth=depth,
                max_features=share, min_samples_leaf=leaf,
                random_state=seed), parts)
        yield total / 3


def linear_cancer():
    data = datasets.load_breast_cancer()
    parts = folds(data, 5, 6, True)
    for loss, average, alpha, ratio, eta in itertools.product(
            ("hinge", "log_loss", "modified_huber"), (False, True),
            logs(1e-6, 1, 7), (0.0, 0.25, 0.5, 0.75, 1.0),
            logs(1e-4, 1, 5)):
        total = 0
        for seed in range(2):
            total += error(data, scaled(SGDClassifier(
                loss=loss, penalty="elasticnet", alpha=alpha, l1_ratio=ratio,
                learning_rate="constant", eta0=eta, average=average,
                max_iter=20, tol=None, random_state=seed)), parts)
        yield total / 2


def net_digits():
    """Errors after 1, 3, 9 and 27 passes over the data: budgets."""
    data = datasets.load_digits()
    x = preprocessing.scale(data.data)
    train, test = model_selection.train_test_split(
        np.arange(len(x)), train_size=700, random_state=7,
        stratify=data.target)
    for act, rate, alpha, hidden, batch in itertools.product(
            ("relu", "tanh", "logistic"), logs(1e-4, 1e-1, 7),
            logs(1e-5, 10, 4), (8, 16, 32, 64), (16, 64, 256)):
        model = MLPClassifier((hidden,), activation=act, alpha=alpha,
                              learning_rate_init=rate, batch_size=batch,
                              random_state=8)
        for epoch in range(1, 28):
            model.partial_fit(x[train], data.target[train],
                              classes=np.arange(10))
            if epoch in (1, 3, 9, 27):
                yield 1 - model.score(x[test], data.target[test])


TABLES = [svm_digits, svr_diabetes, boosting_diabetes, trees_wine,
          linear_cancer, net_digits]


HEAD = """/* SPDX-License-Identifier: MIT */
/* Measured by tests/bench/sandbox_tables.py, which writes this file. */
#include "engine/sandbox/tables.h"

/* clang-format off */
"""


def write(folder, name, values):
    with open("%s/table_%s.c" % (folder, name), "w") as out:
        out.write(HEAD)
        out.write("const uint16_t sandbox_%s[%d] = {" % (name, len(values)))
        line = ""
        for value in values:
            item = "%d," % round(value * LARGEST)
            if not line or len(line) + 1 + len(item) > 72:
                out.write(line + "\n\t")
                line = item
            else:
                line += " " + item
        out.write(line + "\n};\n")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for table in TABLES:
        if sys.argv[2:] and table.__name__ not in sys.argv[2:]:
            continue
        values = list(table())
        write(sys.argv[1], table.__name__, values)
        print(table.__name__, len(values), "least", min(values), flush=True)


main()
