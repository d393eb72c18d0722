#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trials as Frameworks, FrameworkController's and the launcher's, on a real API
server with real pods; the controllers are doubles of ours
(operators/framework.py), and so is the barrier (operators/barrier.py).

Four experiments at once: one with a barrier, whose engine is killed -9 on the
way, with a trial that ends well, one that is killed and restarted, and one a
worker of which fails; one with completion and retry policies; one of the
launcher's, whose statuses come packed; one whose image is absent.  TAP output."""
import os
import sys
import threading

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "operators"))
from lab import IMAGE, Kube, Lab, Recorder, check, done, require_cluster
import double
from framework import Frameworks, Launchers

GOOD, KILLED, FAILING = range(3)
GROUPS = {"framework": "frameworkcontroller.microsoft.com",
          "launcher": "launcher.microsoft.com"}
ACCOUNT = "framework-barrier"
COMMAND = "python3 roles.py --leader worker-0 --forever ps"


def role(name, number=1, failed=1, succeeded=-1, command=COMMAND, **more):
    return dict({"name": name, "taskNumber": number, "command": command,
                 "minFailedTaskCount": failed,
                 "minSucceededTaskCount": succeeded}, **more)


class Stage(Lab):
    """The experiment of one kind."""

    def __init__(self, name, kind, trials, roles, **more):
        self.name = name
        self.kind = kind
        self.recorder = None
        super().__init__(trials, trials, platform=dict(
            {"kind": kind, "taskRoles": roles}, **more), trialCommand=None)
        self.recorder = Recorder(self.path("frameworks"))

    def path(self, plural, name=None):
        if plural != "frameworks":
            return super().path(plural, name)
        path = "/apis/%s/v1/namespaces/%s/frameworks" % (
            GROUPS[self.kind], self.namespace)
        return path + "/" + name if name else path

    def left_behind(self):
        return ["%s %s" % (plural, thing["metadata"]["name"])
                for plural in ("frameworks", "pods", "secrets", "configmaps")
                for thing in self.objects(plural)]

    # --- by sequence number ---------------------------------------------------

    def trial(self, sequence):
        return next((t for t in self.trials_json()
                     if t["sequence"] == sequence), None)

    def until(self, sequence, condition, what):
        return self.wait(lambda: (lambda t: t and condition(t) and t)(
            self.trial(sequence)), "%s, trial %d: %s" % (
                self.name, sequence, what))

    def ended(self, sequence):
        return self.until(sequence, lambda t: t["ended"], "ends")

    def of_trial(self, plural, sequence):
        trial = self.trial(sequence)
        return [thing for thing in self.objects(plural) if
                thing["metadata"]["labels"]["trialId"] == trial["id"]]

    def tell(self, sequence, what, text=""):
        with open(os.path.join(self.truth, "%d.%s" % (sequence, what)),
                  "w") as f:
            f.write(text)

    def check(self, ok, text, detail=""):
        check(ok, "%s: %s" % (self.name, text), detail)

    def close(self):
        if self.recorder:
            self.recorder.must_end = True
        super().close()

    def end(self, states, objects):
        code, err = self.finish()
        self.check(code == 0, "ends with status 0", err)
        found = [(t["state"], t["attempt"]) for t in self.trials_json()]
        self.check(found == states, "all is as it should be",
                   "%s\n%s" % (found, self.diagnosis()))
        self.check_metrics(self.name, are_killed=True)
        self.check_nothing_left(self.name)
        self.recorder.stop()
        added = self.recorder.added()
        self.check(len(added) == objects and not self.recorder.gaps and
                   all(len(uids) == 1 for uids in added.values()),
                   "a Framework for each attempt, none twice", added)


# --- with a barrier -----------------------------------------------------------


class Barrier(Stage):
    """Workers that need each other's addresses, and a server that never
    ends."""

    def __init__(self):
        with open(os.path.join(HERE, "operators/barrier.py")) as f:
            script = f.read()
        command = ("test -n \"$FB_WORKER_ADDRESSES\" && echo servers "
                   "$FB_PS_ADDRESSES workers $FB_WORKER_ADDRESSES && " +
                   COMMAND)
        super().__init__(
            "barrier", "framework", 3,
            [role("worker", 2, succeeded=2, command=command),
             role("ps", command=command)],
            serviceAccountName=ACCOUNT,
            podTemplate={"spec": {"initContainers": [{
                "name": "frameworkbarrier", "image": IMAGE,
                "imagePullPolicy": "IfNotPresent",
                "command": ["python3", "-c", script]}]}})
        self.allow()

    def allow(self):
        """What the barrier needs: reading Frameworks."""
        rights = "/apis/rbac.authorization.k8s.io/v1/namespaces/%s/" % \
            self.namespace
        self.kube.post(self.path("serviceaccounts"),
                       {"metadata": {"name": ACCOUNT}})
        self.kube.post(rights + "roles", {
            "metadata": {"name": ACCOUNT}, "rules": [{
                "apiGroups": [GROUPS["framework"]],
                "resources": ["frameworks"], "verbs": ["get"]}]})
        self.kube.post(rights + "rolebindings", {
            "metadata": {"name": ACCOUNT},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io",
                        "kind": "Role", "name": ACCOUNT},
            "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT,
                          "namespace": self.namespace}]})

    def look(self):
        """Shapes, while all of them run."""
        thing = self.of_trial("frameworks", GOOD)[0]
        name = "nniexp%strial%sn1" % (self.id, self.trial(GOOD)["id"])
        self.check(thing["metadata"]["name"] == name.lower(),
                   "called " + name.lower(), thing["metadata"]["name"])
        pods = self.of_trial("pods", GOOD)
        marks = sorted(
            (p["metadata"]["labels"]["role"],
             p["metadata"]["labels"]["FC_TASKROLE_NAME"],
             p["metadata"]["labels"]["FC_TASK_INDEX"]) for p in pods)
        self.check(marks == [("ps", "ps", "0"), ("worker", "worker", "0"),
                             ("worker", "worker", "1")],
                   "three pods, with our labels and the controller's", marks)
        tasks = ("worker-0", "worker-1", "ps-0")
        parts = self.wait(lambda: (lambda p: all(
            n in p and p[n]["state"] == "running" and p[n]["pod"]
            for n in tasks) and p)(self.parts(GOOD)),
            "barrier: its tasks run")
        self.check(parts and parts["worker-0"]["leader"] and
                   not parts["ps-0"]["leader"] and
                   parts["worker-1"]["node"] == "testnode",
                   "show has its tasks, which run", parts)

    def parts(self, sequence):
        attempt = self.ask("show", self.id, str(sequence),
                           "--json")["attempts"][-1]
        return {part["name"]: part for part in attempt["parts"]}

    def crash_and_act(self):
        self.crash()
        self.take_up()
        self.tell(GOOD, "go")
        status, out, err = self.call("kill", self.id, str(KILLED), "--yes")
        self.check(status == 0 or "the request stays recorded" in err,
                   "kill is accepted", out + err)

    def follow(self):
        trial = self.ended(GOOD)
        self.check(trial and trial["state"] == "SUCCEEDED" and
                   trial["attempt"] == 1,
                   "adopted after kill -9, and succeeded", trial)
        parts = self.parts(GOOD)
        states = {n: p["state"] for n, p in parts.items() if "-" in n}
        self.check(states.get("worker-0") == states.get("worker-1") ==
                   "succeeded", "show tells how its workers ended", states)
        status, out, err = self.call("log", self.id, str(GOOD))
        self.check("servers " in out and ":4001 workers " in out and
                   ":4000,1" in out, "the barrier told everybody's address",
                   out + err)
        trial = self.ended(KILLED)
        self.check(trial and trial["state"] == "USER_CANCELED", "killed",
                   trial)
        self.tell(KILLED, "go")
        status, out, err = self.call("restart", self.id, str(KILLED), "--yes")
        self.check(status == 0, "restart answers 0", out + err)
        self.tell(FAILING, "fail", "worker-1")
        trial = self.ended(FAILING)
        reason = trial and trial["reason"] or ""
        self.check(trial and trial["state"] == "FAILED" and
                   "worker-1" in reason, "a worker failed: " + reason, trial)
        code = self.ask("show", self.id, str(FAILING), "--json")["attempts"][
            -1]["exitCode"]
        self.check(code == 3, "with its exit status", code)

    def finish_all(self):
        self.end([("SUCCEEDED", 1), ("SUCCEEDED", 2), ("FAILED", 1)], 4)


# --- policies -------------------------------------------------------------------


class Policies(Stage):
    """Two of three workers may fail, and are tried again as often as they
    like in the second trial."""

    def __init__(self):
        super().__init__("policies", "framework", 1, [
            role("worker", 3, failed=2, succeeded=1,
                 retryPolicy={"maxRetryCount": 1})])

    def act(self):
        self.tell(0, "fail", "worker-1")

    def follow(self):
        thing = self.wait(lambda: next(
            (f for f in self.objects("frameworks")
             if self.task(f, 1)["state"] == "Completed"), None),
            "policies: a worker has failed for good")
        task = self.task(thing, 1)
        self.check(task["retryPolicyStatus"]["totalRetriedCount"] == 1 and
                   thing["status"]["state"] == "AttemptRunning",
                   "it was tried again, and the others run on", task)
        self.tell(0, "go")
        trial = self.ended(0)
        self.check(trial and trial["state"] == "SUCCEEDED",
                   "one success is enough", trial)

    @staticmethod
    def task(thing, index):
        roles = thing["status"]["attemptStatus"]["taskRoleStatuses"]
        return roles[0]["taskStatuses"][index]

    def finish_all(self):
        self.end([("SUCCEEDED", 1)], 1)


# --- the launcher's -------------------------------------------------------------


class Launcher(Stage):
    def __init__(self):
        super().__init__("launcher", "launcher", 2, [
            role("worker", succeeded=1), role("ps")],
            retryPolicy={"maxRetryCount": 0},
            primaryContainerName="tf", description="tf example")

    def act(self):
        self.tell(0, "go")
        self.tell(1, "fail", "ps-0")

    def follow(self):
        trial = self.ended(0)
        self.check(trial and trial["state"] == "SUCCEEDED", "succeeded", trial)
        trial = self.ended(1)
        reason = trial and trial["reason"] or ""
        self.check(trial and trial["state"] == "FAILED" and "ps-0" in reason,
                   "a server failed: " + reason, trial)

    def finish_all(self):
        self.end([("SUCCEEDED", 1), ("FAILED", 1)], 2)


# --- the rest -------------------------------------------------------------------


def without_definitions():
    """Before anything is installed: what is missing is named."""
    kube = Kube()
    # only where need be: the garbage collector stands still for a minute
    # after definitions have gone
    if double.are_installed(kube, "framework"):
        double.uninstall(kube, "framework")
    lab = Lab(1, 1, platform={"kind": "framework",
                              "taskRoles": [role("worker")]})
    try:
        status, out, err = lab.call("check", lab.file)
        check(status != 0 and "FrameworkController" in out + err,
              "a kind that is not served is named, with what to install",
              out + err)
    finally:
        lab.close()
    double.install(kube, "framework")


def rehearse(stages):
    """The server's dry run, of all at once."""
    answers = {}

    def one(stage):
        answers[stage.name] = stage.call("check", stage.file)

    threads = [threading.Thread(target=one, args=[s]) for s in stages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, (status, out, err) in sorted(answers.items()):
        check(status == 0 and "accepts it (dry run)" in out,
              name + ": the server's dry run accepts it", out + err)


def look_at_absent(stage):
    trial = stage.ended(0)
    reason = trial and trial["reason"] or ""
    check(trial and trial["state"] == "FAILED" and "ps-0" in reason and
          "test.local/absent:1" in reason,
          "an absent image of a role: " + reason, trial)
    stage.call("stop", stage.id, "--yes")
    stage.finish()
    stage.check_nothing_left("absent image")


def play(operators, stages):
    barrier, policies, launcher, absent = stages
    rehearse([barrier, launcher])
    for stage in stages:
        stage.start()
    for stage in stages[:3]:
        for sequence in range(stage.trials):
            stage.until(sequence, lambda t: t["intermediates"],
                        "its first result")
    barrier.look()
    barrier.crash_and_act()
    for stage in policies, launcher:
        stage.act()
    for stage in stages[:3]:
        stage.follow()
    for stage in stages[:3]:
        stage.finish_all()
    look_at_absent(absent)
    for operator in operators:
        check(not operator.errors, operator.group +
              ": the double had no trouble", "\n".join(operator.errors))


def main():
    require_cluster()
    without_definitions()
    stages = []
    with Frameworks() as new, Launchers(compress=True) as old:
        try:
            stages += [Barrier(), Policies(), Launcher()]
            stages.append(Stage(
                "absent", "framework", 1,
                [role("worker"), role("ps", image="test.local/absent:1")],
                imagePullTimeout=10, infrastructureRetries=0))
            play([new, old], stages)
        finally:
            for stage in stages:
                stage.close()
    return done()


if __name__ == "__main__":
    sys.exit(main())
