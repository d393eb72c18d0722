#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A trial for the crash test: reports by stdout and by HTTP, and keeps a list
of what was acknowledged.  Deterministic in its parameters."""
import json
import os
import sys
import time
import urllib.request

with open(os.environ["TRIALDECK_PARAMETERS"]) as f:
    parameters = json.load(f)
steps = int(os.environ.get("CRASH_STEPS", "6"))
pause = float(os.environ.get("CRASH_PAUSE", "0.05"))
acked = open(os.path.join(os.environ["CRASH_ACKS"],
                          os.environ["TRIALDECK_TRIAL_ID"] + "." +
                          os.environ["TRIALDECK_ATTEMPT"]), "a")


def post(report):
    """One try; a refused or broken connection is simply not acknowledged."""
    request = urllib.request.Request(
        os.environ["TRIALDECK_URL"] + "/v1/metrics",
        json.dumps(report).encode(),
        {"Authorization": "Bearer " + os.environ["TRIALDECK_TOKEN"]})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            if answer.status == 200:
                acked.write(json.dumps(report) + "\n")
                acked.flush()
    except OSError:
        pass


value = parameters["x"] + parameters["y"] * 0.5
for step in range(steps):
    print("default=%.17g" % (value + step), flush=True)
    post({"name": "posted", "sequence": step, "value": value * (step + 1)})
    time.sleep(pause)
print("final=%.17g" % value, flush=True)
sys.exit(0)
