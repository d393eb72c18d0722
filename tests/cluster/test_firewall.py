#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pods that cannot reach the side port: the same experiment completes through
pod logs, with the same metrics.  TAP output."""
import sys

sys.dont_write_bytecode = True
from lab import Lab, check, cluster, done, free_port, together


class Walled:
    """An experiment whose side port can be shut off from pods."""

    def __init__(self, trials):
        self.lab = Lab(trials, 2, steps=6, pause=0.4, tuner={
            "name": "Random",
            "classArgs": {"optimize_mode": "maximize", "seed": 11}})
        port = free_port()
        self.lab.options = ["--port", str(port)]
        self.side = str(port + 1)

    def block(self, how="block"):
        cluster("firewall", how, self.side)

    def close(self):
        cluster("firewall", "unblock", self.side)
        self.lab.close()


def by_sequence(lab):
    """What was reported, by the trials' numbers: ids are drawn anew."""
    number = {t["id"]: t["sequence"] for t in lab.trials_json()}
    stored, _ = lab.stored()
    return {(number[trial], *key): value
            for (trial, *key), value in stored.items()}


def complete(walled, label):
    lab = walled.lab
    code, err = lab.finish()
    check(code == 0, label + ": ends with status 0", err)
    lab.check_all_succeeded(label)
    lab.check_metrics(label)
    lab.check_nothing_left(label)
    return by_sequence(lab)


def run(label, prepare=None, in_the_middle=None):
    walled = Walled(6)
    try:
        if prepare:
            prepare(walled)
        walled.lab.start()
        if in_the_middle:
            walled.lab.wait_trial("a first end", lambda t: t["ended"])
            in_the_middle(walled)
        metrics = complete(walled, label)
        return metrics, walled.lab.said(r"logs?\b.*through the API server")
    finally:
        walled.close()


def main():
    (plain, _), dropped, refused, (metrics, _) = together(
        lambda: run("open"),
        lambda: run("dropped", lambda walled: walled.block()),
        lambda: run("refused", lambda walled: walled.block("reject")),
        lambda: run("dropped in the middle",
                    in_the_middle=lambda walled: walled.block()))
    check(metrics == plain, "dropped in the middle: the same metrics",
          sorted(set(metrics.items()) ^ set(plain.items()))[:10])
    for label, (metrics, said) in (("dropped", dropped), ("refused", refused)):
        check(metrics == plain, label + ": the same metrics as without",
              sorted(set(metrics.items()) ^ set(plain.items()))[:10])
        check(said, label + ": an event says that metrics come by pod logs")
        print("# %s" % said[:2])
    return done()


if __name__ == "__main__":
    sys.exit(main())
