# SPDX-License-Identifier: MIT
"""Another project's tuner on trialdeck's test functions, as `trialdeck
bench-tuner --json` runs our own: the same simulated time, noise and first
points.  Runs in an environment that has the peer (see tuners.py).

    tuner_peer.py PEER TRIALDECK FUNCTION SEEDS EVALUATIONS WORKERS STARTS

Prints one JSON object.  PEER: optuna, optuna-gp, nni.
"""
import heapq
import json
import logging
import subprocess
import sys
import warnings

warnings.filterwarnings("ignore")


class Function:
    """What trialdeck says of a function and its values."""

    def __init__(self, trialdeck, name):
        self.process = subprocess.Popen(
            [trialdeck, "bench-tuner", "--evaluate", name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.about = json.loads(self.process.stdout.readline())

    def ask(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


# --- Optuna -------------------------------------------------------------------

def flat_start(space, parameters, prefix, out):
    """NNI's nested parameters as Optuna's flat ones."""
    for name, spec in space.items():
        if name not in parameters:
            continue
        value, path = parameters[name], prefix + name
        if spec["_type"] == "choice" and isinstance(value, dict):
            out[path] = value["_name"]
            option = next(o for o in spec["_value"]
                          if o["_name"] == value["_name"])
            flat_start({k: v for k, v in option.items() if k != "_name"},
                       value, path + "." + value["_name"] + ".", out)
        else:
            out[path] = value
    return out


def suggest(trial, space, prefix=""):
    """What a user of Optuna would write for this space."""
    out = {}
    for name, spec in space.items():
        kind, value, path = spec["_type"], spec["_value"], prefix + name
        if kind == "choice" and isinstance(value[0], dict):
            chosen = trial.suggest_categorical(
                path, [option["_name"] for option in value])
            option = next(o for o in value if o["_name"] == chosen)
            out[name] = {"_name": chosen}
            out[name].update(suggest(
                trial, {k: v for k, v in option.items() if k != "_name"},
                path + "." + chosen + "."))
        elif kind == "choice":
            out[name] = trial.suggest_categorical(path, value)
        elif kind == "randint":
            out[name] = trial.suggest_int(path, value[0], value[1] - 1)
        elif kind == "uniform":
            out[name] = trial.suggest_float(path, *value)
        elif kind == "loguniform":
            out[name] = trial.suggest_float(path, *value, log=True)
        elif kind == "quniform" and value[2] == 1:
            out[name] = float(trial.suggest_int(path, *value[:2]))
        elif kind == "quniform":
            out[name] = trial.suggest_float(path, value[0], value[1],
                                            step=value[2])
        elif kind == "qloguniform" and value[2] == 1:
            out[name] = float(trial.suggest_int(path, *value[:2], log=True))
        elif kind == "qloguniform":  # steps are the function's affair
            out[name] = trial.suggest_float(path, *value[:2], log=True)
        else:
            raise ValueError(kind)
    return out


class Optuna:
    def __init__(self, space, seed, sampler):
        import optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.state = optuna.trial.TrialState
        self.space = space
        make = {"optuna": optuna.samplers.TPESampler,
                "optuna-gp": getattr(optuna.samplers, "GPSampler", None)}
        self.study = optuna.create_study(sampler=make[sampler](seed=seed))
        self.trials = {}

    def start(self, number, parameters):
        self.study.enqueue_trial(flat_start(self.space, parameters, "", {}))
        self.suggest(number)

    def suggest(self, number):
        self.trials[number] = self.study.ask()
        return suggest(self.trials[number], self.space)

    def tell(self, number, parameters, value):
        self.study.tell(self.trials.pop(number), value)


# --- NNI ----------------------------------------------------------------------

class Nni:
    def __init__(self, space, seed, _name):
        from nni.algorithms.hpo.tpe_tuner import TpeTuner
        logging.disable(logging.WARNING)
        self.tuner = TpeTuner(optimize_mode="minimize", seed=seed)
        self.tuner.update_search_space(space)

    def start(self, number, parameters):
        # as if it had proposed them itself
        from nni.common.hpo_utils import format_parameters
        point = format_parameters(parameters, self.tuner.space)
        self.tuner._params[number] = point
        self.tuner._running_params[number] = point
        self.tuner.dedup.add_history(point)

    def suggest(self, number):
        return self.tuner.generate_parameters(number)

    def tell(self, number, parameters, value):
        self.tuner.receive_trial_result(number, parameters, value)
        self.tuner.trial_end(number, True)


PEERS = {"optuna": Optuna, "optuna-gp": Optuna, "nni": Nni}


def run(peer, function, seed, evaluations, workers, starts):
    """Regrets after each evaluation; engine/sandbox/simulate.c in Python."""
    space = function.about["space"]
    tuner = PEERS[peer](space, seed, peer)
    now, number, heap, regrets = 0.0, 0, [], []
    told, truth = float("inf"), float("inf")
    while len(regrets) < evaluations:
        if number < evaluations and len(heap) < workers:
            if number < starts:
                parameters = function.ask(
                    {"start": number, "seed": seed})["parameters"]
                tuner.start(number, parameters)
            else:
                parameters = tuner.suggest(number)
            answer = function.ask({"parameters": parameters, "seed": seed,
                                   "number": number})
            heapq.heappush(heap, (now + answer["seconds"], number, parameters,
                                  answer["values"][0], answer["truth"][0]))
            number += 1
            continue
        now, ended, parameters, value, true = heapq.heappop(heap)
        tuner.tell(ended, parameters, value)
        if value < told:
            told, truth = value, true
        regrets.append(max(truth - function.about["best"], 0.0))
    return {"seed": seed, "trials": number, "seconds": now,
            "regrets": regrets}


def main():
    if len(sys.argv) != 8:
        sys.exit(__doc__)
    peer, trialdeck, name = sys.argv[1:4]
    seeds, evaluations, workers, starts = map(int, sys.argv[4:])
    function = Function(trialdeck, name)
    runs = [run(peer, function, seed, evaluations, workers, starts)
            for seed in range(seeds)]
    function.close()
    json.dump([{"function": name, "tuner": peer, "workers": workers,
                "evaluations": evaluations, "runs": runs}], sys.stdout)


if __name__ == "__main__":
    main()
