#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kill and restart by key, in the console that runs the experiment, and what
then becomes of real Jobs.  TAP output."""
import os
import sys

sys.dont_write_bytecode = True
from lab import PATIENCE, Lab, check, done
from terminal import Console


def has(state):
    return lambda trial: trial["state"] == state


def main():
    lab = Lab(1, 1, steps=100, pause=2)
    console = None
    try:
        console = Console(lab, "run", lab.file)
        check(console.wait_for(b"Restart", PATIENCE), "the console is there",
              console.output[-400:])
        lab.id = lab.wait(lambda: os.path.exists(lab.db) and
                          lab.rows("SELECT id FROM experiment"),
                          "a row")[0][0]
        lab.wait_trial("a result", lambda t: t["intermediates"])
        check([j["metadata"]["name"][-2:] for j in lab.objects("jobs")] ==
              ["-1"], "its Job is there", lab.objects("jobs"))
        console.settle()
        console.type("2")
        console.settle()
        console.type("x")
        check(console.wait_for(b"takes it back"),
              "x can be taken back for a while", console.output[-400:])
        trial = lab.wait_trial("killed", has("USER_CANCELED"))
        check(trial and "killed" in trial["reason"],
              "the killed trial says by whom", trial)
        lab.wait(lambda: not lab.objects("jobs") and not lab.objects("pods"),
                 "its Job and its pod are gone")
        console.settle()
        console.type("r")
        trial = lab.wait_trial("runs again", lambda t: t["attempt"] == 2 and
                               t["state"] == "RUNNING")
        check(trial, "r runs it again", lab.trials_json())
        names = [j["metadata"]["name"] for j in lab.objects("jobs")]
        check(len(names) == 1 and names[0].endswith("-2"),
              "as a second attempt with a Job of its own", names)
        # deliberately while it runs: leaving by key stops everything
        console.settle()
        console.type("Q")
        check(console.wait_for(b"etach"), "Q asks what shall become of it",
              console.output[-400:])
        console.type("s")
        check(console.status(PATIENCE) == 0, "stop by key ends with status 0",
              console.output[-400:])
        check(lab.experiment()["state"] == "STOPPED", "STOPPED",
              lab.experiment())
        lab.check_nothing_left("stopped by key")
    finally:
        if console:
            console.close()
        lab.close()
    return done()


if __name__ == "__main__":
    sys.exit(main())
