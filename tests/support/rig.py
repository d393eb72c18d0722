# SPDX-License-Identifier: MIT
"""What the fault tests share: a rig of one database, one experiment file and
the processes over them, and TAP output."""
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.environ.get("TOP_BUILDDIR", ".")
SRC = os.environ.get("TOP_SRCDIR", ".")
PROGRAM = os.path.join(TOP, "trialdeck")
# ends what hangs, and measures nothing: the machine may be slow and busy
PATIENCE = 120
checks = []
lock = threading.Lock()  # tests may look at several experiments at a time
began = time.monotonic()


def check(ok, name, detail=""):
    with lock:
        checks.append(bool(ok))
        print("%sok %d - %s" % ("" if ok else "not ", len(checks), name))
        if not ok:
            for line in str(detail).splitlines()[:20]:
                print("# " + line)
        sys.stdout.flush()


class Rig:
    """A database, an experiment file and the processes over them."""

    look_every = 0.02  # seconds, while something is waited for

    def __init__(self, trials, concurrency, steps=6, pause=0.05,
                 command=None, **keys):
        self.dir = tempfile.mkdtemp(prefix="td-crash.")
        self.db = os.path.join(self.dir, "db", "t.db")
        self.acks = os.path.join(self.dir, "acks")
        os.mkdir(self.acks)
        self.trials = trials
        self.steps = steps
        self.file = os.path.join(self.dir, "exp.yaml")
        spec = {
            "experimentName": "rig",
            "searchSpace": {
                "x": {"_type": "uniform", "_value": [0, 1]},
                "y": {"_type": "choice", "_value": [1, 2, 3, 4]},
                # what is stored of these is not what was drawn
                "rate": {"_type": "loguniform", "_value": [1e-5, 1]},
                "size": {"_type": "quniform", "_value": [0, 10, 2.5]}},
            "trialCommand": command or sys.executable + " " + os.path.join(
                os.path.abspath(SRC), "tests/fault/crash_trial.py"),
            "trialConcurrency": concurrency,
            "maxTrialNumber": trials,
            "tuner": {"name": "TPE", "classArgs": {
                "optimize_mode": "maximize", "seed": 7,
                "tpe_args": {"n_startup_jobs": 5}}},
            "trainingService": {"platform": "local"}}
        spec.update(keys)
        with open(self.file, "w") as f:
            json.dump({k: v for k, v in spec.items() if v is not None}, f)
        self.env = dict(os.environ, CRASH_ACKS=self.acks,
                        CRASH_STEPS=str(steps), CRASH_PAUSE=str(pause),
                        XDG_DATA_HOME=self.dir)
        self.id = None
        self.options = []  # of every run and resume, such as --port

    def start(self):
        if self.id:
            argv = ["resume", self.id, "--headless"]
        else:
            argv = ["run", "--headless", self.file]
        self.process = subprocess.Popen(
            [PROGRAM, "--db", self.db] + argv + self.options, env=self.env,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.id:
            return
        self.id = self.process.stdout.readline().strip()
        if not self.id:
            print("Bail out! " + self.process.stderr.read())
            sys.exit(1)

    def crash(self):
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def finish(self, seconds=2 * PATIENCE):
        out, err = self.process.communicate(timeout=seconds)
        return self.process.returncode, err

    def rows(self, sql):
        db = sqlite3.connect(self.db)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def call(self, *argv):
        """Status, stdout and stderr of one command."""
        out = subprocess.run([PROGRAM, "--db", self.db] + list(argv),
                             env=self.env, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, timeout=180,
                             stdin=subprocess.DEVNULL)
        return out.returncode, out.stdout, out.stderr

    def ask(self, *argv):
        out = subprocess.run([PROGRAM, "--db", self.db] + list(argv),
                             env=self.env, stdout=subprocess.PIPE, check=True)
        return json.loads(out.stdout)

    def trials_json(self):
        return sorted(self.ask("trials", self.id, "--json"),
                      key=lambda t: t["sequence"])

    def experiment(self):
        return self.ask("show", self.id, "--json")

    def wait(self, condition, what, seconds=PATIENCE):
        """Wait until condition() is true; its value, or None in the end."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = condition()
            if value:
                return value
            time.sleep(self.look_every)
        check(False, "in time: " + what)
        return None

    def wait_trial(self, what, condition, seconds=PATIENCE):
        return self.wait(lambda: next(
            (t for t in self.trials_json() if condition(t)), None),
            what, seconds)

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


def done():
    """Print the plan; the exit status for main."""
    print("# %.0f s" % (time.monotonic() - began))
    print("1..%d" % len(checks))
    return 0 if all(checks) else 1
