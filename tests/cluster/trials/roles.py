#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The pods of a trial with roles, step by step: each waits for what the test
puts into /truth, a folder of the host.

The leading pod reports, waits for SEQUENCE.go, reports more and ends well.
One that is named by SEQUENCE.fail ("worker-1") ends with status 3.  The others
wait for SEQUENCE.go, too, or for ever (--forever ROLE)."""
import argparse
import json
import os
import socket
import sys
import time

arguments = argparse.ArgumentParser()
arguments.add_argument("--leader", required=True)
arguments.add_argument("--forever", default="")
arguments = arguments.parse_args()

# nni-exp-<experiment>-trial-<trial>-<attempt>-worker-0; of Frameworks
# nniexp<experiment>trial<trial>n<attempt>-worker-0
host = socket.gethostname()
if "-trial-" in host:
    name = host.rsplit("-trial-", 1)[1].split("-", 2)[2]
else:
    name = host.split("-", 1)[1]
sequence = os.environ["NNI_TRIAL_SEQ_ID"]
leads = name == arguments.leader
truth = None


def has(what):
    return os.path.exists("/truth/%s.%s" % (sequence, what))


def may_fail():
    try:
        with open("/truth/%s.fail" % sequence) as f:
            if f.read().strip() == name:
                print("this is the end of %s" % name, flush=True)
                sys.exit(3)
    except FileNotFoundError:
        pass


def report(key, number, value):
    print("%s=%.17g" % (key, value), flush=True)
    truth.write(json.dumps({"name": key, "sequence": number,
                            "value": value, "at": time.time()}) + "\n")
    truth.flush()


def wait_for_go():
    while not has("go"):
        may_fail()
        time.sleep(0.1)


print("%s is here" % name, flush=True)
if not leads:
    while True:
        wait_for_go()
        if name.split("-")[0] != arguments.forever:
            sys.exit(0)
        time.sleep(1)

with open(os.environ["TRIALDECK_PARAMETERS"]) as f:
    parameters = json.load(f)
truth = open("/truth/%s.%s.reports" % (os.environ["TRIALDECK_TRIAL_ID"],
                                       os.environ["TRIALDECK_ATTEMPT"]), "a")
value = parameters["x"] + parameters["y"] * 0.5
report("default", 0, value)
wait_for_go()
for step in range(1, 4):
    report("default", step, value + step)
report("final", 0, value)
