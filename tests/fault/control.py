#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Everything a user may ask of a running experiment, and what then happens to
real processes.  TAP output; TOP_BUILDDIR and TOP_SRCDIR as in crash.py."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from rig import Rig, check, done

# A trial that ignores TERM and leaves a daemon in a session of its own.
STUBBORN = ("trap '' TERM; (setsid sh -c \"trap '' TERM; sleep 300\" &); "
            "echo default=1; sleep 300 & wait; sleep 300")
SLEEPER = "echo default=1; sleep 300"


def alive(state):
    return lambda t: t["state"] == state


def no_strays(rig, name):
    deadline = time.monotonic() + 15
    while rig.strays() and time.monotonic() < deadline:
        time.sleep(0.05)
    check(not rig.strays(), name, "\n".join(rig.strays()))


def kill_one_and_all():
    rig = Rig(4, 2, command=STUBBORN)
    try:
        rig.start()
        trial = rig.wait_trial("a result", lambda t: t["intermediates"])
        status, out, err = rig.call("kill", rig.id, trial["id"], "--yes")
        check(status == 0, "kill answers 0", out + err)
        now = next(t for t in rig.trials_json() if t["id"] == trial["id"])
        check(now["state"] == "USER_CANCELED" and "killed" in now["reason"],
              "a killed trial is USER_CANCELED and says by whom", now)
        left = [line for line in rig.strays()
                if line.split()[0] and trial["id"] in open(
                    "/proc/%s/environ" % line.split()[0]).read()]
        check(not left, "nothing of it runs, daemons included", left)
        status, out, err = rig.call("kill", rig.id, trial["id"], "--yes")
        check(status == 1 and "over" in err + out,
              "killing it again is refused", out + err)
        rig.wait(lambda: sum(t["state"] == "RUNNING" for t in
                             rig.trials_json()) == 2, "two more run")
        status, out, err = rig.call("kill", rig.id, "--all", "--yes")
        check(status == 0, "kill --all answers 0", out + err)
        rows = rig.rows("SELECT state, outcome FROM command")
        check(len(rows) == 3 and all(outcome for _, outcome in rows),
              "every command has one outcome", rows)
        rig.call("stop", rig.id, "--yes")
        rig.finish()
        check(rig.experiment()["state"] == "STOPPED", "stop ends as STOPPED",
              rig.experiment())
        no_strays(rig, "no orphan survives kill and stop")
    finally:
        rig.close()


def restart_and_retry():
    flag = tempfile.mkdtemp(prefix="td-flag.")
    # Fails until its flag exists: the first attempt makes it.
    flaky = ("f=%s/$TRIALDECK_TRIAL_ID; if [ -e $f ]; then echo final=1; "
             "else touch $f; echo broken >&2; exit 3; fi" % flag)
    rig = Rig(2, 1, command=flaky)
    try:
        rig.start()
        status, err = rig.finish()
        trials = rig.trials_json()
        check({t["state"] for t in trials} == {"FAILED"} and
              all("3" in t["reason"] and "broken" in t["reason"]
                  for t in trials),
              "failed trials say their status and last words",
              [t["reason"] for t in trials])
        before = trials[0]["parameters"]
        status, out, err = rig.call("restart", rig.id, trials[0]["id"])
        check(status == 1 and "resume" in err,
              "restart without an engine says what to do", out + err)
    finally:
        rig.close()
    rig = Rig(3, 1, command=flaky, maxTrialRetries=1)
    try:
        rig.start()
        rig.finish()
        trials = rig.trials_json()
        check([t["state"] for t in trials] == ["SUCCEEDED"] * 3 and
              [t["attempt"] for t in trials] == [2] * 3,
              "maxTrialRetries tries again with the same parameters",
              [(t["state"], t["attempt"]) for t in trials])
    finally:
        rig.close()
    # One long trial keeps the engine up while another one is restarted.
    mixed = ("if [ $NNI_TRIAL_SEQ_ID = 1 ]; then sleep 300; fi; "
             "if [ $TRIALDECK_ATTEMPT = 2 ]; then echo final=2; exit 0; fi; "
             "exit 4")
    rig = Rig(2, 2, command=mixed)
    try:
        rig.start()
        failed = rig.wait_trial("a failure", alive("FAILED"))
        before = failed["parameters"]
        status, out, err = rig.call("restart", rig.id, failed["id"])
        check(status == 0, "restart of a failed trial answers 0", out + err)
        again = rig.wait_trial("success", alive("SUCCEEDED"))
        check(again and again["id"] == failed["id"] and
              again["attempt"] == 2 and again["parameters"] == before and
              again["final"] == 2,
              "the second attempt has the same trial and parameters", again)
        attempts = rig.rows("SELECT number, state FROM attempt ORDER BY 1")
        check(len(attempts) >= 3, "both attempts are kept", attempts)
        rig.call("stop", rig.id, "--yes")
        rig.finish()
    finally:
        rig.close()


def knobs():
    rig = Rig(30, 1, command="echo final=1; sleep 0.2")
    try:
        rig.start()
        rig.wait_trial("one done", alive("SUCCEEDED"))
        status, out, err = rig.call("pause", rig.id)
        check(status == 0, "pause answers 0", out + err)
        rig.wait(lambda: not any(t["state"] in ("RUNNING", "WAITING")
                                 for t in rig.trials_json()),
                 "running ones end")
        count = len(rig.trials_json())
        time.sleep(0.6)
        check(len(rig.trials_json()) == count, "paused: no trial starts")
        rig.call("set", rig.id, "concurrency=3")
        rig.call("set", rig.id, "max-trials=%d" % (count + 6))
        status, out, err = rig.call("unpause", rig.id)
        check(status == 0, "unpause answers 0", out + err)
        most = 0
        while rig.process.poll() is None:
            most = max(most, sum(t["state"] == "RUNNING"
                                 for t in rig.trials_json()))
        check(most == 3, "concurrency was raised live", most)
        check(len(rig.trials_json()) == count + 6,
              "maxTrialNumber was changed live", len(rig.trials_json()))
        check(rig.experiment()["state"] == "DONE", "and it is DONE")
        status, out, err = rig.call("set", rig.id, "concurency=3")
        check(status == 2 and "concurrency" in err,
              "a mistyped knob is usage with a hint", out + err)
    finally:
        rig.close()


def durations():
    rig = Rig(2, 2, command=SLEEPER, maxTrialDuration="1s")
    try:
        rig.start()
        rig.finish()
        trials = rig.trials_json()
        check({t["state"] for t in trials} == {"EARLY_STOPPED"} and
              all("maxTrialDuration" in t["reason"] for t in trials),
              "maxTrialDuration stops a trial early", trials)
        no_strays(rig, "and leaves no process")
    finally:
        rig.close()
    rig = Rig(None, 1, command="echo final=1; sleep 0.4",
              maxExperimentDuration="1s")
    rig.trials = 0
    try:
        start = time.monotonic()
        rig.start()
        rig.finish()
        check(rig.experiment()["state"] == "DONE" and
              time.monotonic() - start < 10 and
              {t["state"] for t in rig.trials_json()} == {"SUCCEEDED"},
              "maxExperimentDuration lets running trials end, then DONE",
              rig.trials_json())
    finally:
        rig.close()


def exhaustion():
    rig = Rig(None, 2, command="echo final=1",
              searchSpace={"y": {"_type": "choice", "_value": [1, 2, 3]}},
              tuner={"name": "GridSearch"})
    try:
        rig.start()
        rig.finish()
        values = sorted(t["parameters"]["y"] for t in rig.trials_json())
        check(rig.experiment()["state"] == "DONE" and values == [1, 2, 3],
              "an exhausted grid is DONE without any limit", values)
    finally:
        rig.close()


def assessor():
    # Trials after the fifth are worse than the median all along.
    command = ("i=0; while [ $i -lt 20 ]; do "
               "echo default=$((100 - 10 * NNI_TRIAL_SEQ_ID)); "
               "i=$((i+1)); sleep 0.03; done; echo final=1")
    rig = Rig(6, 1, command=command,
              assessor={"name": "Medianstop",
                        "classArgs": {"optimize_mode": "maximize",
                                      "start_step": 3}})
    try:
        rig.start()
        rig.finish()
        states = [t["state"] for t in rig.trials_json()]
        check("EARLY_STOPPED" in states and states[0] == "SUCCEEDED",
              "Medianstop stops bad trials early", states)
    finally:
        rig.close()


def keeper_killed():
    rig = Rig(1, 1, command=SLEEPER)
    try:
        rig.start()
        rig.wait_trial("it runs", lambda t: t["intermediates"])
        job = rig.rows("SELECT job FROM attempt")[0][0]
        os.kill(int(job.split(":")[0]), signal.SIGKILL)
        rig.finish()
        trial = rig.trials_json()[0]
        check(trial["state"] == "FAILED" and "keeper" in trial["reason"],
              "a killed keeper is told from a failing trial", trial)
        no_strays(rig, "and its command does not survive it")
    finally:
        rig.close()


def one_engine_only():
    rig = Rig(1, 1, command=SLEEPER)
    try:
        rig.start()
        status, out, err = rig.call("resume", rig.id, "--headless")
        check(status == 1 and str(rig.process.pid) in err,
              "a second engine is refused and names the first", out + err)
        rig.process.send_signal(signal.SIGTERM)
        status, err = rig.finish()
        check(status == 1 and "resume" in err,
              "SIGTERM leaves and says how to go on", err)
        check(rig.trials_json()[0]["state"] == "RUNNING" and rig.strays(),
              "the trial runs on without it")
        rig.start()
        rig.wait(lambda: rig.call("stop", rig.id, "--yes")[0] == 0,
                 "the new engine listens")
        rig.finish()
        check(rig.experiment()["state"] == "STOPPED",
              "taken up again and stopped")
        no_strays(rig, "no stray after leave, resume and stop")
    finally:
        rig.close()


def full_disk():
    """On a file system of 24 MiB, filled up in the middle."""
    where = tempfile.mkdtemp(prefix="td-full.")
    if os.geteuid() != 0 or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", where],
            stderr=subprocess.DEVNULL).returncode:
        check(True, "full disk # SKIP needs root and tmpfs")
        os.rmdir(where)
        return
    rig = Rig(12, 2)
    rig.db = os.path.join(where, "db", "t.db")
    ballast = os.path.join(where, "ballast")
    try:
        rig.start()
        rig.wait_trial("two done", lambda t: t["sequence"] >= 2)
        fd = os.open(ballast, os.O_WRONLY | os.O_CREAT)
        try:
            while os.write(fd, b"x" * 4096):
                pass
        except OSError:
            os.close(fd)
        time.sleep(2)
        check(rig.process.poll() is None, "a full disk is not fatal")
        os.unlink(ballast)
        code, err = rig.finish()
        trials = rig.trials_json()
        check(code == 0 and [t["sequence"] for t in trials] ==
              list(range(12)), "with space again it goes on to the end",
              err + str([(t["sequence"], t["state"]) for t in trials]))
        kinds = [e["kind"] for e in rig.ask("events", rig.id, "--json")]
        check("recovered" in kinds, "and the journal says so", kinds)
    finally:
        if rig.process.poll() is None:
            rig.process.kill()
        rig.close()
        subprocess.run(["umount", "-l", where])
        os.rmdir(where)


def own_trial():
    rig = Rig(3, 1, command="echo final=$TRIALDECK_PARAM_X; sleep 0.3")
    try:
        rig.start()
        rig.wait_trial("first", lambda t: t["sequence"] == 0)
        status, out, err = rig.call("add", rig.id, '{"x": 0.25, "y": 3}')
        check(status == 0, "a trial of one's own is taken", out + err)
        rig.finish()
        own = [t for t in rig.trials_json()
               if t["parameters"] == {"x": 0.25, "y": 3}]
        check(len(own) == 1 and own[0]["final"] == 0.25 and
              len(rig.trials_json()) == 3,
              "it runs with its parameters and counts", rig.trials_json())
    finally:
        rig.close()


TESTS = [kill_one_and_all, restart_and_retry, knobs, durations, exhaustion,
         assessor, keeper_killed, one_engine_only, full_disk, own_trial]


def main():
    wanted = sys.argv[1:]
    for test in TESTS:
        if not wanted or test.__name__ in wanted:
            print("# " + test.__name__)
            test()
    return done()


if __name__ == "__main__":
    sys.exit(main())
