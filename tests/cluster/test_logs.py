#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A pod's log, kept after the pod is gone, without gaps or doubles whatever
happened to the program meanwhile.  TAP output."""
import re
import sys
import time

sys.dont_write_bytecode = True
from lab import Lab, check, cluster, done

STEPS, LINES = 24, 40


def numbers(text):
    return [int(n) for n in re.findall(r"^line (\d+)$", text, re.M)]


def check_log(lab, trial, label):
    status, out, err = lab.call("log", lab.id, str(trial))
    got, want = numbers(out), list(range(STEPS * LINES))
    check(status == 0 and got == want,
          "%s: the log of trial %d is whole, each line once" % (label, trial),
          "status %d %s\n%d lines, missing %s, doubled %s, in order: %s" % (
              status, err, len(got), sorted(set(want) - set(got))[:20],
              sorted({n for n in got if got.count(n) > 1})[:20],
              got == sorted(got)))
    check("final=" in out, label + ": up to its last line", out[-200:])


def main():
    lab = Lab(2, 2, steps=STEPS, pause=0.4)
    try:
        lab.rewrite(trialCommand="python3 steps.py --steps %d --pause 0.4 "
                    "--lines %d" % (STEPS, LINES))
        lab.start()
        lab.wait_trial("a result", lambda t: t["intermediates"])
        for pause in (0.5, 1.5, 1.0):
            lab.crash()
            lab.start()
            time.sleep(pause)
        # a connection that ends in the middle of everything
        cluster("apiserver", "kill")
        time.sleep(1)
        cluster("apiserver", "start")
        early = numbers(lab.call("log", lab.id, "0")[1])
        check(early == list(range(len(early))),
              "what is there while it runs has no gap", early[-10:])
        code, err = lab.finish()
        check(code == 0, "it ends with status 0", err)
        lab.check_nothing_left("logs")
        for trial in (0, 1):
            check_log(lab, trial, "pods gone")
        lab.check_metrics("logs")
    finally:
        if not lab.kube.is_ready():
            cluster("apiserver", "start")
        lab.close()
    return done()


if __name__ == "__main__":
    sys.exit(main())
