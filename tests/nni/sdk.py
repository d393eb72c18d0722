#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""NNI's own package, unmodified: its SDK through local records, and its
trial_keeper against the side port.  TAP output.

NNI_VERSION (3.0) is installed once into a virtual environment in
$XDG_CACHE_HOME/trialdeck-tests; without a package index all is skipped."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from rig import Rig, check, done

VERSION = os.environ.get("NNI_VERSION", "3.0")
CACHE = os.path.join(os.environ.get(
    "XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "trialdeck-tests")
HERE = os.path.dirname(os.path.abspath(__file__))


def environment():
    """The Python of an environment that has nni, or None."""
    folder = os.path.join(CACHE, "nni-" + VERSION)
    python = os.path.join(folder, "bin", "python")
    if os.path.exists(python) and not subprocess.run(
            [python, "-c", "import nni"],
            stderr=subprocess.DEVNULL).returncode:
        return python
    os.makedirs(CACHE, exist_ok=True)
    log = os.path.join(CACHE, "nni-%s.log" % VERSION)
    with open(log, "w") as out:
        for argv in (["python3", "-m", "venv", "--clear", folder],
                     [python, "-m", "pip", "install", "-q",
                      "nni==" + VERSION]):
            if subprocess.run(argv, stdout=out, stderr=out).returncode:
                return None
    return python


def metrics_of(rig, trial):
    found = {}
    for metric in rig.ask("metrics", rig.id, trial["id"], "--json"):
        found[metric["name"], metric["type"], metric["sequence"]] = \
            metric["value"]
    return found


def verify(rig, label):
    status, err = rig.finish()
    trials = rig.trials_json()
    check(status == 0 and all(t["state"] == "SUCCEEDED" for t in trials),
          label + ": the trials succeed",
          err + str([(t["state"], t["reason"]) for t in trials]))
    for trial in trials:
        x = trial["parameters"]["x"]
        found = metrics_of(rig, trial)
        wanted = {("default", "intermediate", step): x + step
                  for step in range(4)}
        wanted["default", "intermediate", 4] = 10.5
        wanted["loss", "intermediate", 4] = 0.25
        wanted["default", "intermediate", 5] = "NaN"
        wanted["default", "final", 0] = x
        wanted["accuracy", "final", 0] = 0.75
        differences = {key: (found.get(key), value)
                       for key, value in wanted.items()
                       if found.get(key) != value}
        check(not differences and trial["final"] == x,
              label + ": numbers, dicts and NaN arrive as reported",
              "%s\n%s" % (differences, trial))


def local_records(python):
    rig = Rig(2, 1, command="%s %s/trial.py" % (python, HERE))
    try:
        rig.start()
        verify(rig, "local records")
    finally:
        rig.close()


def trial_keeper(python):
    command = (
        "export NNI_PLATFORM=kubeflow; port=${TRIALDECK_URL##*:}; "
        "exec %s -m nni.tools.trial_tool.trial_keeper "
        "--trial_command '%s %s/trial.py' --nnimanager_ip 127.0.0.1 "
        "--nnimanager_port $port --nni_manager_version '' "
        "--log_collection http "
        "> $NNI_OUTPUT_DIR/trialkeeper_stdout "
        "2> $NNI_OUTPUT_DIR/trialkeeper_stderr" % (python, python, HERE))
    rig = Rig(2, 2, command=command)
    try:
        rig.start()
        verify(rig, "trial_keeper")
    finally:
        rig.close()


def main():
    python = environment()
    if not python:
        print("1..0 # SKIP nni %s cannot be installed here" % VERSION)
        return 0
    local_records(python)
    trial_keeper(python)
    return done()


if __name__ == "__main__":
    sys.exit(main())
