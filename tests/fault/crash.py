#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kill -9 of the program at random moments of a running experiment, each
followed by resume (promises 1, 2, 3 and 5).

Environment: CRASHES (50), CRASH_SEED, TOP_BUILDDIR, TOP_SRCDIR.  TAP output."""
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

TOP = os.environ.get("TOP_BUILDDIR", ".")
SRC = os.environ.get("TOP_SRCDIR", ".")
PROGRAM = os.path.join(TOP, "trialdeck")
CRASHES = int(os.environ.get("CRASHES", "50"))
SEED = int(os.environ.get("CRASH_SEED", str(random.randrange(1 << 30))))
checks = []


def check(ok, name, detail=""):
    checks.append(bool(ok))
    print("%sok %d - %s" % ("" if ok else "not ", len(checks), name))
    if not ok:
        for line in str(detail).splitlines()[:20]:
            print("# " + line)
    sys.stdout.flush()


class Rig:
    """A database, an experiment file and the processes over them."""

    def __init__(self, trials, concurrency, steps=6, pause=0.05):
        self.dir = tempfile.mkdtemp(prefix="td-crash.")
        self.db = os.path.join(self.dir, "db", "t.db")
        self.acks = os.path.join(self.dir, "acks")
        os.mkdir(self.acks)
        self.trials = trials
        self.steps = steps
        self.file = os.path.join(self.dir, "exp.yaml")
        with open(self.file, "w") as f:
            f.write(json.dumps({
                "experimentName": "crash",
                "searchSpace": {
                    "x": {"_type": "uniform", "_value": [0, 1]},
                    "y": {"_type": "choice", "_value": [1, 2, 3, 4]}},
                "trialCommand": sys.executable + " " + os.path.join(
                    os.path.abspath(SRC), "tests/fault/crash_trial.py"),
                "trialConcurrency": concurrency,
                "maxTrialNumber": trials,
                "tuner": {"name": "TPE", "classArgs": {
                    "optimize_mode": "maximize", "seed": 7,
                    "tpe_args": {"n_startup_jobs": 5}}},
                "trainingService": {"platform": "local"}}))
        self.env = dict(os.environ, CRASH_ACKS=self.acks,
                        CRASH_STEPS=str(steps), CRASH_PAUSE=str(pause),
                        XDG_DATA_HOME=self.dir)
        self.id = None

    def start(self):
        if self.id:
            argv = ["resume", self.id, "--headless"]
        else:
            argv = ["run", "--headless", self.file]
        self.process = subprocess.Popen(
            [PROGRAM, "--db", self.db] + argv, env=self.env,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline().strip()
        if not line:
            print("Bail out! " + self.process.stderr.read())
            sys.exit(1)
        self.id = self.id or line

    def crash(self):
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def finish(self, seconds=120):
        out, err = self.process.communicate(timeout=seconds)
        return self.process.returncode, err

    def rows(self, sql):
        db = sqlite3.connect(self.db)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def ask(self, *argv):
        out = subprocess.run([PROGRAM, "--db", self.db] + list(argv),
                             env=self.env, stdout=subprocess.PIPE, check=True)
        return json.loads(out.stdout)

    def trials_json(self):
        return sorted(self.ask("trials", self.id, "--json"),
                      key=lambda t: t["sequence"])

    def strays(self):
        """Processes that still carry this rig's environment."""
        found = []
        needle = ("CRASH_ACKS=" + self.acks).encode()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/environ" % pid, "rb") as f:
                    if needle in f.read().split(b"\0"):
                        with open("/proc/%s/cmdline" % pid) as c:
                            found.append(pid + " " +
                                         c.read().replace("\0", " "))
            except OSError:
                pass
        return found

    def log(self):
        text = ""
        for folder, _, names in os.walk(self.dir):
            for name in names:
                if name.endswith("trialdeck.log"):
                    with open(os.path.join(folder, name)) as f:
                        text += f.read()
        return text

    def close(self):
        for pid in (line.split()[0] for line in self.strays()):
            os.kill(int(pid), signal.SIGKILL)
        if not os.environ.get("KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)


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
    print("1..%d" % len(checks))
    return 0 if all(checks) else 1


if __name__ == "__main__":
    sys.exit(main())
