#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trials as Kubeflow's jobs, on a real API server with real pods; the training
operator is a double of ours (operators/kubeflow.py).

Of each kind an experiment of three trials, whose engine is killed -9 on the way:
one ends well, one is killed, restarted, suspended and resumed, of one a pod
fails.  TAP output.  Arguments: kinds (all)."""
import os
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "operators"))
from lab import Kube, Lab, Recorder, check, done, require_cluster
import double
from kubeflow import Kubeflow

GOOD, KILLED, FAILING = range(3)
# kind: roles, the leading pod, who fails, the role that never ends, and what
# the object says beside
SCENES = {
    "tfjob": ({"worker": {}, "ps": {}}, "worker-0", "ps-0", "ps",
              {"successPolicy": "AllWorkers"}),
    "pytorchjob": ({"master": {}, "worker": {}}, "master-0", "worker-0", "",
                   {"nprocPerNode": 1}),
    "mpijob": ({"launcher": {}, "worker": {}}, "launcher",
               "launcher", "", {"slotsPerWorker": 2}),
    "xgboostjob": ({"master": {}, "worker": {}}, "master-0", "worker-0", "",
                   {}),
    "paddlejob": ({"master": {}, "worker": {}}, "master-0", "worker-0", "",
                  {}),
    "jaxjob": ({"worker": {"replicas": 2}}, "worker-0", "worker-1", "", {}),
}


def plural_of(kind):
    return kind + "s"


class Stage(Lab):
    """The experiment of one kind."""

    def __init__(self, kind, trials=3, **more):
        self.kind = kind
        roles, self.leader, self.failing, forever, options = SCENES[kind]
        command = "python3 roles.py --leader %s%s" % (
            self.leader, " --forever " + forever if forever else "")
        # of MPI the workers have no command: they wait for mpirun
        roles = {name: dict(role) if kind == "mpijob" and name == "worker"
                 else dict(role, command=command)
                 for name, role in roles.items()}
        for name, role in more.pop("roles", {}).items():
            roles[name].update(role)
        platform = {"kind": kind, "resources": {
            "requests": {"cpu": 0.01, "memory": "32Mi"},
            "limits": {"memory": "64Mi"}}}
        platform.update(roles, **dict(options, **more))
        super().__init__(trials, trials, platform=platform, trialCommand=None)
        self.recorder = Recorder(self.path(plural_of(kind)))

    def path(self, plural, name=None):
        if plural != plural_of(self.kind):
            return super().path(plural, name)
        path = "/apis/kubeflow.org/v1/namespaces/%s/%s" % (
            self.namespace, plural)
        return path + "/" + name if name else path

    def left_behind(self):
        return ["%s %s" % (plural, thing["metadata"]["name"])
                for plural in (plural_of(self.kind), "pods", "secrets",
                               "configmaps")
                for thing in self.objects(plural)]

    # --- by sequence number ---------------------------------------------------

    def trial(self, sequence):
        return next((t for t in self.trials_json()
                     if t["sequence"] == sequence), None)

    def until(self, sequence, condition, what):
        return self.wait(lambda: (lambda t: t and condition(t) and t)(
            self.trial(sequence)), "%s, trial %d: %s" % (
                self.kind, sequence, what))

    def of(self, plural, sequence, attempt):
        trial = self.trial(sequence)
        return [o for o in self.objects(plural)
                if o["metadata"]["labels"]["trialId"] == trial["id"] and
                o["metadata"]["labels"]["attempt"] == str(attempt)]

    def object(self, sequence, attempt=1):
        found = self.of(plural_of(self.kind), sequence, attempt)
        return found[0] if found else None

    def pods(self, sequence, attempt=1):
        return self.of("pods", sequence, attempt)

    def tell(self, sequence, what, text=""):
        with open(os.path.join(self.truth, "%d.%s" % (sequence, what)),
                  "w") as f:
            f.write(text)

    def close(self):
        self.recorder.must_end = True
        super().close()


# --- what is looked at --------------------------------------------------------


def look_at_object(stage):
    """Its shape, and the pods that came of it."""
    thing = stage.object(GOOD)
    trial = stage.trial(GOOD)
    name = "nni-exp-%s-trial-%s-1" % (stage.id, trial["id"])
    check(thing["metadata"]["name"] == name,
          "%s: called %s" % (stage.kind, name), thing["metadata"]["name"])
    policy = thing["spec"]["runPolicy"]
    check(policy["cleanPodPolicy"] == "Running" and
          policy["backoffLimit"] == 0, stage.kind + ": runPolicy", policy)
    roles = {p["metadata"]["labels"]["role"] for p in stage.pods(GOOD)}
    check(roles == set(SCENES[stage.kind][0]),
          "%s: pods of roles %s" % (stage.kind, ", ".join(sorted(roles))),
          [p["metadata"]["name"] for p in stage.pods(GOOD)])
    policies = {p["spec"]["restartPolicy"] for p in stage.pods(GOOD)}
    check(policies == {"Never"}, stage.kind + ": pods are never restarted",
          policies)


def look_at_parts(stage):
    """The tree of an attempt, as `show` tells it."""
    trial = stage.ask("show", stage.id, str(GOOD), "--json")
    names = {part["name"] for part in trial["attempts"][0]["parts"]
             if part["pod"]}
    wanted = {p["metadata"]["name"].split("-1-", 1)[1]
              for p in stage.pods(GOOD)}
    if stage.kind == "mpijob":  # its only launcher has no number
        names = {n.replace("launcher-0", "launcher") for n in names}
    check(wanted and names == wanted,
          "%s: show has its pods: %s" % (stage.kind, ", ".join(sorted(names))),
          "%s\n%s" % (wanted, trial))


def restart(stage):
    trial = stage.until(KILLED, lambda t: t["ended"], "is killed")
    check(trial and trial["state"] == "USER_CANCELED",
          stage.kind + ": killed", trial)
    status, out, err = stage.call("restart", stage.id, str(KILLED), "--yes")
    check(status == 0, stage.kind + ": restart answers 0", out + err)
    stage.tell(GOOD, "go")
    stage.tell(FAILING, "fail", stage.failing)


def follow(stage):
    trial = stage.until(GOOD, lambda t: t["ended"], "ends")
    check(trial and trial["state"] == "SUCCEEDED" and trial["attempt"] == 1,
          stage.kind + ": adopted after kill -9, and succeeded", trial)
    trial = stage.until(FAILING, lambda t: t["ended"], "fails")
    reason = trial and trial["reason"] or ""
    said = "status 3" in reason and (
        stage.failing == stage.leader or stage.failing in reason)
    check(trial and trial["state"] == "FAILED" and said,
          "%s: a pod failed: %s" % (stage.kind, reason), trial)


def act(stage, action):
    status, out, err = stage.call("act", stage.id, action, str(KILLED),
                                  "--yes")
    check(status == 0, "%s: %s answers 0" % (stage.kind, action), out + err)
    thing = stage.object(KILLED, 2)
    value = thing and thing["spec"]["runPolicy"]["suspend"]
    check(thing and value == (action == "suspend"),
          "%s: %s: the object says so" % (stage.kind, action),
          "%s\n%s" % (value, stage.trial(KILLED)))


def suspend(stage):
    stage.until(KILLED, lambda t: t["attempt"] == 2 and t["state"] ==
                "RUNNING", "runs again")
    act(stage, "suspend")


def resume(stage):
    trial = stage.until(KILLED, lambda t: "uspended" in (t["reason"] or ""),
                        "says that it is suspended")
    check(trial and not trial["ended"], "%s: suspended: %s" % (
        stage.kind, trial and trial["reason"]), trial)
    # all the way: an operator would take their end for the resumed one's
    stage.wait(lambda: not stage.pods(KILLED, 2),
               stage.kind + ": the pods of a suspended one go")
    act(stage, "resume")
    stage.tell(KILLED, "go")  # not before: its object would soon be gone


def end(stage):
    code, err = stage.finish()
    check(code == 0, stage.kind + ": ends with status 0", err)
    states = [(t["state"], t["attempt"]) for t in stage.trials_json()]
    check(states == [("SUCCEEDED", 1), ("SUCCEEDED", 2), ("FAILED", 1)],
          stage.kind + ": all is as it should be", states)
    stage.check_metrics(stage.kind, are_killed=True)
    stage.check_nothing_left(stage.kind)
    stage.recorder.stop()
    added = stage.recorder.added()
    check(len(added) == 4 and all(len(uids) == 1 for uids in added.values())
          and not stage.recorder.gaps,
          stage.kind + ": an object for each attempt, none twice", added)


# --- the rest -------------------------------------------------------------------


def without_definitions():
    """Before anything is installed: what is missing is named."""
    kube = Kube()
    with double.hold(kube, "kubeflow", alone=True):
        # only where need be: the garbage collector stands still for a minute
        # after definitions have gone
        if double.are_installed(kube, "kubeflow"):
            double.uninstall(kube, "kubeflow")
        look_at_missing()
        double.install(kube, "kubeflow")


def look_at_missing():
    stage = Lab(1, 1, platform={"kind": "jaxjob", "worker": {}})
    try:
        status, out, err = stage.call("check", stage.file)
        check(status != 0 and "jaxjob" in (out + err).lower() and
              "training operator" in out + err,
              "a kind that is not served is named, with what to install",
              out + err)
    finally:
        stage.close()


def at_once(stages, function):
    """What a function answers for each, asked beside each other."""
    answers = {}

    def one(stage):
        answers[stage.kind] = function(stage)

    threads = [threading.Thread(target=one, args=[s]) for s in stages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def kill(stages):
    """Their pods may take longer to end than an answer is waited for: what
    became of it is looked at later."""
    answers = at_once(stages, lambda stage: stage.call(
        "kill", stage.id, str(KILLED), "--yes"))
    for kind, (status, out, err) in sorted(answers.items()):
        check(status == 0 or "the request stays recorded" in err,
              kind + ": kill is accepted", out + err)


def rehearse(stages):
    """The server's dry run, of all kinds."""
    answers = at_once(stages, lambda stage: stage.call("check", stage.file))
    for kind, (status, out, err) in sorted(answers.items()):
        check(status == 0 and "accepts it (dry run)" in out,
              kind + ": the server's dry run accepts it", out + err)


def look_at_absent(stage):
    trial = stage.until(0, lambda t: t["ended"], "is given up")
    reason = trial and trial["reason"] or ""
    check(trial and trial["state"] == "FAILED" and "ps-0" in reason and
          "test.local/absent:1" in reason,
          "an absent image of a role: " + reason, trial)
    stage.call("stop", stage.id, "--yes")
    stage.check_nothing_left("absent image")


TICKS = "for i in 1 2 3 4 5 6; do echo tick $(date +%s%N); sleep 0.3; done; "


class Again(Stage):
    """Pods that are started again within the attempt: the worker's container
    by the kubelet, the parameter server's pod by the operator.  What the
    container wrote before is kept, and what both write at the same time stands
    in the order of time, though nobody looked."""

    def __init__(self):
        super().__init__("tfjob", 1, roles={
            "worker": {"restartPolicy": "OnFailure", "command":
                       "mkdir /truth/worker 2>/dev/null && "
                       "echo a first life && exit 1; "
                       "until [ -e /truth/again ]; do sleep 0.1; done; " +
                       TICKS + "echo default=1; echo final=2"},
            "ps": {"restartPolicy": "ExitCode", "command":
                   "mkdir /truth/ps 2>/dev/null && exit 130; "
                   "touch /truth/again; " + TICKS + "exec sleep 300"}},
            runPolicy={"backoffLimit": 3}, successPolicy=None)

    def look(self):
        trial = self.until(0, lambda t: t["ended"], "ends")
        check(trial and (trial["state"], trial["attempt"], trial["final"]) ==
              ("SUCCEEDED", 1, 2), "pods are started again where they may be",
              trial)
        code, err = self.finish()
        check(code == 0, "started again: ends with status 0", err)
        self.look_at_logs()
        self.check_nothing_left("started again")


    def look_at_logs(self):
        code, out, err = self.call("log", "--previous", self.id, "0")
        check(code == 0 and "before its restart 1" in out and
              "[worker-0] a first life" in out and "tick" not in out,
              "the log of the container before its restart", out + err)
        code, out, err = self.call("log", self.id, "0")
        ticks = [(int(line.split()[-1]), line.split("]")[0])
                 for line in out.splitlines() if "] tick " in line]
        turns = sum(a[1] != b[1] for a, b in zip(ticks, ticks[1:]))
        # kubelets tell when they read a line, which is a little later
        late = [line for line, following in zip(ticks, ticks[1:])
                if following[0] < line[0] - 100000000]
        check(len({role for _, role in ticks}) == 2 and turns >= 4 and
              not late, "lines of both pods in the order of time", out + err)
        code, out, err = self.call("log", "-t", "--grep", "^tick", "--role",
                                   "worker-0", self.id, "0")
        check(code == 0 and len(out.splitlines()) == 6 and
              all(line.startswith("20") for line in out.splitlines()),
              "lines of one pod, with their times", out + err)


def main():
    require_cluster()
    kinds = [k for k in SCENES if not sys.argv[1:] or k in sys.argv[1:]]
    stages, others = [], []
    without_definitions()
    with Kubeflow() as operator:
        try:
            stages = [Stage(kind) for kind in kinds]
            rehearse(stages)
            absent = Stage("tfjob", 1, roles={
                "ps": {"image": "test.local/absent:1"}},
                imagePullTimeout=10, infrastructureRetries=0)
            others.append(absent)
            again = Again()
            others.append(again)
            for stage in stages + others:
                stage.start()
            for stage in stages:
                for sequence in range(3):
                    stage.until(sequence, lambda t: t["intermediates"],
                                "its first result")
                look_at_object(stage)
                look_at_parts(stage)
            for stage in stages:
                stage.crash()
            at_once(stages, Lab.take_up)
            kill(stages)
            for step in restart, follow, suspend, resume, end:
                for stage in stages:
                    step(stage)
            look_at_absent(absent)
            again.look()
        finally:
            for stage in stages + others:
                stage.close()
    check(not operator.errors, "the double had no trouble",
          "\n".join(operator.errors))
    return done()


if __name__ == "__main__":
    sys.exit(main())
