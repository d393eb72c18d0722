# SPDX-License-Identifier: MIT
"""A test double of FrameworkController (and, as far as anybody knows, of the
launcher before it): states and retries of frameworks and their tasks.

It stands in for the controller alone: ConfigMaps and pods are real, and states
come in the controller's own order, one transition at a time.  Pods are deleted
as soon as they have ended, as the controller does, and statuses tell their end.
What it does not do: rescaling, snapshots, garbage collection after 30 days; and
of podFailureSpec it has a few entries.  Facts: kubernetes.md 5."""
import base64
import copy
import gzip
import json
import random

from double import Cache, Operator, now, seconds_since
from framework_ends import completion, completion_of, retries, retry_status
from kube import Refused

# the controller waits 60 to 900 seconds
CONFLICT_DELAY_S = (1, 2)


class Frameworks(Operator):
    group, version = "frameworkcontroller.microsoft.com", "v1"
    plurals = ["frameworks"]
    prefix = "FC_"  # of labels, annotations and environment

    def __init__(self, env=None, compress=False):
        """compress: as with largeFrameworkCompression, whatever the size."""
        self.compress = compress
        self.pod_selector = self.prefix + "FRAMEWORK_NAME"
        super().__init__(env)
        self.maps = Cache(self.kube.env, "/api/v1/configmaps", self.woken.set,
                          self.pod_selector)

    def stop(self):
        self.maps.must_end = True
        super().stop()

    def reconcile(self, plural, thing):
        if not self.maps.is_listed.is_set() or \
                not self.pods.is_listed.is_set():
            return
        framework = Framework(self, thing)
        framework.step()
        status = framework.packed()
        if status != thing.get("status"):
            self.kube.call("PUT", self.path(plural, thing),
                           dict(thing, status=status))


class Launchers(Frameworks):
    """The launcher's: of its pods nothing is known but that they exist."""
    group = "launcher.microsoft.com"
    prefix = "LAUNCHER_"


class Framework:
    """One framework in one round."""

    def __init__(self, operator, thing):
        self.operator = operator
        self.thing = thing
        self.name = thing["metadata"]["name"]
        self.namespace = thing["metadata"]["namespace"]
        self.spec = thing["spec"]
        self.roles = {role["name"]: role for role in self.spec["taskRoles"]}
        self.status = copy.deepcopy(thing.get("status"))
        self.attempt = (self.status or {}).get("attemptStatus")
        if self.attempt and self.attempt.get("taskRoleStatusesCompressed"):
            self.attempt["taskRoleStatuses"] = json.loads(gzip.decompress(
                base64.b64decode(self.attempt["taskRoleStatusesCompressed"])))
            self.attempt["taskRoleStatusesCompressed"] = None

    def packed(self):
        if self.operator.compress and self.attempt:
            text = json.dumps(self.attempt["taskRoleStatuses"]).encode()
            self.attempt["taskRoleStatusesCompressed"] = base64.b64encode(
                gzip.compress(text, mtime=0)).decode()
            self.attempt["taskRoleStatuses"] = None
        return self.status

    # --- beginnings -----------------------------------------------------------

    def new_attempt(self, number):
        return {"id": number, "startTime": now(), "runTime": None,
                "completionTime": None, "instanceUID": None,
                "configMapName": self.name + "-attempt",
                "configMapUID": None, "completionStatus": None,
                "taskRoleStatuses": [
                    {"name": role["name"],
                     "podGracefulDeletionTimeoutSec": role["task"].get(
                         "podGracefulDeletionTimeoutSec"),
                     "taskStatuses": [
                         self.new_task(role["name"], index)
                         for index in range(role.get("taskNumber", 0))]}
                    for role in self.spec["taskRoles"]]}

    def new_task(self, role, index):
        return {"index": index, "startTime": now(), "runTime": None,
                "completionTime": None, "state": "AttemptCreationPending",
                "transitionTime": now(), "deletionPending": False,
                "retryPolicyStatus": retry_status(),
                "attemptStatus": self.new_task_attempt(role, index, 0)}

    def new_task_attempt(self, role, index, number):
        return {"id": number, "startTime": now(), "runTime": None,
                "completionTime": None, "instanceUID": None,
                "podName": "%s-%s-%d" % (self.name, role, index),
                "podUID": None, "podNodeName": None, "podIP": None,
                "podHostIP": None, "completionStatus": None}

    @staticmethod
    def move(status, state):
        status["state"] = state
        status["transitionTime"] = now()

    # --- the framework ----------------------------------------------------------

    def step(self):
        if not self.status:
            self.status = {
                "startTime": now(), "runTime": None, "completionTime": None,
                "retryPolicyStatus": retry_status(),
                "attemptStatus": self.new_attempt(0)}
            self.attempt = self.status["attemptStatus"]
            self.move(self.status, "AttemptCreationPending")
            return
        getattr(self, "in_" + self.status["state"])()

    def config_map(self):
        for thing in self.operator.maps.all():
            if thing["metadata"]["uid"] == self.attempt["configMapUID"]:
                return thing
        return None

    def complete(self, end, state):
        self.attempt["completionStatus"] = end
        self.move(self.status, state)
        if state == "AttemptCompleted":
            self.attempt["completionTime"] = now()

    def in_AttemptCreationPending(self):
        if self.spec["executionType"] == "Create":
            return
        if self.spec["executionType"] == "Stop":
            self.complete(completion(-210, "stopped"), "AttemptCompleted")
            return
        body = {"metadata": {
            "name": self.attempt["configMapName"],
            "namespace": self.namespace,
            "labels": {self.operator.prefix + "FRAMEWORK_NAME": self.name},
            "finalizers": ["foregroundDeletion"],
            "ownerReferences": [self.operator.owner(self.thing)]}}
        made = self.made("configmaps", body, self.thing["metadata"]["uid"])
        if made:
            self.attempt["configMapUID"] = made["metadata"]["uid"]
            self.attempt["instanceUID"] = "%d_%s" % (
                self.attempt["id"], made["metadata"]["uid"])
            self.move(self.status, "AttemptCreationRequested")

    def made(self, plural, body, owner):
        """Create it, or take what this very owner had created."""
        path = self.operator.core(plural, self.thing)
        try:
            return self.operator.kube.post(path, body)
        except Refused as refused:
            if refused.code != 409:
                raise
        try:
            found = self.operator.kube.get(
                path + "/" + body["metadata"]["name"])
        except Refused:
            return None
        owners = found["metadata"].get("ownerReferences", [])
        is_ours = any(o["uid"] == owner for o in owners) and \
            not found["metadata"].get("deletionTimestamp")
        return found if is_ours else None

    def in_AttemptCreationRequested(self):
        if self.config_map():
            self.move(self.status, "AttemptPreparing")

    def in_AttemptPreparing(self):
        self.live()

    def in_AttemptRunning(self):
        self.live()

    def live(self):
        found = self.config_map()
        if not found or found["metadata"].get("deletionTimestamp"):
            self.complete(completion(-100, "ConfigMap was deleted"),
                          "AttemptDeleting")
            return
        if self.spec["executionType"] == "Stop":
            self.complete(completion(-210, "stopped"),
                          "AttemptDeletionPending")
            return
        for role, task in self.tasks():
            Task(self, role, task).step()
        if self.status["state"] == "AttemptPreparing" and any(
                task["runTime"] for _, task in self.tasks()):
            self.move(self.status, "AttemptRunning")
            self.attempt["runTime"] = now()
            self.status["runTime"] = self.status["runTime"] or now()
        end = self.judge()
        if end:
            self.complete(end, "AttemptDeletionPending")

    def tasks(self):
        for role in self.attempt["taskRoleStatuses"]:
            for task in role["taskStatuses"]:
                yield role["name"], task

    def judge(self):
        """The attempt's completion by its policies, or None."""
        for role in self.attempt["taskRoleStatuses"]:
            policy = self.roles[role["name"]].get(
                "frameworkAttemptCompletionPolicy", {})
            for least, kind in (
                    (policy.get("minFailedTaskCount", 0), "Failed"),
                    (policy.get("minSucceededTaskCount", 0), "Succeeded")):
                found = [t for t in role["taskStatuses"]
                         if t["state"] == "Completed" and
                         t["attemptStatus"]["completionStatus"]["type"][
                             "name"] == kind]
                if least >= 1 and len(found) >= least:
                    return self.inherited(role["name"], found[-1], kind,
                                          least)
        all_tasks = [task for _, task in self.tasks()]
        if all_tasks and all(t["state"] == "Completed" for t in all_tasks):
            return completion(0, "All tasks are completed")
        return None

    def inherited(self, role, task, kind, least):
        end = dict(task["attemptStatus"]["completionStatus"])
        end.pop("pod", None)
        end["trigger"] = {
            "message": "%s task count of [%s] has reached %d" % (
                kind, role, least),
            "taskRoleName": role, "taskIndex": task["index"]}
        return end

    def in_AttemptDeletionPending(self):
        self.operator.kube.delete(
            self.operator.core("configmaps", self.thing,
                               self.attempt["configMapName"]), "Foreground")
        self.move(self.status, "AttemptDeletionRequested")

    def in_AttemptDeletionRequested(self):
        found = self.config_map()
        if not found or found["metadata"].get("deletionTimestamp"):
            self.move(self.status, "AttemptDeleting")

    def in_AttemptDeleting(self):
        if self.config_map():
            return
        for _, task in self.tasks():
            if task["state"] == "Completed":
                continue
            attempt = task["attemptStatus"]
            if not attempt["completionStatus"]:
                attempt["completionStatus"] = completion(
                    -220, "the framework's attempt is over")
            attempt["completionTime"] = task["completionTime"] = now()
            self.move(task, "Completed")
        self.move(self.status, "AttemptCompleted")
        self.attempt["completionTime"] = now()

    def in_AttemptCompleted(self):
        status = self.status["retryPolicyStatus"]
        end = self.attempt["completionStatus"]
        counts = retries(self.spec.get("retryPolicy", {}), status, end)
        if self.spec["executionType"] == "Stop" or counts is None:
            self.status["completionTime"] = now()
            self.move(self.status, "Completed")
        elif self.waited(status, end, self.attempt):
            self.next_count(status, counts)
            self.attempt = self.new_attempt(status["totalRetriedCount"])
            self.status["attemptStatus"] = self.attempt
            self.move(self.status, "AttemptCreationPending")

    @staticmethod
    def waited(status, end, attempt):
        if "Conflict" not in end["type"]["attributes"]:
            return True
        if status["retryDelaySec"] is None:
            status["retryDelaySec"] = random.randint(*CONFLICT_DELAY_S)
        return seconds_since(attempt["completionTime"]) >= \
            status["retryDelaySec"]

    @staticmethod
    def next_count(status, counts):
        status["totalRetriedCount"] += 1
        status["accountableRetriedCount"] += 1 if counts else 0
        status["retryDelaySec"] = None

    def in_Completed(self):
        pass


class Task:
    """One task of a framework in one round."""

    def __init__(self, framework, role, task):
        self.framework = framework
        self.operator = framework.operator
        self.role = role
        self.task = task
        self.attempt = task["attemptStatus"]
        self.spec = framework.roles[role]["task"]

    def step(self):
        getattr(self, "in_" + self.task["state"])()

    def pod(self):
        for pod in self.operator.pods.all():
            if pod["metadata"]["uid"] == self.attempt["podUID"]:
                return pod
        return None

    def move(self, state):
        self.framework.move(self.task, state)

    def complete(self, end, state):
        self.attempt["completionStatus"] = end
        self.move(state)
        if state == "AttemptCompleted":
            self.attempt["completionTime"] = now()

    # --- its pod --------------------------------------------------------------

    def words(self):
        """What annotations and environment say, in their order."""
        framework = self.framework
        return {
            "FRAMEWORK_NAMESPACE": framework.namespace,
            "FRAMEWORK_NAME": framework.name,
            "TASKROLE_NAME": self.role,
            "TASK_INDEX": str(self.task["index"]),
            "CONFIGMAP_NAME": framework.attempt["configMapName"],
            "POD_NAME": self.attempt["podName"],
            "FRAMEWORK_UID": framework.thing["metadata"]["uid"],
            "FRAMEWORK_ATTEMPT_ID": str(framework.attempt["id"]),
            "FRAMEWORK_ATTEMPT_INSTANCE_UID":
                framework.attempt["instanceUID"],
            "CONFIGMAP_UID": framework.attempt["configMapUID"],
            "TASKROLE_UID": "%s-%s" % (framework.attempt["instanceUID"],
                                       self.role),
            "TASK_UID": "%s-%s-%d" % (framework.attempt["instanceUID"],
                                      self.role, self.task["index"]),
            "TASK_ATTEMPT_ID": str(self.attempt["id"])}

    def fill(self, value, words):
        """Placeholders in all texts of a pod's spec."""
        if isinstance(value, dict):
            return {k: self.fill(v, words) for k, v in value.items()}
        if isinstance(value, list):
            return [self.fill(v, words) for v in value]
        if isinstance(value, str):
            for word in list(words)[:6]:
                value = value.replace(
                    "{{%s%s}}" % (self.operator.prefix, word), words[word])
        return value

    def body(self):
        prefix, words = self.operator.prefix, self.words()
        template = copy.deepcopy(self.spec["pod"])
        metadata = template.get("metadata", {})
        labels = dict(metadata.get("labels", {}))
        labels.update({prefix + w: words[w] for w in (
            "FRAMEWORK_NAME", "TASKROLE_NAME", "TASK_INDEX")})
        annotations = dict(metadata.get("annotations", {}))
        annotations.update({prefix + w: v for w, v in words.items()})
        spec = self.fill(template["spec"], words)
        env = [{"name": prefix + w, "value": v} for w, v in words.items()]
        env.append({"name": prefix + "POD_UID", "valueFrom": {
            "fieldRef": {"fieldPath": "metadata.uid"}}})
        env.append({"name": prefix + "TASK_ATTEMPT_INSTANCE_UID",
                    "value": "%d_$(%sPOD_UID)" % (self.attempt["id"],
                                                  prefix)})
        for container in (spec["containers"] +
                          spec.get("initContainers", [])):
            container["env"] = env + container.get("env", [])
            container.setdefault("terminationMessagePolicy",
                                 "FallbackToLogsOnError")
        framework = self.framework
        return {"metadata": {
            "name": self.attempt["podName"],
            "namespace": framework.namespace, "labels": labels,
            "annotations": annotations,
            "ownerReferences": [{
                "apiVersion": "v1", "kind": "ConfigMap",
                "name": framework.attempt["configMapName"],
                "uid": framework.attempt["configMapUID"],
                "controller": True, "blockOwnerDeletion": True}]},
            "spec": spec}

    def note_place(self, pod):
        status = pod.get("status", {})
        self.attempt["podNodeName"] = pod["spec"].get("nodeName")
        self.attempt["podIP"] = status.get("podIP")
        self.attempt["podHostIP"] = status.get("hostIP")

    # --- states ---------------------------------------------------------------

    def in_AttemptCreationPending(self):
        try:
            made = self.framework.made("pods", self.body(),
                                       self.framework.attempt["configMapUID"])
        except Refused as refused:
            if refused.code == 403:
                self.complete(completion(-120, str(refused)),
                              "AttemptCompleted")
            elif refused.code in (400, 422):
                self.complete(completion(-200, str(refused)),
                              "AttemptCompleted")
            else:
                raise
            return
        if made:
            self.attempt["podUID"] = made["metadata"]["uid"]
            self.attempt["instanceUID"] = "%d_%s" % (
                self.attempt["id"], made["metadata"]["uid"])
            self.move("AttemptCreationRequested")

    def in_AttemptCreationRequested(self):
        pod = self.pod()
        if pod:
            self.note_place(pod)
            self.move("AttemptPreparing")

    def in_AttemptPreparing(self):
        self.live()

    def in_AttemptRunning(self):
        self.live()

    def live(self):
        pod = self.pod()
        if not pod:
            self.complete(completion(-101, "Pod was deleted by somebody"),
                          "AttemptCompleted")
            return
        self.note_place(pod)
        phase = pod.get("status", {}).get("phase")
        if phase in ("Succeeded", "Failed"):
            self.note_run()
            self.complete(completion_of(pod), "AttemptDeletionPending")
        elif pod["metadata"].get("deletionTimestamp"):
            self.complete(completion(-101, "Pod was deleted by somebody"),
                          "AttemptDeleting")
        elif phase == "Running" and self.task["state"] != "AttemptRunning":
            self.note_run()
            self.move("AttemptRunning")

    def note_run(self):
        self.attempt["runTime"] = self.attempt["runTime"] or now()
        self.task["runTime"] = self.task["runTime"] or now()

    def in_AttemptDeletionPending(self):
        self.operator.kube.delete(self.operator.core(
            "pods", self.framework.thing, self.attempt["podName"]))
        self.move("AttemptDeletionRequested")

    def in_AttemptDeletionRequested(self):
        pod = self.pod()
        if not pod or pod["metadata"].get("deletionTimestamp"):
            self.move("AttemptDeleting")

    def in_AttemptDeleting(self):
        if not self.pod():
            self.attempt["completionTime"] = now()
            self.move("AttemptCompleted")

    def in_AttemptCompleted(self):
        status = self.task["retryPolicyStatus"]
        end = self.attempt["completionStatus"]
        counts = retries(self.spec.get("retryPolicy", {}), status, end)
        if counts is None:
            self.task["completionTime"] = now()
            self.move("Completed")
        elif self.framework.waited(status, end, self.attempt):
            self.framework.next_count(status, counts)
            self.task["attemptStatus"] = self.framework.new_task_attempt(
                self.role, self.task["index"], status["totalRetriedCount"])
            self.move("AttemptCreationPending")

    def in_Completed(self):
        pass

