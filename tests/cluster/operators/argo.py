# SPDX-License-Identifier: MIT
"""A test double of Argo's workflow controller (3.4 and later), and one of the
Kube Volume Controller.

Nodes with their ids, pods with their names, labels and annotations, messages and
statuses are the controller's: container and script templates run in real pods
with a container `main`; steps, dag, suspend, resource (create, apply, get,
delete), `when`, onExit, retryStrategy, outputs of files and of JSON paths,
templates by reference, suspend, stop and terminate.  What it does not do: the
executor's containers `init` and `wait` (a wrapper in `main` hands output files on
by the termination message), artifacts, loops, expressions; resource templates are
carried out from here, without a pod."""
import copy
import json

from argo_text import (fill, holds, identity, json_path, node_id, pod_name,
                       requirements)
from double import Operator, now, seconds_since
from kube import Refused

PREFIX = "workflows.argoproj.io/"
OVER = ("Succeeded", "Failed", "Error", "Skipped", "Omitted")
BAD = ("Failed", "Error")
# runs the command, then says what is in its output files
WRAPPER = """
import json, subprocess, sys
paths, command = json.loads(sys.argv[1]), sys.argv[2:]
code = subprocess.call(command)
out = {}
for name, path in paths.items():
    try:
        out[name] = open(path).read().strip()
    except OSError:
        pass
open("/dev/termination-log", "w").write(json.dumps({"outputs": out}))
sys.exit(code if code >= 0 else 128 - code)
"""


class Invalid(Exception):
    """What the controller finds wrong with a spec."""


class Run:
    """One look at one workflow."""

    def __init__(self, operator, workflow):
        self.operator = operator
        self.workflow = copy.deepcopy(workflow)
        self.meta = self.workflow["metadata"]
        self.name = self.meta["name"]
        self.namespace = self.meta["namespace"]
        self.status = self.workflow.setdefault("status", {})
        self.nodes = self.status.setdefault("nodes", {})
        spec = self.workflow["spec"]
        self.is_held = spec.get("suspend") is True
        self.shutdown = spec.get("shutdown", "")
        self.scope = {}

    # --- the whole ----------------------------------------------------------

    def look(self):
        if self.status.get("phase") in OVER:
            return
        try:
            self.prepare()
            self.advance()
        except Invalid as wrong:
            self.end("Failed", "invalid spec: %s" % wrong)

    def spec(self):
        spec = self.workflow["spec"]
        if "workflowTemplateRef" not in spec:
            return spec
        if "storedWorkflowTemplateSpec" not in self.status:
            name = spec["workflowTemplateRef"]["name"]
            try:
                stored = self.operator.kube.get(self.operator.path(
                    "workflowtemplates", {"metadata": {
                        "namespace": self.namespace, "name": name}}))["spec"]
            except Refused:
                raise Invalid("workflowtemplates.argoproj.io \"%s\" not found"
                              % name) from None
            merged = dict(stored, **{k: v for k, v in spec.items()
                                     if k != "arguments"})
            given = spec.get("arguments", {}).get("parameters", [])
            names = {p["name"] for p in given}
            merged["arguments"] = {"parameters": given + [
                p for p in stored.get("arguments", {}).get("parameters", [])
                if p["name"] not in names]}
            self.status["storedWorkflowTemplateSpec"] = merged
        return self.status["storedWorkflowTemplateSpec"]

    def prepare(self):
        labels = self.meta.setdefault("labels", {})
        self.meta.setdefault("annotations", {})[
            PREFIX + "pod-name-format"] = "v2"
        self.status.setdefault("startedAt", now())
        self.status.setdefault("finishedAt", None)
        self.status["phase"] = labels[PREFIX + "phase"] = "Running"
        labels[PREFIX + "completed"] = "false"
        self.run = self.spec()
        if not self.run.get("entrypoint"):
            raise Invalid("spec.entrypoint is required")
        self.scope = {"workflow.name": self.name,
                      "workflow.namespace": self.namespace,
                      "workflow.uid": self.meta["uid"]}
        for p in self.run.get("arguments", {}).get("parameters", []):
            value = p.get("value", p.get("default"))
            if value is None:
                raise Invalid("spec.arguments.%s.value is required" %
                              p["name"])
            self.scope["workflow.parameters." + p["name"]] = value

    def advance(self):
        root = self.execute(self.name, self.name, self.run["entrypoint"], {},
                            "")
        if root and root["phase"] in OVER:
            handler = self.run.get("onExit")
            self.scope["workflow.status"] = root["phase"]
            if handler and self.shutdown != "Terminate":
                # it runs whatever was stopped
                shutdown, self.shutdown = self.shutdown, ""
                last = self.execute(self.name + ".onExit",
                                    self.name + ".onExit", handler, {}, "")
                self.shutdown = shutdown
                if not last or last["phase"] not in OVER:
                    return self.note()
            message = root.get("message", "")
            if self.shutdown:
                message = "Stopped with strategy '%s'" % self.shutdown
            self.end(root["phase"], message)
        return self.note()

    def note(self):
        pods = [n for n in self.nodes.values() if n["type"] == "Pod"]
        done = [n for n in pods if n["phase"] == "Succeeded"]
        self.status["progress"] = "%d/%d" % (len(done), len(pods))

    def end(self, phase, message):
        self.status.update(phase=phase, finishedAt=now())
        if message:
            self.status["message"] = message
        self.status["conditions"] = [
            {"type": "PodRunning", "status": "False"},
            {"type": "Completed", "status": "True"}]
        self.meta["labels"].update({PREFIX + "phase": phase,
                                    PREFIX + "completed": "true"})

    # --- nodes --------------------------------------------------------------

    def node(self, name):
        return self.nodes.get(node_id(self.name, name))

    def begin(self, name, display, kind, boundary, template="", **more):
        """None while the workflow is held."""
        if self.is_held or self.shutdown:
            return None
        node = {"id": node_id(self.name, name), "name": name,
                "displayName": display, "type": kind, "phase": "Running",
                "startedAt": now(), "finishedAt": None}
        if boundary:
            node["boundaryID"] = node_id(self.name, boundary)
        if template:
            node["templateName"] = template
            node["templateScope"] = "local/" + self.name
        node.update(more)
        self.nodes[node["id"]] = node
        return node

    @staticmethod
    def finish(node, phase, message=""):
        node.update(phase=phase, finishedAt=now())
        if message:
            node["message"] = message

    def link(self, parent, child):
        children = parent.setdefault("children", [])
        if child["id"] not in children:
            children.append(child["id"])

    # --- templates ----------------------------------------------------------

    def execute(self, name, display, template, arguments, boundary,
                is_attempt=False):
        """The node, or None where it may not begin."""
        node = self.node(name)
        if node and node["phase"] in OVER:
            return node
        found = next((t for t in self.run.get("templates", [])
                      if t["name"] == template), None)
        if not found:
            raise Invalid("template name '%s' undefined" % template)
        scope = dict(self.scope)
        for p in found.get("inputs", {}).get("parameters", []):
            value = arguments.get(p["name"], p.get("value", p.get("default")))
            if value is None:
                raise Invalid("templates.%s inputs.parameters.%s was not "
                              "supplied" % (template, p["name"]))
            scope["inputs.parameters." + p["name"]] = value
        found = fill(found, scope)
        place = (name, display, found, boundary)
        if "retryStrategy" in found and not is_attempt:
            return self.retry(*place, arguments)
        for body in ("steps", "dag", "suspend", "resource"):
            if body in found:
                return getattr(self, body)(*place, scope)
        return self.pod(*place, scope)

    def retry(self, name, display, template, boundary, arguments):
        node = self.node(name) or self.begin(
            name, display, "Retry", boundary, template["name"])
        limit = int(template["retryStrategy"].get("limit", 0))
        for i in range(limit + 1):
            more = "(%d)" % i
            if not node:
                return None
            attempt = self.execute(name + more, display + more,
                                   template["name"], arguments, boundary,
                                   True)
            if not attempt:
                break
            self.link(node, attempt)
            if attempt["phase"] not in OVER:
                return node
            if attempt["phase"] not in BAD:
                node["outputs"] = attempt.get("outputs", {})
                self.finish(node, attempt["phase"])
                return node
            if i == limit or self.shutdown:
                self.finish(node, attempt["phase"], "No more retries left")
        return node

    def one(self, name, step, boundary, scope):
        """A step or task, with its condition."""
        step = fill(step, scope)
        if not self.node(name) and "when" in step and \
                not holds(step["when"]):
            node = self.begin(name, step["name"], "Skipped", boundary)
            if node:
                self.finish(node, "Skipped", "when '%s' evaluated false" %
                            step["when"])
            return node
        arguments = {p["name"]: p["value"] for p in
                     step.get("arguments", {}).get("parameters", [])}
        return self.execute(name, step["name"], step["template"], arguments,
                            boundary)

    def add_outputs(self, scope, prefix, node):
        for p in node.get("outputs", {}).get("parameters", []):
            scope["%s.outputs.parameters.%s" % (prefix, p["name"])] = \
                p["value"]

    def steps(self, name, display, template, boundary, scope):
        node = self.node(name) or self.begin(name, display, "Steps", boundary,
                                             template["name"])
        before = []
        for i, group in enumerate(template["steps"]):
            if not node:
                return None
            row_name = "%s[%d]" % (name, i)
            row = self.node(row_name) or self.begin(
                row_name, "[%d]" % i, "StepGroup", name)
            if not row:
                break
            for parent in before or [node]:
                self.link(parent, row)
            members = []
            for step in group:
                child = self.one("%s.%s" % (row_name, step["name"]), step,
                                 name, scope)
                if child:
                    self.link(row, child)
                    self.add_outputs(scope, "steps." + step["name"], child)
                members.append((step, child))
            if any(not c or c["phase"] not in OVER for _, c in members):
                if self.shutdown and not any(
                        c and c["phase"] not in OVER for _, c in members):
                    break
                return node
            bad = next((c for s, c in members if c["phase"] in BAD and not
                        s.get("continueOn", {}).get("failed")), None)
            if bad:
                message = "child '%s' failed" % bad["id"]
                self.finish(row, bad["phase"], message)
                self.finish(node, bad["phase"], message)
                return node
            if row["phase"] not in OVER:
                self.finish(row, "Succeeded")
            before = [c for _, c in members]
        else:
            self.finish(node, "Succeeded")
            return node
        if self.shutdown:
            self.finish(node, "Failed")
        return node

    def dag(self, name, display, template, boundary, scope):
        node = self.node(name) or self.begin(name, display, "DAG", boundary,
                                             template["name"])
        tasks = template["dag"]["tasks"]
        found = {t["name"]: self.node(name + "." + t["name"]) for t in tasks}
        for task in tasks:
            if not node:
                return None
            needs = [found[d] for d in task.get("dependencies", [])]
            if any(not n or n["phase"] not in OVER for n in needs):
                continue
            child = found[task["name"]]
            if any(n["phase"] in BAD + ("Omitted",) for n in needs):
                if not child:
                    child = self.begin(name + "." + task["name"],
                                       task["name"], "Skipped", name)
                    if child:
                        self.finish(child, "Omitted", "omitted: depends "
                                    "condition not met")
            else:
                child = self.one(name + "." + task["name"], task, name, scope)
            found[task["name"]] = child
            if child:
                self.add_outputs(scope, "tasks." + task["name"], child)
                for parent in needs or [node]:
                    self.link(parent, child)
        live = any(not n or n["phase"] not in OVER for n in found.values())
        if live and self.shutdown:
            live = any(n and n["phase"] not in OVER for n in found.values())
        if not live:
            is_bad = self.shutdown or any(
                n["phase"] in BAD for n in found.values())
            self.finish(node, "Failed" if is_bad else "Succeeded")
        return node

    def suspend(self, name, display, template, boundary, _):
        node = self.node(name) or self.begin(name, display, "Suspend",
                                             boundary, template["name"])
        if node and self.shutdown:
            self.finish(node, "Failed", "Stopped with strategy '%s'" %
                        self.shutdown)
        duration = template["suspend"].get("duration")
        if node and node["phase"] == "Running" and duration and \
                seconds_since(node["startedAt"]) >= int(duration):
            self.finish(node, "Succeeded")
        return node

    # --- pods ---------------------------------------------------------------

    def pod(self, name, display, template, boundary, _):
        node = self.node(name)
        if not node:
            node = self.begin(name, display, "Pod", boundary,
                              template["name"], phase="Pending")
            if node:
                self.operator.create(self.operator.core(
                    "pods", self.workflow), self.pod_object(node, template))
            return node
        pod_id = pod_name(self.name, name, template["name"])
        pod = self.operator.pod_of(self.namespace, pod_id)
        if not pod:
            if self.operator.was_seen(self.namespace, pod_id,
                                      self.meta["uid"]):
                self.finish(node, "Error", "pod deleted")
            return node
        self.read_pod(node, pod, template)
        if self.shutdown and node["phase"] not in OVER:
            # not a moment longer; the pod stays, and so does its log
            self.operator.kube.patch(
                self.operator.core("pods", self.workflow, pod_id),
                {"spec": {"activeDeadlineSeconds": 1}})
            self.finish(node, "Failed", "workflow shutdown with strategy:  " +
                        self.shutdown)
        return node

    def pod_object(self, node, template):
        main = copy.deepcopy(template.get("container") or {
            k: v for k, v in template["script"].items() if k != "source"})
        if "script" in template:
            main["command"] = main.get("command", ["sh"]) + ["-c"]
            main["args"] = [template["script"]["source"]]
        paths = {p["name"]: p["valueFrom"]["path"] for p in
                 template.get("outputs", {}).get("parameters", [])
                 if "path" in p.get("valueFrom", {})}
        if paths:
            main["args"] = [WRAPPER, json.dumps(paths)] + main.get(
                "command", []) + main.get("args", [])
            main["command"] = ["python3", "-c"]
        main["name"] = "main"
        labels = {PREFIX + "workflow": self.name, PREFIX + "completed":
                  "false"}
        labels.update(self.run.get("podMetadata", {}).get("labels", {}))
        labels.update(template.get("metadata", {}).get("labels", {}))
        spec = {"restartPolicy": "Never", "containers": [main],
                "volumes": self.run.get("volumes", []) +
                template.get("volumes", []),
                "terminationGracePeriodSeconds": 2}
        for key in ("serviceAccountName", "nodeSelector", "tolerations"):
            if key in self.run:
                spec[key] = self.run[key]
        return {
            "apiVersion": "v1", "kind": "Pod", "spec": spec, "metadata": {
                "name": pod_name(self.name, node["name"], template["name"]),
                "labels": labels, "annotations": {
                    PREFIX + "node-id": node["id"],
                    PREFIX + "node-name": node["name"],
                    PREFIX + "node-type": "Pod",
                    "kubectl.kubernetes.io/default-container": "main"},
                "ownerReferences": [self.operator.owner(self.workflow)]}}

    def read_pod(self, node, pod, template):
        status = pod.get("status", {})
        main = next((c for c in status.get("containerStatuses", [])
                     if c["name"] == "main"), {"state": {}})
        if "nodeName" in pod["spec"]:
            node["hostNodeName"] = pod["spec"]["nodeName"]
        phase = status.get("phase", "Pending")
        if phase == "Pending":
            self.read_pending(node, status, main)
            return
        node.pop("message", None)
        ended = main["state"].get("terminated")
        if phase == "Running" and not ended:
            node["phase"] = "Running"
            return
        if not ended:
            self.finish(node, "Error", status.get("message") or
                        "pod failed: " + status.get("reason", "unknown"))
            return
        node.setdefault("outputs", {})["exitCode"] = str(ended["exitCode"])
        said = ended.get("message", "")
        if said.startswith('{"outputs"'):
            values = json.loads(said)["outputs"]
            node["outputs"]["parameters"] = [
                {"name": p["name"], "value": values[p["name"]],
                 "valueFrom": p["valueFrom"]}
                for p in template["outputs"]["parameters"]
                if p["name"] in values]
            said = ""
        if ended["exitCode"] == 0:
            self.finish(node, "Succeeded")
        else:
            self.finish(node, "Failed", "main: %s (exit code %d)%s" % (
                ended.get("reason", "Error"), ended["exitCode"],
                ": " + said if said else ""))
        node["finishedAt"] = ended.get("finishedAt") or now()
        self.operator.kube.patch(
            self.operator.core("pods", self.workflow, pod["metadata"]["name"]),
            {"metadata": {"labels": {PREFIX + "completed": "true"}}})

    @staticmethod
    def read_pending(node, status, main):
        waiting = main["state"].get("waiting", {})
        unplaced = next((c for c in status.get("conditions", [])
                         if c["type"] == "PodScheduled" and
                         c["status"] == "False"), None)
        if unplaced:
            node["message"] = "%s: %s" % (unplaced["reason"],
                                          unplaced.get("message", ""))
        elif waiting.get("reason", "").endswith(("Off", "Pull", "Error")):
            node["message"] = "%s: %s" % (waiting["reason"],
                                          waiting.get("message", ""))

    # --- resources ----------------------------------------------------------

    def resource(self, name, display, template, boundary, _):
        node = self.node(name)
        what = template["resource"]
        if node and self.shutdown:
            self.finish(node, "Failed", "workflow shutdown with strategy:  " +
                        self.shutdown)
            return node
        if not node:
            node = self.begin(name, display, "Pod", boundary,
                              template["name"])
            if not node:
                return None
            try:
                self.act(what)
            except Refused as refused:
                self.finish(node, "Error", str(refused))
                return node
        if what["action"] == "delete":
            self.finish(node, "Succeeded")
            return node
        collection, plural, thing_name = identity(what["manifest"])
        try:
            thing = self.operator.kube.get("%s/namespaces/%s/%s/%s" % (
                collection, self.namespace, plural, thing_name))
        except Refused:
            self.finish(node, "Error", "The error of the resource: %s \"%s\" "
                        "not found" % (plural, thing_name))
            return node
        failure = what.get("failureCondition")
        success = what.get("successCondition")
        if failure and any(requirements(thing, failure)):
            self.finish(node, "Failed", "failure condition '%s' evaluated "
                        "true" % failure)
        elif not success or all(requirements(thing, success)):
            outputs = [{"name": p["name"], "valueFrom": p["valueFrom"],
                        "value": json_path(thing, p["valueFrom"]["jsonPath"])}
                       for p in template.get("outputs", {}).get("parameters",
                                                                [])]
            if outputs:
                node["outputs"] = {"parameters": outputs}
            self.finish(node, "Succeeded")
        return node

    def act(self, what):
        kube = self.operator.kube
        collection, plural, name = identity(what["manifest"])
        path = "%s/namespaces/%s/%s" % (collection, self.namespace, plural)
        if what["action"] == "delete":
            kube.delete(path + "/" + name)
            return
        if what["action"] == "get":
            return
        if what["action"] == "create":
            kube.call("POST", path, text=what["manifest"],
                      kind="application/yaml")
        else:
            kube.call("PATCH", path + "/" + name +
                      "?fieldManager=argo&force=true", text=what["manifest"],
                      kind="application/apply-patch+yaml")
        if what.get("setOwnerReference"):
            kube.patch(path + "/" + name, {"metadata": {
                "ownerReferences": [self.operator.owner(self.workflow)]}})


class Argo(Operator):
    """The workflow controller's double."""

    group, version = "argoproj.io", "v1alpha1"
    plurals = ["workflows"]
    pod_selector = PREFIX + "workflow"

    def __init__(self, env=None):
        self.seen = set()
        super().__init__(env)

    def pod_of(self, namespace, name):
        """Only what can be seen; a pod just made may not be there yet."""
        with self.pods.lock:
            pod = self.pods.objects.get((namespace, name))
        if pod:
            self.seen.add((namespace, name))
        return pod

    def was_seen(self, namespace, name, _):
        return (namespace, name) in self.seen

    def reconcile(self, plural, thing):
        run = Run(self, thing)
        run.look()
        if run.workflow != thing:
            self.kube.call("PUT", self.path(plural, thing), run.workflow)


EVERYWHERE = {"requiredDuringSchedulingIgnoredDuringExecution": {
    "nodeSelectorTerms": [{"matchExpressions": [
        {"key": "kubernetes.io/hostname", "operator": "Exists"}]}]}}


class Volumes(Operator):
    """The Kube Volume Controller's double: all data is there at once."""

    group, version = "kvc.kubeflow.org", "v1"
    plurals = ["volumemanagers"]
    pod_selector = "no=pods"
    folder = "/tmp"

    def reconcile(self, plural, thing):
        if thing.get("status", {}).get("state") == "Running":
            return
        status = {"state": "Running", "message": "successfully deployed all "
                  "sub-resources", "volumes": [
                      {"id": config["id"], "message": "success",
                       "volumeSource": {"hostPath": {"path": self.folder}},
                       "nodeAffinity": EVERYWHERE}
                      for config in thing["spec"]["volumeConfigs"]]}
        self.kube.call("PUT", self.path(plural, thing),
                       dict(thing, status=status))
