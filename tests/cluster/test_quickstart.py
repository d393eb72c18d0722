#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The quickstart as Jobs, four at a time, to the end: its own file, with the
platform exchanged.  TAP output."""
import os
import re
import sys

sys.dont_write_bytecode = True
from lab import IMAGE, Lab, Recorder, check, done
from rig import SRC

EXAMPLE = os.path.join(os.path.abspath(SRC), "examples/quickstart")
PLATFORM = """
trainingService:
  platform: kubernetes
  kind: job
  namespace: %s
  image: %s
  imagePullPolicy: IfNotPresent
  resources:
    requests: {cpu: 0.1, memory: 64Mi}
    limits: {memory: 64Mi}
"""


def make_file(lab):
    """As the reader of the guide would write it."""
    with open(EXAMPLE + "/experiment.yaml") as f:
        text = f.read()
    text, count = re.subn(r"\ntrainingService:\n  platform: local\n",
                          PLATFORM % (lab.namespace, IMAGE), text)
    assert count == 1
    text = text.replace("trialConcurrency: 2", "trialConcurrency: 4")
    text = text.replace("trialCodeDirectory: .",
                        "trialCodeDirectory: " + EXAMPLE)
    with open(lab.file, "w") as f:
        f.write(text)


def most_at_once(recorder):
    """Jobs that were there and not over, at the worst moment."""
    live, most = set(), 0
    for kind, job in recorder.seen:
        is_over = any(c["type"] in ("Complete", "Failed") for c in
                      job["status"].get("conditions", []))
        if kind == "DELETED" or is_over:
            live.discard(job["metadata"]["uid"])
        else:
            live.add(job["metadata"]["uid"])
        most = max(most, len(live))
    return most


def check_objects(lab, recorder):
    jobs = {job["metadata"]["name"]: job for kind, job in recorder.seen
            if kind == "ADDED"}
    trials = {t["id"]: t for t in lab.trials_json()}
    wrong = []
    for name, job in jobs.items():
        labels = job["metadata"].get("labels", {})
        trial = labels.get("trialId")
        want = "nni-exp-%s-trial-%s-1" % (lab.id.lower(), str(trial).lower())
        if (name != want or labels.get("app") != "nni-kubernetes-trial" or
                labels.get("expId") != lab.id or trial not in trials or
                labels.get("attempt") != "1"):
            wrong.append("%s %s" % (name, labels))
    check(len(jobs) == 20 and not wrong,
          "a Job for each trial, with its name and labels",
          "\n".join(["%d jobs" % len(jobs)] + wrong))
    check({len(uids) for uids in recorder.added().values()} == {1} and
          not recorder.gaps, "none was created twice", recorder.gaps)
    check(2 <= most_at_once(recorder) <= 4, "at most four at a time",
          most_at_once(recorder))


def main():
    lab = Lab(20, 4)
    make_file(lab)
    recorder = Recorder(lab.path("jobs"))
    try:
        lab.run_to_end("quickstart", 600)
        trials = lab.trials_json()
        bad = [(t["sequence"], t["state"], t["reason"]) for t in trials
               if t["state"] not in ("SUCCEEDED", "EARLY_STOPPED")]
        check(len(trials) == 20 and not bad, "all 20 trials ran", bad)
        check(lab.experiment()["state"] == "DONE", "it is DONE",
              lab.experiment())
        best = lab.experiment()["best"] or {"value": 0}
        check(best["value"] > 0.8, "and has learnt to read digits", best)
        lab.check_nothing_left("in the end")
        recorder.stop()
        check_objects(lab, recorder)
    finally:
        lab.close()
    return done()


if __name__ == "__main__":
    sys.exit(main())
