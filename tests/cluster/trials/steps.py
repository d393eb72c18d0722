#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A trial that reports by standard output and notes in /truth, a folder of the
host, what it has reported.  Deterministic in its parameters."""
import argparse
import json
import os
import time

arguments = argparse.ArgumentParser()
arguments.add_argument("--steps", type=int, default=5)
arguments.add_argument("--pause", type=float, default=0.5)
arguments.add_argument("--lines", type=int, default=1)
arguments = arguments.parse_args()

with open(os.environ["TRIALDECK_PARAMETERS"]) as f:
    parameters = json.load(f)
truth = open("/truth/%s.%s.reports" % (os.environ["TRIALDECK_TRIAL_ID"],
                                       os.environ["TRIALDECK_ATTEMPT"]), "a")


def report(name, sequence, value):
    print("%s=%.17g" % (name, value), flush=True)
    truth.write(json.dumps({"name": name, "sequence": sequence,
                            "value": value, "at": time.time()}) + "\n")
    truth.flush()


value = parameters["x"] + parameters["y"] * 0.5
number = 0
for step in range(arguments.steps):
    for _ in range(arguments.lines):
        print("line %d" % number, flush=True)
        number += 1
    report("default", step, value + step)
    report("loss", step, 1 / (1 + step + value))
    time.sleep(arguments.pause)
report("final", 0, value)
