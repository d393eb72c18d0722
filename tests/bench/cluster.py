#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the project promises about real clusters, in numbers.

    cluster.py [latency] [scale]

For `make bench-cluster`: on a cluster without a node (cluster up --no-node
--audit), whose pods are played (tests/cluster/player): API server, job
controller and scheduler are real, unless --no-jobs says that they are played
too.  Prints one JSON line a figure: what was
measured, its target, whether it is met; ends with 1 when a target is missed.

latency  From the API server's event that a trial's job has finished to the
         request that creates the next one.  Both times are the API server's
         own, from its audit log, with microseconds: when it had answered the
         job controller's update that made the job Complete, and when it
         received the create request.  So it holds the watch, everything the
         engine does, its commits, and the way of the request.  The event goes
         out a moment before that answer; a second pair of figures counts from
         the arrival of the update, and so holds the server's writing of it too.

scale    SCALE_TRIALS trials (20000), SCALE_CONCURRENCY at once (2000), at a pace
         of 50 that finish a second where the machine's API server keeps up.
         Processor time is counted per finished trial, while it is in full
         swing, and given for 50 a second.  Requests are those in the audit log
         under the program's name.

Environment: TOP_BUILDDIR, LATENCY_TRIALS (400), SCALE_TRIALS,
SCALE_CONCURRENCY, SCALE_PACE (50)."""
import collections
import datetime
import json
import math
import os
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../cluster"))
sys.path.insert(0, os.path.join(HERE, "../support"))
from lab import Lab, require_cluster  # noqa: E402
from rig import TOP  # noqa: E402

missed = []


def number(name, default):
    return int(os.environ.get(name, default))


def report(what, value, unit, target=None, is_least=False):
    line = {"bench": "cluster", "what": what, "value": round(value, 3),
            "unit": unit}
    if target is not None:
        is_met = value >= target if is_least else value <= target
        line.update(target=target, **{"pass": is_met})
        if not is_met:
            missed.append(what)
    print(json.dumps(line), flush=True)


def quantile(values, part):
    values = sorted(values)
    return values[max(0, math.ceil(part * len(values)) - 1)]


# --- the program's surroundings --------------------------------------------------

class Player:
    def __init__(self, env, from_ms, to_ms):
        self.process = subprocess.Popen(
            [os.path.join(TOP, "tests/cluster/player/player"), "--pki",
             env["CLUSTER_PKI"], "--server",
             "https://127.0.0.1:" + env["CLUSTER_PORT"], "--run-ms",
             "%d:%d" % (from_ms, to_ms)] +
            (["--jobs"] if "CLUSTER_NO_JOBS" in env else []),
            stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            sys.exit("the player does not start")

    def stop(self):
        self.process.terminate()
        played = json.loads(self.process.communicate(timeout=30)[0])
        print("# played: %s" % json.dumps(played), flush=True)


class Audit:
    """The API server's audit log, from now on."""

    def __init__(self, env):
        self.path = os.path.join(env["CLUSTER_LOG"], "audit.log")
        if not os.path.exists(self.path):
            sys.exit("bench: this needs cluster up --no-node --audit")
        self.offset = os.path.getsize(self.path)

    def entries(self):
        time.sleep(1)  # it is written in batches
        with open(self.path) as f:
            f.seek(self.offset)
            for line in f:
                try:
                    entry = json.loads(line)
                except ValueError:
                    return  # a last line, half written
                # watches and logs are told twice, when they begin and end
                if entry["stage"] == "ResponseComplete":
                    yield entry


def is_ours(entry):
    return entry.get("userAgent", "").startswith("trialdeck")


def resource(entry):
    about = entry.get("objectRef", {})
    name = about.get("resource", entry["requestURI"].split("?")[0])
    return name + "/" + about["subresource"] if "subresource" in about else name


def seconds(text):
    return datetime.datetime.strptime(
        text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(
            tzinfo=datetime.timezone.utc).timestamp()


def processor_s(pid):
    total = 0
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/schedstat" % (pid, task)) as f:
            total += int(f.read().split()[0])
    return total / 1e9


def memory_mb(pid, field):
    """0 when it is gone."""
    try:
        with open("/proc/%d/status" % pid) as f:
            for line in f:
                if line.startswith(field):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0


def make_lab(trials, concurrency):
    """An experiment for played pods.  The default tuner would compute ever more
    with thousands of results; what is measured here is the platform."""
    return Lab(trials, concurrency, debug=False, logLevel="info",
               tuner={"name": "Random", "classArgs": {
                   "optimize_mode": "maximize", "seed": 1}},
               platform={
                   "volumes": None, "requestsPerSecond": 2000,
                   # the player is on this machine
                   "sidePort": {"address": "127.0.0.1"},
                   "resources": {"cpu": 0.1, "memory": "64Mi"}})


def over(lab):
    return sum(count for state, count in lab.experiment()["counts"].items()
               if state not in ("WAITING", "RUNNING", "UNKNOWN"))


# --- latency ---------------------------------------------------------------------

def is_complete(entry):
    if resource(entry) != "jobs/status":
        return False
    status = (entry.get("requestObject") or {}).get("status", {})
    return any(c["type"] == "Complete" and c["status"] == "True"
               for c in status.get("conditions", []))


def measure_latency(audit, concurrency, since="stageTimestamp"):
    """The nth end frees the place of the one that is created nth after the
    first `concurrency`."""
    ends, creates = {}, []
    for entry in audit.entries():
        if entry.get("responseStatus", {}).get("code", 0) // 100 != 2:
            continue
        if is_complete(entry):
            ends.setdefault(entry["objectRef"]["name"], seconds(entry[since]))
        elif (is_ours(entry) and entry["verb"] == "create" and
              resource(entry) == "jobs"):
            creates.append(seconds(entry["requestReceivedTimestamp"]))
    created = sorted(creates)[concurrency:]
    return [1000 * (create - end)
            for end, create in zip(sorted(ends.values()), created)]


def bench_latency():
    trials, concurrency = number("LATENCY_TRIALS", 400), 8
    env = require_cluster()
    player = Player(env, 300, 1500)
    audit = Audit(env)
    lab = make_lab(trials, concurrency)
    try:
        lab.start()
        code, err = lab.finish(600)
        if code != 0:
            sys.exit("bench: the experiment did not end: %s" % err)
        times = measure_latency(audit, concurrency)
        longer = measure_latency(audit, concurrency,
                                 "requestReceivedTimestamp")
    finally:
        lab.close()
        player.stop()
    if len(times) < trials // 2:
        sys.exit("bench: only %d of %d ends are in the audit log" % (
            len(times), trials))
    report("finished to next create, median", quantile(times, 0.5), "ms", 10)
    report("finished to next create, 99th percentile", quantile(times, 0.99),
           "ms", 50)
    report("finished to next create, least", min(times), "ms")
    report("finished to next create, worst", max(times), "ms")
    report("the update's arrival to next create, median",
           quantile(longer, 0.5), "ms")
    report("the update's arrival to next create, 99th percentile",
           quantile(longer, 0.99), "ms")


# --- scale -----------------------------------------------------------------------

class Swing:
    """Processor time and ends, from when all places are taken and the first of
    them are free again until nothing new is to be begun."""

    def __init__(self, lab, trials, concurrency):
        self.lab, self.trials, self.concurrency = lab, trials, concurrency
        self.pid = lab.process.pid
        self.marks = []

    def mark(self, count):
        self.marks.append((time.monotonic(), processor_s(self.pid), count))

    def run(self, in_full_swing):
        screen = None
        last = 0
        while self.lab.process.poll() is None:
            time.sleep(2)
            count = over(self.lab)
            if time.monotonic() - last > 20:
                print("# %d over, %.0f MB" % (
                    count, memory_mb(self.pid, "VmRSS")), flush=True)
                last = time.monotonic()
            if self.concurrency <= count <= self.trials - self.concurrency:
                self.mark(count)
                # once it has been seen to be in full swing
                if not screen and len(self.marks) > 10:
                    screen = threading.Thread(target=in_full_swing)
                    screen.start()
        if screen:
            screen.join()

    def result(self):
        (t0, cpu0, n0), (t1, cpu1, n1) = self.marks[0], self.marks[-1]
        return (n1 - n0) / (t1 - t0), (cpu1 - cpu0) / (n1 - n0)


def watch_console(lab):
    """What the console's own bench says, over this database."""
    out = subprocess.run(
        [os.path.join(TOP, "tests/bench/screen"), "--db", lab.db,
         "--keys-only"], stdout=subprocess.PIPE, text=True, env=lab.env)
    for line in out.stdout.splitlines():
        figure = json.loads(line)
        if figure["what"].startswith("key to frame"):
            is_target = "99th" in figure["what"]
            report("console, " + figure["what"], figure["value"],
                   figure["unit"], 16 if is_target else None)
    if "99th" not in out.stdout:
        missed.append("console")
        print("# the console's bench ended with status %d" % out.returncode)


# What a trial takes: its Job and Secret, their end, and its log, once.
PER_TRIAL = {("create", "jobs"), ("create", "secrets"), ("delete", "jobs"),
             ("delete", "secrets"), ("get", "pods/log")}


def report_requests(audit, trials, minutes):
    counts = collections.Counter()
    for entry in audit.entries():
        if is_ours(entry):
            counts[entry["verb"], resource(entry)] += 1
    for (verb, name), count in counts.most_common():
        print("# %6d %s %s" % (count, verb, name))
    most = max((counts[kind] / trials for kind in PER_TRIAL), default=0)
    report("most requests of one kind for each trial", most, "1/trial", 1.02)
    # what is not in the log was not counted
    report("jobs created, in the audit log", counts["create", "jobs"],
           "requests", trials, True)
    # a server that is short of processors ends watches it cannot serve
    report("watches opened", sum(count for (verb, _), count in counts.items()
                                 if verb == "watch"), "requests")
    other = sum(count for kind, count in counts.items()
                if kind not in PER_TRIAL)
    # lists, watches that are opened again, ConfigMaps, the probe
    report("requests that belong to no trial", other / minutes, "1/min", 30)


def bench_scale():
    trials = number("SCALE_TRIALS", 20000)
    concurrency = number("SCALE_CONCURRENCY", 2000)
    pace = number("SCALE_PACE", 50)
    env = require_cluster()
    run_ms = 1000 * concurrency // pace
    player = Player(env, run_ms * 3 // 4, run_ms * 5 // 4)
    audit = Audit(env)
    lab = make_lab(trials, concurrency)
    begin = time.monotonic()
    try:
        lab.start()
        swing = Swing(lab, trials, concurrency)
        peak = [0]
        keeper = threading.Thread(target=keep_peak, args=(lab, peak))
        keeper.start()
        swing.run(lambda: watch_console(lab))
        keeper.join()
        _, err = lab.process.communicate()
        if lab.process.returncode != 0:
            print("# ended with status %s: %s" % (lab.process.returncode, err))
            missed.append("to the end")
        minutes = (time.monotonic() - begin) / 60
        succeeded = lab.experiment()["counts"]["SUCCEEDED"]
        pace_was, cpu_s = swing.result()
        report("trials that succeeded", succeeded, "trials", trials, True)
        report("trials that finished, in full swing", pace_was, "1/s", pace * 0.9,
               True)
        report("memory, most", peak[0], "MB", 120)
        report("processor for each trial", 1000 * cpu_s, "ms")
        report("processor at %d trials a second" % pace, 100 * cpu_s * pace,
               "percent", 20)
        report_requests(audit, trials, minutes)
    finally:
        lab.close()
        player.stop()


def keep_peak(lab, peak):
    """The last look at a process is that before it is gone."""
    while lab.process.poll() is None:
        peak[0] = max(peak[0], memory_mb(lab.process.pid, "VmHWM"))
        time.sleep(0.5)


def main():
    wanted = sys.argv[1:] or ["latency", "scale"]
    if "latency" in wanted:
        bench_latency()
    if "scale" in wanted:
        bench_scale()
    if missed:
        print("# missed: " + ", ".join(missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
