# SPDX-License-Identifier: MIT
"""NNI's own package, unmodified, in a virtual environment that is made once.

NNI_VERSION (3.0) goes to $XDG_CACHE_HOME/trialdeck-tests."""
import fcntl
import os
import subprocess

VERSION = os.environ.get("NNI_VERSION", "3.0")
OPTUNA = os.environ.get("OPTUNA_VERSION", "5.0.0")
CACHE = os.path.join(os.environ.get(
    "XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "trialdeck-tests")


def environment(more=()):
    """The Python of an environment that has nni (and more), or None."""
    return made("-".join(["nni", VERSION] + list(more)),
                ["nni==" + VERSION] + list(more))


def made(name, packages):
    """The Python of an environment with these packages, or None."""
    folder = os.path.join(CACHE, name)
    python = os.path.join(folder, "bin", "python")
    complete = os.path.join(folder, "complete")
    os.makedirs(CACHE, exist_ok=True)
    with open(folder + ".log", "w") as out:
        fcntl.flock(out, fcntl.LOCK_EX)  # suites may run side by side
        if os.path.exists(complete):
            return python
        for argv in (["python3", "-m", "venv", "--clear", folder],
                     [python, "-m", "pip", "install", "-q"] + packages):
            if subprocess.run(argv, stdout=out, stderr=out).returncode:
                return None
        open(complete, "w").close()
    return python


def peers(names):
    """Name to Python of the tuners of others that can be had."""
    wanted = {"nni": ("nni-" + VERSION, ["nni==" + VERSION]),
              "optuna": ("optuna-" + OPTUNA, ["optuna==" + OPTUNA]),
              # a large download: only where asked for
              "optuna-gp": ("optuna-gp-" + OPTUNA,
                            ["optuna==" + OPTUNA, "scipy", "torch"])}
    out = {}
    for name in names:
        python = made(*wanted[name])
        if python:
            out[name] = python
        else:
            print("# %s was left out: no package registry gave it" % name)
    return out
