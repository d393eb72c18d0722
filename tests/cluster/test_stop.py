#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A stop with its choice: cancel trials, or let them finish.  TAP output."""
import sys

sys.dont_write_bytecode = True
from lab import Lab, check, done, together


def begin(**keys):
    lab = Lab(12, 3, pause=0.4, **keys)
    lab.start()
    lab.wait_trial("a first result", lambda t: t["intermediates"])
    lab.wait(lambda: sum(t["state"] == "RUNNING" for t in
                         lab.trials_json()) >= 2, "two run")
    return lab


def cancel():
    lab = begin(steps=300)
    try:
        status, out, err = lab.call("stop", lab.id, "--yes")
        check(status == 0, "stop answers 0", out + err)
        lab.finish()
        check(lab.experiment()["state"] == "STOPPED", "it is STOPPED",
              lab.experiment())
        states = [t["state"] for t in lab.trials_json()]
        check(set(states) == {"USER_CANCELED"}, "its trials are canceled",
              states)
        lab.check_nothing_left("canceled")
        lab.check_metrics("canceled", are_killed=True)
    finally:
        lab.close()


def leave():
    lab = begin(steps=40)
    try:
        status, out, err = lab.call("stop", "--leave", lab.id, "--yes")
        check(status == 0, "stop --leave answers 0", out + err)
        live = [t["id"] for t in lab.trials_json() if not t["ended"]]
        lab.finish()
        check(lab.experiment()["state"] == "STOPPED", "it is STOPPED",
              lab.experiment())
        trials = lab.trials_json()
        check(live and all(t["state"] == "SUCCEEDED" for t in trials
                           if t["id"] in live),
              "what ran has finished", [(t["id"], t["state"], t["reason"])
                                        for t in trials])
        check(len(trials) < 12, "and nothing new was begun", len(trials))
        lab.check_metrics("left to finish")
        lab.check_nothing_left("left to finish")
    finally:
        lab.close()


def main():
    together(cancel, leave)
    return done()


if __name__ == "__main__":
    sys.exit(main())
