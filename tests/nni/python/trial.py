# SPDX-License-Identifier: MIT
"""A trial of next to no time, without nni: reads what NNI's SDK would read,
prints what it would print."""
import json
import os
import time

with open(os.path.join(os.environ["NNI_SYS_DIR"], "parameter.cfg")) as f:
    given = json.load(f)
x = given["parameters"]["x"]


def report(kind, sequence, value):
    print("NNISDK_MEb'%s'" % json.dumps({
        "parameter_id": given["parameter_id"],
        "trial_job_id": os.environ["NNI_TRIAL_JOB_ID"], "type": kind,
        "sequence": sequence, "value": json.dumps(value)}), flush=True)


for step in range(int(os.environ.get("BRIDGE_STEPS", "0"))):
    report("PERIODICAL", step, {"default": x * (step + 1), "loss": 1 - x})
    time.sleep(0.02)
time.sleep(0.1)
report("FINAL", 0, {"default": x, "loss": 1 - x})
