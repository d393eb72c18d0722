#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trials as Argo's Workflows, on a real API server with real pods; the workflow
controller is a double of ours (operators/argo.py).  TAP output."""
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "operators"))
from lab import IMAGE, Kube, Lab, Recorder, check, done  # noqa: E402
from lab import require_cluster, together  # noqa: E402
from argo import Argo  # noqa: E402
from double import install  # noqa: E402

# what shapes pods of ours
ABSENT = ("image", "imagePullPolicy", "resources", "sidePort", "volumes",
          "terminationGracePeriodSeconds")
PREFIX = "workflows.argoproj.io/"

# prints metrics, waits for a word in /truth, and ends as that word says
TRAIN = """
import json, os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
sequence, attempt, trial, x = sys.argv[1:]
truth = open("/truth/%s.%s.reports" % (trial, attempt), "a")
def report(name, number, value):
    print("%s=%.17g" % (name, value), flush=True)
    truth.write(json.dumps({"name": name, "sequence": number,
                            "value": value, "at": time.time()}) + "\\n")
    truth.flush()
for number in range(3):
    report("default", number, float(x) + number)
word = "/truth/%s.%s.go" % (sequence, attempt)
while not os.path.exists(word):
    time.sleep(0.05)
code = int(open(word).read() or 0)
if not code:
    report("final", 0, float(x))
sys.exit(code)
"""


def container(*command):
    return {"image": IMAGE, "imagePullPolicy": "IfNotPresent",
            "command": list(command),
            "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
            "volumeMounts": [{"name": "truth", "mountPath": "/truth"}]}


def pipeline(lab):
    """prepare, train, a gate for some, a step that never runs; and an exit
    handler that leaves a mark."""
    here = "{{workflow.parameters.%s}}"
    return {
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"generateName": "pipeline-", "labels": {"of": "us"}},
        "spec": {
            "entrypoint": "main", "onExit": "bye",
            "volumes": [{"name": "truth", "hostPath": {"path": lab.truth}}],
            "arguments": {"parameters": [
                {"name": "x", "value": 7}, {"name": "y"}, {"name": "rate"},
                {"name": "size"}, {"name": "gate", "value": False},
                {"name": "sequence", "value": "${trial.sequence}"}]},
            "templates": [
                {"name": "main", "steps": [
                    [{"name": "prepare", "template": "note"}],
                    [{"name": "train", "template": "train", "arguments": {
                        "parameters": [{"name": "x", "value":
                                        "{{steps.prepare.outputs.parameters"
                                        ".x}}"}]}}],
                    [{"name": "approve", "template": "gate",
                      "when": here % "sequence" + " == 1"},
                     {"name": "serve", "template": "note",
                      "when": here % "gate" + " == true"}],
                    [{"name": "after", "template": "mark"}]]},
                {"name": "note",
                 "container": container("sh", "-c", "echo prepared; echo " +
                                        here % "x" + " >/tmp/x"),
                 "outputs": {"parameters": [
                     {"name": "x", "valueFrom": {"path": "/tmp/x"}}]}},
                {"name": "train",
                 "inputs": {"parameters": [{"name": "x"}]},
                 "container": container(
                     "python3", "-c", TRAIN, here % "sequence",
                     "${trial.attempt}", "${trial.id}",
                     "{{inputs.parameters.x}}")},
                {"name": "gate", "suspend": {}},
                {"name": "mark", "container": container(
                    "touch", "/truth/%s.after" % (here % "sequence"))},
                {"name": "bye", "container": container(
                    "touch", "/truth/%s.bye" % (here % "sequence"))}]}}


class Workflows(Lab):
    def __init__(self, trials, service=None, **keys):
        super().__init__(trials, trials, trialCommand=None,
                         trialCodeDirectory=None,
                         platform=dict.fromkeys(ABSENT), **keys)
        self.rewrite(trainingService=dict(
            {"platform": "kubernetes", "kind": "workflow",
             "namespace": self.namespace, "manifest": pipeline(self)},
            **service or {}))
        self.recorder = Recorder(self.path("workflows"))

    def path(self, plural, name=None):
        if plural not in ("workflows", "workflowtemplates"):
            return super().path(plural, name)
        path = "/apis/argoproj.io/v1alpha1/namespaces/%s/%s" % (
            self.namespace, plural)
        return path + "/" + name if name else path

    def left_behind(self):
        return super().left_behind() + [
            "workflow " + w["metadata"]["name"]
            for w in self.objects("workflows")]

    def close(self):
        self.recorder.must_end = True
        super().close()

    # --- by sequence number --------------------------------------------------

    def trial(self, sequence):
        return next((t for t in self.trials_json()
                     if t["sequence"] == sequence), None)

    def until(self, sequence, condition, what):
        return self.wait(lambda: (lambda t: t and condition(t) and t)(
            self.trial(sequence)), "trial %d: %s" % (sequence, what))

    def workflow(self, sequence, attempt=1):
        trial = self.trial(sequence)
        return next((w for w in self.objects("workflows") if
                     w["metadata"]["labels"]["trialId"] == trial["id"] and
                     w["metadata"]["labels"]["attempt"] == str(attempt)),
                    None)

    def tree(self, sequence):
        """Of the newest attempt."""
        if not self.trial(sequence):
            return []
        shown = self.ask("show", self.id, str(sequence), "--json")
        return max(shown["attempts"], key=lambda a: a["number"])["parts"]

    def parts(self, sequence):
        return {p["name"]: p for p in self.tree(sequence)}

    def until_part(self, sequence, name, state):
        return self.wait(lambda: self.parts(sequence).get(name, {}).get(
            "state") == state, "trial %d: step %s is %s" % (
                sequence, name, state))

    def go(self, sequence, code=0, attempt=1):
        word = os.path.join(self.truth, "%d.%d.go" % (sequence, attempt))
        with open(word + ".new", "w") as f:
            f.write(str(code))
        os.rename(word + ".new", word)

    def has(self, sequence, mark):
        return os.path.exists(os.path.join(self.truth, "%d.%s" % (sequence,
                                                                  mark)))

    def act(self, action, sequence):
        code, out, err = self.call("act", self.id, action, str(sequence))
        return code, (out + err).strip()


# --- scenes -------------------------------------------------------------------


def look_at_object(lab):
    trial = lab.trial(0)
    thing = lab.wait(lambda: lab.workflow(0), "the workflow is there")
    check(thing["metadata"]["name"] == "nni-exp-%s-trial-%s-1" % (
        lab.id, trial["id"]), "called after experiment, trial and attempt",
        thing["metadata"]["name"])
    parameters = {p["name"]: p["value"] for p in
                  thing["spec"]["arguments"]["parameters"]}
    wanted = {k: str(v) for k, v in trial["parameters"].items()}
    wanted.update(gate="false", sequence="0")
    check(all(float(parameters[k]) == float(v) if k in "xy" else True
              for k, v in wanted.items()) and set(parameters) == set(wanted),
          "parameters are the trial's", parameters)
    check(parameters["gate"] == "false" and parameters["sequence"] == "0",
          "the manifest's own are texts, placeholders filled", parameters)
    pods = lab.wait(lambda: [
        p for p in lab.objects("pods")
        if p["metadata"]["labels"]["trialId"] == trial["id"]], "its pods")
    check(pods and all(PREFIX + "workflow" in p["metadata"]["labels"]
                       for p in pods), "its pods carry our labels", pods)
    kinds = {s["metadata"]["name"] for s in lab.objects("secrets")} | {
        c["metadata"]["name"] for c in lab.objects("configmaps")
        if "keeper" in c["metadata"]["name"]}
    check(not kinds, "nothing of ours is made for pods of the user's own",
          kinds)


def look_at_steps(lab):
    parts = lab.parts(0)
    tree = [(p["name"], p["depth"], p["state"]) for p in lab.tree(0)]
    check(tree == [
        ("main", 0, "succeeded"), ("prepare", 1, "succeeded"),
        ("train", 1, "succeeded"), ("approve", 1, "skipped"),
        ("serve", 1, "skipped"), ("after", 1, "succeeded"),
        ("onExit", 0, "succeeded")], "steps are a tree", tree)
    check(parts["train"]["pod"].startswith("nni-exp-") and
          parts["train"]["exitCode"] == 0 and parts["train"]["node"],
          "a step knows its pod, its node and its exit code",
          parts["train"])
    check("evaluated false" in parts["serve"]["reason"],
          "a skipped one says why", parts["serve"])
    _, out, _ = lab.call("log", lab.id, "0")
    check("prepared" in out and "default=" in out,
          "the log has all steps", out)
    _, out, _ = lab.call("log", "--role", "train", lab.id, "0")
    check("default=" in out and "prepared" not in out,
          "the log of one step alone", out)


def test_life(env):
    """0 ends well, 1 has a gate, 2 fails and is restarted; the engine is
    killed on the way."""
    lab = Workflows(3)
    lab.start()
    for sequence in range(3):
        lab.until_part(sequence, "train", "running")
    look_at_object(lab)
    lab.wait(lambda: len(lab.ask("metrics", lab.id, "0", "--json")) == 3,
             "intermediate results arrive while the step runs")
    lab.crash()
    lab.go(2, 3)
    lab.start()
    trial = lab.until(2, lambda t: t["state"] == "FAILED", "fails")
    check(trial and trial["reason"] == "train: exit code 3" and
          trial["exitCode"] == 3, "the reason is the step that failed",
          trial)
    code, out, _ = lab.call("restart", lab.id, "2")
    check(code == 0, "a failed one is restarted", out)
    again = lab.wait(lambda: lab.workflow(2, 2), "the second workflow")
    check(again and again["metadata"]["labels"].get(
        PREFIX + "resubmitted-from-workflow", "").endswith("-1"),
        "which says what it was before", again and again["metadata"])
    lab.go(0)
    lab.go(1)
    lab.go(2, attempt=2)
    lab.until_part(1, "approve", "suspended")
    code, out = lab.act("resume", 1)
    check(code == 0 and "resumed" in out, "a gate opens by hand", out)
    code, err = lab.finish()
    check(code == 0, "ends with status 0", err)
    lab.check_all_succeeded("workflows", attempts=False)
    attempts = [t["attempt"] for t in lab.trials_json()]
    check(attempts == [1, 1, 2], "adopted, none ran twice", attempts)
    names = lab.recorder.added()
    check(len(names) == len(set(names)) == 4, "four workflows were made",
          names)
    lab.check_metrics("steps' logs")
    look_at_steps(lab)
    check(all(lab.has(s, "bye") for s in range(3)), "exit handlers ran")
    lab.check_nothing_left("afterwards")
    lab.close()


def test_acts(env):
    """0 is suspended and resumed, 1 stopped, 2 terminated, 3 killed."""
    lab = Workflows(4, service={"cleanup": "none"}, maxTrialRetries=1)
    lab.start()
    for sequence in range(4):
        lab.until_part(sequence, "train", "running")
    code, out = lab.act("suspend", 0)
    check(code == 0, "a workflow is suspended", out)
    check(lab.workflow(0)["spec"].get("suspend") is True,
          "its object says so")
    lab.go(0)
    lab.until_part(0, "train", "succeeded")
    code, out = lab.act("suspend", 0)
    check(code == 1 and "suspended already" in out,
          "suspending twice is refused", out)
    code, out = lab.act("stop", 1)
    check(code == 0, "a workflow is stopped in order", out)
    code, out = lab.act("terminate", 2)
    check(code == 0, "another is terminated", out)
    lab.call("kill", lab.id, "3")
    for sequence in (1, 2, 3):
        trial = lab.until(sequence, lambda t: t["ended"], "is over")
        check(trial and trial["state"] == "USER_CANCELED" and
              trial["attempt"] == 1,
              "trial %d is canceled and does not run again" % sequence,
              trial)
    check(lab.has(1, "bye") and not lab.has(2, "bye"),
          "stop runs the exit handler, terminate does not")
    check(lab.workflow(1)["status"]["message"] ==
          "Stopped with strategy 'Stop'" and
          lab.workflow(2)["spec"]["shutdown"] == "Terminate",
          "as Argo's commands do it")
    check(not lab.workflow(3), "the killed one's workflow is gone")
    check(not lab.has(0, "after"), "a suspended one begins no step")
    code, out = lab.act("stop", 1)
    check(code == 1 and "over already" in out,
          "what is over cannot be stopped", out)
    code, out = lab.act("resume", 0)
    check(code == 0, "and goes on when it is resumed", out)
    lab.until(0, lambda t: t["state"] == "SUCCEEDED", "succeeds")
    check(lab.has(0, "after"), "to its last step")
    lab.finish()
    lab.close()


def test_templates(env):
    """A stored template; one that is not there; what cannot be."""
    lab = Workflows(1)
    spec = pipeline(lab)["spec"]
    for template in spec["templates"]:  # there are no placeholders in it
        if template["name"] == "train":
            template["container"] = container(
                "sh", "-c", "echo default={{inputs.parameters.x}}")
    spec["arguments"]["parameters"][-1]["value"] = "0"
    lab.kube.post(lab.path("workflowtemplates"), {
        "apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTemplate",
        "metadata": {"name": "stored"}, "spec": spec})
    lab.rewrite(trainingService={
        "platform": "kubernetes", "kind": "workflow",
        "namespace": lab.namespace, "workflowTemplateRef": {"name": "stored"}})
    lab.run_to_end("a stored template")
    trial = lab.check_all_succeeded("a stored template")[0]
    value = lab.ask("metrics", lab.id, "0", "--json")[0]["value"]
    check(abs(value - trial["parameters"]["x"]) < 1e-9,
          "has the trial's parameters", (value, trial["parameters"]))
    lab.close()
    lab = Workflows(1)
    lab.rewrite(trainingService={
        "platform": "kubernetes", "kind": "workflow",
        "namespace": lab.namespace, "workflowTemplateRef": {"name": "no"}})
    lab.start()
    lab.finish()
    trial = lab.trial(0)
    check(trial["state"] == "FAILED" and
          "\"no\" not found" in trial["reason"],
          "a template that is not there is the reason", trial)
    lab.close()


def main():
    env = require_cluster()
    install(Kube(env), "argo")
    scenes = {"life": test_life, "acts": test_acts,
              "templates": test_templates}
    with Argo(env) as argo:
        together(*[lambda name=name: scenes[name](env)
                   for name in sys.argv[1:] or scenes])
        check(not argo.errors, "the double made no mistake",
              "\n".join(argo.errors))
    return done()


if __name__ == "__main__":
    sys.exit(main())
