#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where ped_anova.txt comes from: Optuna's PedAnovaImportanceEvaluator.

    pip install optuna && python3 ped_anova_reference.py > ped_anova.txt

Run by hand, not by the tests.  Each case: "case NAME minimize|maximize", the
search space in NNI's words, a line "trial VALUE PARAMETERS" each (VALUE "nan":
it failed), a line "expect GAMMA' GAMMA PARAMETER VALUE" each, "space" where the
whole space is compared with.
"""
import json
import math
import warnings

import numpy as np
import optuna
from optuna.distributions import (CategoricalDistribution as Choice,
                                  FloatDistribution as Float,
                                  IntDistribution as Int)
from optuna.importance import PedAnovaImportanceEvaluator as Evaluator
from optuna.trial import TrialState, create_trial

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore")
random = np.random.default_rng(7)
print(f"# optuna {optuna.__version__}")


def number(value):
    return float(f"{value:.6g}")


def words(distribution):
    if isinstance(distribution, Choice):
        return {"_type": "choice", "_value": list(distribution.choices)}
    low, high = distribution.low, distribution.high
    if isinstance(distribution, Int):
        return {"_type": "randint", "_value": [low, high + 1]}
    if distribution.step is not None:
        return {"_type": "quniform", "_value": [low, high, distribution.step]}
    return {"_type": "loguniform" if distribution.log else "uniform",
            "_value": [low, high]}


def draw(distribution, lean):
    """lean > 0: more of them low, as a tuner's would be"""
    if isinstance(distribution, Choice):
        return distribution.choices[random.integers(len(distribution.choices))]
    at = random.uniform() ** (1 + lean)
    low, high = distribution.low, distribution.high
    if isinstance(distribution, Int):
        return int(low + math.floor(at * (high - low + 1)))
    if distribution.log:
        return number(math.exp(math.log(low) + at * math.log(high / low)))
    if distribution.step is not None:
        steps = round((high - low) / distribution.step)
        return number(low + round(at * steps) * distribution.step)
    return number(low + at * (high - low))


def show(name, direction, space, trials, distributions, quantiles):
    study = optuna.create_study(direction=direction)
    print(f"case {name} {direction}")
    print(json.dumps(space))
    for stored, flat, value in trials:
        print("trial", f"{value:.6g}", json.dumps(stored))
        study.add_trial(create_trial(
            state=TrialState.FAIL if math.isnan(value)
            else TrialState.COMPLETE,
            value=None if math.isnan(value) else value, params=flat,
            distributions={key: distributions[key] for key in flat}))
    for target, region in quantiles:
        for local in (True, False) if region == 1 else (True,):
            evaluator = Evaluator(target_quantile=target,
                                  region_quantile=region,
                                  evaluate_on_local=local)
            for key, value in sorted(evaluator.evaluate(study).items()):
                print("expect" if local else "space", target, region, key,
                      f"{value:.17g}")


def flat_case(name, direction, count, distributions, result, lean=0,
              quantiles=((0.1, 1.0),)):
    trials = []
    for i in range(count):
        flat = {key: draw(distribution, lean)
                for key, distribution in distributions.items()}
        value = number(result(flat)) if i % 17 != 5 else math.nan
        trials.append((flat, flat, value))
    show(name, direction, {key: words(value) for key, value in
                           distributions.items()}, trials, distributions,
         quantiles)


flat_case("numbers", "minimize", 120,
          {"x": Float(-5, 10), "lr": Float(1e-5, 1, log=True), "n": Int(3, 9),
           "w": Int(0, 400), "d": Float(0.1, 0.9, step=0.1)},
          lambda p: (p["x"] - 3) ** 2 + 4 * abs(math.log10(p["lr"]) + 3) +
          0.5 * p["n"] + p["w"] / 400 + random.normal() * 0.1,
          quantiles=((0.1, 1.0), (0.25, 0.5)))
flat_case("mixed", "maximize", 90,
          {"x": Float(0, 1), "c": Choice(["a", "b", "c", "d"]),
           "b": Choice([True, False]), "u": Choice([1, 2.5, 10])},
          lambda p: round({"a": 0, "b": 3, "c": 1, "d": 2}[p["c"]] +
                          2 * p["b"] - (p["x"] - 0.3) ** 2, 1), lean=1)
flat_case("few", "minimize", 7, {"x": Float(0, 1), "y": Float(0, 1)},
          lambda p: p["x"])
flat_case("ties", "maximize", 60, {"x": Float(0, 1), "y": Int(1, 60)},
          lambda p: float(p["x"] > 0.6))

# a nested choice; Optuna's names are the paths of our parameters
spec = {"layer": Choice(["Empty", "Conv", "Dense"]), "layer.size": Int(1, 30),
        "layer.rate": Float(1e-4, 1e-1, log=True), "z": Float(0, 1)}
nested = {"layer": {"_type": "choice", "_value": [
    {"_name": "Empty"},
    {"_name": "Conv", "size": words(spec["layer.size"])},
    {"_name": "Dense", "rate": words(spec["layer.rate"])}]},
    "z": words(spec["z"])}
rows = []
for _ in range(110):
    kind = draw(spec["layer"], 0)
    z = draw(spec["z"], 0)
    flat = {"layer": kind, "z": z}
    inner = {"_name": kind}
    loss = 1 + z * 0.2
    if kind == "Conv":
        inner["size"] = flat["layer.size"] = draw(spec["layer.size"], 0)
        loss = abs(inner["size"] - 12) / 10 + z * 0.2
    if kind == "Dense":
        inner["rate"] = flat["layer.rate"] = draw(spec["layer.rate"], 0)
        loss = 0.3 + abs(math.log10(inner["rate"]) + 2) * 0.5 + z * 0.2
    rows.append(({"layer": inner, "z": z}, flat, number(loss)))
show("nested", "minimize", nested, rows, spec, ((0.1, 1.0), (0.2, 0.8)))
