#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kill -9 of the program at random moments of a running experiment, each
followed by resume (promises 1, 2, 3 and 5).

Environment: CRASHES (50), CRASH_SEED, TOP_BUILDDIR, TOP_SRCDIR.  TAP output."""
import json
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from rig import Rig, check, done

CRASHES = int(os.environ.get("CRASHES", "50"))
SEED = int(os.environ.get("CRASH_SEED", str(random.randrange(1 << 30))))


def verify_metrics(rig, label, trials):
    problems = []
    stored = {}
    for metric in rig.ask("metrics", rig.id, "--json"):
        key = (metric["trial"], metric["name"], metric["type"],
               metric["sequence"])
        if key in stored:
            problems.append("twice: %s" % (key,))
        stored[key] = metric["value"]
    acked = 0
    for name in os.listdir(rig.acks):
        with open(os.path.join(rig.acks, name)) as f:
            for line in f:
                report = json.loads(line)
                acked += 1
                key = (name.split(".")[0], "posted", "intermediate",
                       report["sequence"])
                if stored.get(key) != report["value"]:
                    problems.append("%s: acknowledged %s, stored %s" %
                                    (key, report["value"], stored.get(key)))
    check(not problems and acked,
          label + ": %d acknowledged metrics present once" % acked,
          "\n".join(problems))
    missing = [(t["id"], t["intermediates"], t["final"])
               for t in trials
               if t["intermediates"] != rig.steps or
               t["final"] is None]
    check(not missing, label + ": every result printed is stored", missing)


def verify(rig, label):
    trials = rig.trials_json()
    check([t["sequence"] for t in trials] == list(range(rig.trials)),
          label + ": sequence numbers 0..n-1 once each",
          [t["sequence"] for t in trials])
    failed = [(t["sequence"], t["state"], t["reason"]) for t in trials
              if t["state"] != "SUCCEEDED"]
    check(not failed, label + ": every trial succeeded", failed)
    check({t["attempt"] for t in trials} == {1},
          label + ": no trial ran twice")
    verify_metrics(rig, label, trials)
    check(rig.rows("PRAGMA integrity_check") == [("ok",)],
          label + ": integrity check")
    deadline = time.monotonic() + 15
    while rig.strays() and time.monotonic() < deadline:
        time.sleep(0.05)
    check(not rig.strays(), label + ": no stray process",
          "\n".join(rig.strays()))
    log = rig.log()
    check("differs" not in log and log,
          label + ": replayed suggestions equal the stored ones",
          "\n".join(line for line in log.splitlines() if "differs" in line))
    return [t["parameters"] for t in trials]


def disturbed(concurrency, crashes, trials, rng):
    rig = Rig(trials, concurrency)
    try:
        rig.start()
        for _ in range(crashes):
            time.sleep(rng.uniform(0.0, 0.6))
            rig.crash()
            rig.start()
        code, err = rig.finish()
        check(code == 0, "%d at a time, %d crashes: ends with status 0" %
              (concurrency, crashes), err)
        return verify(rig, "%d at a time" % concurrency)
    finally:
        rig.close()


def undisturbed(trials):
    rig = Rig(trials, 1, steps=1, pause=0)
    try:
        rig.start()
        code, err = rig.finish()
        check(code == 0, "undisturbed run ends with status 0", err)
        return [t["parameters"] for t in rig.trials_json()]
    finally:
        rig.close()


def main():
    print("# CRASH_SEED=%d" % SEED)
    rng = random.Random(SEED)
    many = CRASHES * 3 // 5
    disturbed(4, many, max(8, many * 2), rng)
    alone = max(4, (CRASHES - many) // 2)
    crashed = disturbed(1, CRASHES - many, alone, rng)
    check(crashed == undisturbed(alone),
          "the same suggestions as an undisturbed run")
    return done()


if __name__ == "__main__":
    sys.exit(main())
