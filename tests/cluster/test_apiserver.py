#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The API server away for 20 s in the middle, and then with no memory of what
was before.  TAP output."""
import sys
import time

sys.dont_write_bytecode = True
from lab import Lab, check, cluster, done

AWAY_S = 20


def running(lab):
    return sum(t["state"] == "RUNNING" for t in lab.trials_json())


def processor_s(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def stopped(lab):
    """Away: told, neither fatal nor busy."""
    cluster("apiserver", "stop")
    start, used = time.monotonic(), processor_s(lab.process.pid)
    try:
        fault = lab.wait(lambda: lab.experiment()["fault"], "a fault is told")
        print("# %s" % fault)
        time.sleep(max(0, start + AWAY_S - time.monotonic()))
        check(lab.process.poll() is None, "the program lives on",
              lab.process.poll())
        used = processor_s(lab.process.pid) - used
        check(used < 0.1 * (time.monotonic() - start), "and does not spin",
              "%.1f s" % used)
    finally:
        cluster("apiserver", "start")
    lab.wait(lambda: not lab.experiment()["fault"], "the fault is over")


def main():
    lab = Lab(16, 4, steps=8, pause=0.5)
    try:
        lab.start()
        lab.wait_trial("the first is over", lambda t: t["ended"])
        lab.wait(lambda: running(lab) >= 2, "two run")
        stopped(lab)
        over = sum(t["ended"] is not None for t in lab.trials_json())
        lab.wait(lambda: sum(t["ended"] is not None for t in
                             lab.trials_json()) > over, "it goes on")
        check(lab.process.poll() is None, "still under way", over)
        cluster("expire")
        code, err = lab.finish()
        check(code == 0, "after that and expired versions it ends with "
              "status 0", err)
        lab.check_all_succeeded("apiserver")
        lab.check_metrics("apiserver")
        lab.check_nothing_left("apiserver")
    finally:
        if not lab.kube.is_ready():
            cluster("apiserver", "start")
        lab.close()
    return done()


if __name__ == "__main__":
    sys.exit(main())
