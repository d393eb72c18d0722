#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long a suggestion takes: trialdeck's tuners beside Optuna's and NNI's, on
the same history of 20 parameters, as ratios.

    tuner_speed.py TUNER_SPEED [--peers optuna,nni] [--asks N]
                   [--limit SECONDS] [--json FILE] [--check]

TUNER_SPEED is tests/bench/tuner_speed, which tells the history.  Peers come
from the package registry (nni_package.py), each in an environment of its own,
in which this file runs again with --peer.  Every suggestion is made on news:
one result comes between two of them.  The median counts: on a machine that is
shared the mean is about its other users.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))

# tuner, observations, our suggestions, milliseconds promised or None
OURS = (("Random", 10000, 20000, 0.005), ("TPE", 1000, 400, None),
        ("TPE", 10000, 400, 1.0), ("GP", 500, 40, 50.0),
        ("Auto", 100, 40, None), ("SMAC", 500, 20, None))
# what they are like
KIN = {"Random": {"optuna": "RandomSampler", "nni": "Random"},
       "TPE": {"optuna": "TPESampler", "nni": "TPE"},
       "GP": {"nni": "GP"},
       "Auto": {"optuna": "TPESampler", "nni": "TPE"}}
# one of theirs can take seconds
PEER_ASKS = {"Random": 300, "TPE": 7, "TPESampler": 7, "RandomSampler": 300,
             "GP": 1}


def environment():
    return dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")


# --- the peers, in their own Python --------------------------------------------

class Optuna:
    def __init__(self, name, history, count):
        import optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.space = history["space"]
        sampler = getattr(optuna.samplers, name)(seed=1)
        self.study = optuna.create_study(sampler=sampler)
        kinds = optuna.distributions
        distributions = {key: self.distribution(kinds, spec)
                         for key, spec in self.space.items()}
        trials = history["trials"]
        self.study.add_trials([
            optuna.trial.create_trial(params=point, value=loss,
                                      distributions=distributions)
            for point, loss in trials[:count]])
        self.running = []
        for point, loss in trials[count:]:
            self.study.enqueue_trial(point)
            self.suggest()
            self.running[-1][1] = loss

    @staticmethod
    def distribution(kinds, spec):
        kind, value = spec["_type"], spec["_value"]
        if kind == "choice":
            return kinds.CategoricalDistribution(value)
        if kind == "randint":
            return kinds.IntDistribution(value[0], value[1] - 1)
        if kind == "quniform":
            return kinds.FloatDistribution(value[0], value[1], step=value[2])
        return kinds.FloatDistribution(*value, log=kind == "loguniform")

    def suggest(self):
        trial = self.study.ask()
        for key, spec in self.space.items():
            kind, value = spec["_type"], spec["_value"]
            if kind == "choice":
                trial.suggest_categorical(key, value)
            elif kind == "randint":
                trial.suggest_int(key, value[0], value[1] - 1)
            elif kind == "quniform":
                trial.suggest_float(key, value[0], value[1], step=value[2])
            else:
                trial.suggest_float(key, *value, log=kind == "loguniform")
        self.running.append([trial, 1.0])

    def tell(self):
        self.study.tell(*self.running.pop(0))


class Nni:
    def __init__(self, name, history, count):
        import logging
        import importlib
        logging.disable(logging.WARNING)
        module, kind = {"Random": ("random_tuner", "RandomTuner"),
                        "TPE": ("tpe_tuner", "TpeTuner"),
                        "GP": ("gp_tuner", "GPTuner")}[name]
        kind = getattr(importlib.import_module(
            "nni.algorithms.hpo." + module), kind)
        self.tuner = (kind(seed=1) if name == "Random" else
                      kind(optimize_mode="minimize"))
        if name == "GP":
            history = self.numbers_only(history)
            self.mend_gp()
        self.tuner.update_search_space(history["space"])
        self.next, self.ended = count + history["running"], count
        self.losses = [loss for _, loss in history["trials"]]
        for number, (point, loss) in enumerate(history["trials"]):
            self.start(name, number, point)
            if number < count:
                self.result(number, loss)
        self.points = dict(enumerate(p for p, _ in history["trials"]))

    @staticmethod
    def numbers_only(history):
        """For its GP: options by their places, for it takes no others, and
        whole numbers as steps, for its randint fails with newer numpy."""
        def number(spec, value):
            return (spec["_value"].index(value) if spec["_type"] == "choice"
                    else value)

        def numeric(spec):
            if spec["_type"] == "choice":
                return {"_type": "choice",
                        "_value": list(range(len(spec["_value"])))}
            if spec["_type"] == "randint":
                return {"_type": "quniform", "_value": [
                    spec["_value"][0], spec["_value"][1] - 1, 1]}
            return spec

        space = history["space"]
        return dict(
            history, space={key: numeric(spec) for key, spec in space.items()},
            trials=[[{key: number(space[key], value)
                      for key, value in point.items()}, loss]
                    for point, loss in history["trials"]])

    @staticmethod
    def mend_gp():
        """It was written for an older scipy, and fails with that of any Python
        from 3.9 on: minimize takes one dimension and returns a number."""
        import numpy
        from nni.algorithms.hpo.gp_tuner import util
        minimize = util.minimize

        def mended(function, x0, **more):
            done = minimize(lambda x: float(numpy.ravel(function(x))[0]),
                            numpy.ravel(x0), **more)
            done.fun = numpy.atleast_1d(done.fun)
            return done
        util.minimize = mended

    def start(self, name, number, parameters):
        """As if it had proposed them itself."""
        self.points = getattr(self, "points", {})
        self.points[number] = parameters
        if name == "TPE":
            from nni.common.hpo_utils import format_parameters
            point = format_parameters(parameters, self.tuner.space)
            self.tuner._params[number] = point
            self.tuner._running_params[number] = point
            self.tuner.dedup.add_history(point)

    def result(self, number, loss):
        self.tuner.receive_trial_result(number, self.points[number], loss)
        self.tuner.trial_end(number, True)

    def suggest(self):
        self.points[self.next] = self.tuner.generate_parameters(self.next)
        self.next += 1

    def tell(self):
        self.result(self.ended, self.losses[self.ended]
                    if self.ended < len(self.losses) else 1.0)
        self.ended += 1


def be_peer(peer, name, count, asks):
    history = json.load(sys.stdin)
    tuner = {"optuna": Optuna, "nni": Nni}[peer](name, history, count)
    times = []
    for _ in range(asks):
        start = time.perf_counter()
        tuner.suggest()
        times.append((time.perf_counter() - start) * 1000)
        tuner.tell()
    print(json.dumps(times))


# --- the comparison -------------------------------------------------------------

def our_time(program, name, count, asks):
    done = subprocess.run([program, "run", name, str(count), str(asks)],
                          check=True, stdout=subprocess.PIPE, text=True,
                          env=environment())
    return json.loads(done.stdout)


def peer_time(python, peer, name, count, history, limit_s):
    """(median milliseconds, False); where one took too long its limit and
    True; or None with the reason printed."""
    try:
        done = subprocess.run(
            [python, os.path.abspath(__file__), "--peer", peer, name,
             str(count), str(PEER_ASKS[name])],
            input=history, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=environment(), timeout=limit_s)
    except subprocess.TimeoutExpired:
        return limit_s * 1000 / PEER_ASKS[name], True
    if done.returncode:
        print("# %s's %s: %s" % (peer, name,
                                 done.stderr.strip().split("\n")[-1]))
        return None
    return statistics.median(json.loads(done.stdout)), False


def milliseconds(value):
    return "%.4g ms" % value if value < 1e4 else "%.0f s" % (value / 1000)


def ratio(value):
    return "%.0f" % value if value >= 10 else "%.2g" % value


def main():
    if sys.argv[1:2] == ["--peer"]:
        peer, name, count, asks = sys.argv[2:]
        return be_peer(peer, name, int(count), int(asks))
    import nni_package
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--peers", default="optuna,nni")
    parser.add_argument("--asks", type=int, help="ours, of each")
    parser.add_argument("--limit", type=int, default=30, metavar="SECONDS",
                        help="theirs, of each")
    parser.add_argument("--json")
    parser.add_argument("--check", action="store_true",
                        help="end with 1 where a bound is missed")
    args = parser.parse_args()
    pythons = nni_package.peers([p for p in args.peers.split(",") if p])
    rows, missed, theirs, histories = [], 0, {}, {}
    print("| Tuner | Observations | trialdeck | Optuna %s | ratio | NNI %s | "
          "ratio | bound |" % (nni_package.OPTUNA, nni_package.VERSION))
    print("|" + "---|" * 8)
    for name, count, asks, bound in OURS:
        ours = our_time(args.program, name, count, args.asks or asks)
        row = dict(ours, bound_ms=bound, peers={})
        cells = []
        for peer in ("optuna", "nni"):
            kin = KIN.get(name, {}).get(peer)
            key = (peer, kin, count)
            if kin and peer in pythons and key not in theirs:
                if count not in histories:
                    histories[count] = subprocess.run(
                        [args.program, "history", str(count)], check=True,
                        stdout=subprocess.PIPE, text=True).stdout
                theirs[key] = peer_time(pythons[peer], peer, kin, count,
                                        histories[count], args.limit)
            took = theirs.get(key)
            if not took:
                cells += ["-", "-"]
                continue
            more = "> " if took[1] else ""
            row["peers"][peer] = {"tuner": kin, "median_ms": took[0],
                                  "is_more": took[1]}
            cells += ["%s%s (%s)" % (more, milliseconds(took[0]), kin),
                      more + ratio(took[0] / ours["median_ms"])]
        holds = bound is None or ours["median_ms"] <= bound
        missed += not holds
        rows.append(row)
        print("| %s | %d | %s | %s | %s | %s | %s | %s |" % (
            name, count, milliseconds(ours["median_ms"]), *cells,
            "-" if bound is None else "%s: %s" % (
                milliseconds(bound), "holds" if holds else "MISSED")))
        sys.stdout.flush()
    if args.json:
        with open(args.json, "w") as out:
            json.dump(rows, out, indent=1)
    return 1 if args.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
