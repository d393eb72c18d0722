# SPDX-License-Identifier: MIT
"""A test double of Kubeflow's training operator (1.7 to 1.9), for kinds TFJob,
PyTorchJob, MPIJob, XGBoostJob, PaddleJob and JAXJob of kubeflow.org/v1.

Pods, services, names, labels, environment and statuses are the operator's.
What it does not do: init containers (PyTorch's workers wait for their master by
DNS, MPI's launcher copies kubectl; their images are not in a test cluster), gang
scheduling, elastic scaling by metrics."""
import copy

from double import Operator, now, seconds_since
from kube import Refused
from kubeflow_env import environment

PREFIX = "training.kubeflow.org/"

# kind: (plural, map of replicas, container, port's name, port, restartPolicy)
KINDS = {
    "TFJob": ("tfjobs", "tfReplicaSpecs", "tensorflow", "tfjob-port", 2222,
              "Never"),
    "PyTorchJob": ("pytorchjobs", "pytorchReplicaSpecs", "pytorch",
                   "pytorchjob-port", 23456, "OnFailure"),
    "MPIJob": ("mpijobs", "mpiReplicaSpecs", "mpi", "mpijob-port", 9999,
               "Never"),
    "XGBoostJob": ("xgboostjobs", "xgbReplicaSpecs", "xgboost",
                   "xgboostjob-port", 9999, "Never"),
    "PaddleJob": ("paddlejobs", "paddleReplicaSpecs", "paddle", "master",
                  36543, "OnFailure"),
    "JAXJob": ("jaxjobs", "jaxReplicaSpecs", "jax", "jaxjob-port", 6666,
               "Never"),
}


class Job:
    """An object with what follows from its kind."""

    def __init__(self, thing):
        self.thing = thing
        self.kind = thing["kind"]
        (self.plural, replicas, self.container, self.port_name, self.port,
         self.restart) = KINDS[self.kind]
        self.name = thing["metadata"]["name"]
        self.namespace = thing["metadata"]["namespace"]
        self.full = self.namespace + "/" + self.name
        self.replicas = thing["spec"].get(replicas, {})
        self.policy = thing["spec"].get("runPolicy", {})
        self.status = copy.deepcopy(thing.get("status", {}))
        self.conditions = self.status.setdefault("conditions", [])

    def count(self, role):
        return self.replicas.get(role, {}).get("replicas", 1) if \
            role in self.replicas else 0

    def restart_policy(self, role):
        return self.replicas[role].get("restartPolicy") or self.restart

    def clean_policy(self):
        return self.policy.get("cleanPodPolicy") or "None"

    def leader(self):
        """The role that decides."""
        order = {"TFJob": ["Chief", "Master", "Worker"],
                 "MPIJob": ["Launcher"]}.get(self.kind, ["Master", "Worker"])
        return next((role for role in order if self.count(role)), None)

    def pod_name(self, role, index):
        if role == "Launcher":
            return self.name + "-launcher"
        return "%s-%s-%d" % (self.name, role.lower(), index)

    def host(self, role, index):
        return "%s.%s.svc" % (self.pod_name(role, index), self.namespace)

    # --- conditions -------------------------------------------------------

    def has(self, kind):
        return any(c["type"] == kind and c["status"] == "True"
                   for c in self.conditions)

    def set(self, kind, reason, message, value="True"):
        """As the operator: updated entries move to the end, Running and
        Restarting exclude each other, an end makes Running false."""
        if self.has("Failed"):
            return
        old = next((c for c in self.conditions if c["type"] == kind), None)
        if old and old["status"] == value and old["reason"] == self.kind + \
                reason:
            return
        keep = []
        for condition in self.conditions:
            if condition["type"] == kind or {condition["type"], kind} == {
                    "Running", "Restarting"}:
                continue
            if kind in ("Succeeded", "Failed", "Suspended") and \
                    condition["type"] == "Running" and value == "True":
                condition = dict(condition, status="False",
                                 lastUpdateTime=now(),
                                 lastTransitionTime=now())
            keep.append(condition)
        keep.append({"type": kind, "status": value,
                     "reason": self.kind + reason, "message": message,
                     "lastUpdateTime": now(), "lastTransitionTime": now()})
        self.conditions[:] = keep

    def is_over(self):
        return self.has("Succeeded") or self.has("Failed")

    def fail(self, message, reason="Failed"):
        self.status.setdefault("completionTime", now())
        self.set("Failed", reason, message)

    def succeed(self):
        self.status.setdefault("completionTime", now())
        self.set("Succeeded", "Succeeded",
                 "%s %s successfully completed." % (self.kind, self.full))


def exit_code(pod, container):
    for status in pod.get("status", {}).get("containerStatuses", []):
        if status["name"] == container:
            return status.get("state", {}).get("terminated", {}).get(
                "exitCode")
    return None


def phase(pod):
    return pod.get("status", {}).get("phase", "Pending")


class Kubeflow(Operator):
    group, version = "kubeflow.org", "v1"
    plurals = [kind[0] for kind in KINDS.values()]
    pod_selector = PREFIX + "job-name"

    def reconcile(self, plural, thing):
        job = Job(thing)
        job.set("Created", "Created", "%s %s is created." % (
            job.kind, job.name)) if not job.conditions else None
        problem = self.problem(job)
        if problem and not job.is_over():
            job.fail(problem, "FailedValidation")
        elif not job.is_over():
            if self.suspend(job):
                self.write(job)
                return
            self.live(job)
        if job.is_over():
            self.clean(job)
            if self.expire(job):
                return
        self.write(job)

    def write(self, job):
        if job.status != job.thing.get("status"):
            job.status["lastReconcileTime"] = now()
        self.put_status(job.plural, job.thing, job.status)

    # --- before and after it runs -----------------------------------------

    @staticmethod
    def problem(job):
        """What the validation of 1.7 finds."""
        if not job.replicas:
            return "%s %s has no replicas" % (job.kind, job.full)
        for role, spec in job.replicas.items():
            containers = spec["template"]["spec"].get("containers", [])
            if not any(c["name"] == job.container for c in containers):
                return "%s is not valid: there is no container named %s in " \
                    "%s" % (job.kind, job.container, role)
            if role in ("Chief", "Master", "Launcher") and job.kind not in \
                    ("PaddleJob",) and job.count(role) != 1:
                return "%s is not valid: there must be only 1 %s replica" % (
                    job.kind, role)
        if not job.leader():
            return "%s %s has nobody who decides" % (job.kind, job.full)
        return None

    def suspend(self, job):
        """True while nothing may run."""
        if job.policy.get("suspend"):
            for pod in self.owned_pods(job.thing):
                self.remove(pod)
            for counts in job.status.get("replicaStatuses", {}).values():
                counts.pop("active", None)
            job.status.pop("startTime", None)
            job.set("Suspended", "Suspended", "%s %s is suspended." % (
                job.kind, job.name))
            return True
        if job.has("Suspended"):
            job.set("Suspended", "Resumed", "%s %s is resumed." % (
                job.kind, job.name), "False")
            job.status["startTime"] = now()
        return False

    def clean(self, job):
        policy = job.clean_policy()
        for pod in self.owned_pods(job.thing):
            if policy == "All" or (policy == "Running" and phase(pod) in
                                   ("Running", "Pending")):
                self.remove(pod)
        if job.has("Succeeded"):
            for counts in job.status.get("replicaStatuses", {}).values():
                if "active" in counts:
                    counts["succeeded"] = counts.get("succeeded", 0) + \
                        counts.pop("active")

    def expire(self, job):
        ttl = job.policy.get("ttlSecondsAfterFinished")
        if ttl is None or seconds_since(job.status["completionTime"]) < ttl:
            return False
        self.kube.delete(self.path(job.plural, job.thing))
        return True

    def remove(self, pod):
        if not pod["metadata"].get("deletionTimestamp"):
            self.kube.delete("/api/v1/namespaces/%s/pods/%s" % (
                pod["metadata"]["namespace"], pod["metadata"]["name"]))

    # --- while it runs ----------------------------------------------------

    def live(self, job):
        job.status.setdefault("startTime", now())
        pods = self.owned_pods(job.thing)
        message = self.past_limit(job, pods)
        if message:
            job.fail(message)
            return
        if job.kind == "MPIJob":
            self.prepare_mpi(job)
        restarting = {}
        for role in job.replicas:
            restarting[role] = self.replicate(job, role, pods)
        self.judge(job, pods, restarting)

    @staticmethod
    def past_limit(job, pods):
        """Why it must end, or None.  A failure that no status has told yet
        counts as a retry, so that a limit of 0 ends the job with the first."""
        limit = job.policy.get("backoffLimit")
        if limit is not None:
            restarts = sum(s.get("restartCount", 0) for p in pods
                           for s in p.get("status", {}).get(
                               "containerStatuses", [])
                           if p["spec"]["restartPolicy"] != "Never")
            failed = sum(phase(p) == "Failed" for p in pods)
            told = sum(c.get("failed", 0) for c in job.status.get(
                "replicaStatuses", {}).values())
            if (restarts >= max(limit, 1)) or (failed > told and limit < 1):
                return "Job %s has failed because it has reached the " \
                    "specified backoff limit" % job.name
        deadline = job.policy.get("activeDeadlineSeconds")
        if deadline is not None and \
                seconds_since(job.status["startTime"]) >= deadline:
            return "Job %s has failed because it was active longer than " \
                "specified deadline" % job.name
        return None

    def replicate(self, job, role, pods):
        """Make what is missing; how many are made again."""
        mine = {p["metadata"]["name"]: p for p in pods}
        again = 0
        for index in range(job.count(role)):
            name = job.pod_name(role, index)
            pod = mine.get(name)
            if not pod:
                self.make_pod(job, role, index)
            elif pod["metadata"].get("deletionTimestamp"):
                again += job.restart_policy(role) == "ExitCode"
            elif phase(pod) == "Failed" and \
                    job.restart_policy(role) == "ExitCode" and \
                    (exit_code(pod, job.container) or 0) >= 128:
                self.remove(pod)
                again += 1
        return again

    def judge(self, job, pods, restarting):
        statuses = {}
        failed_role = None
        for role in job.replicas:
            mine = [p for p in pods if p["metadata"]["labels"].get(
                PREFIX + "replica-type") == role.lower()
                and not p["metadata"].get("deletionTimestamp")]
            phases = [phase(p) for p in mine]
            counts = {"active": phases.count("Running"),
                      "succeeded": phases.count("Succeeded"),
                      "failed": phases.count("Failed")}
            statuses[role] = {k: v for k, v in counts.items() if v}
            if job.kind != "MPIJob":
                statuses[role]["selector"] = ",".join(
                    "%s=%s" % pair for pair in sorted(
                        self.labels(job, role).items()))
            if counts["failed"] and not failed_role and \
                    not restarting[role]:
                failed_role = (role, counts["failed"])
        job.status["replicaStatuses"] = statuses
        again = [role for role in job.replicas if restarting[role]]
        if again:
            job.set("Restarting", "Restarting",
                    "%s %s is restarting because %d %s replica(s) failed." %
                    (job.kind, job.full, restarting[again[0]], again[0]))
            return
        if self.has_succeeded(job, pods, statuses):
            job.succeed()
        elif failed_role and (job.kind != "MPIJob" or
                              failed_role[0] == "Launcher"):
            job.fail("%s %s has failed because %d %s replica(s) failed." % (
                job.kind, job.full, failed_role[1], failed_role[0])
                if job.kind != "MPIJob" else
                "MPIJob %s has failed" % job.full)
        elif statuses[job.leader()].get("active"):
            job.set("Running", "Running", "%s %s is running." % (
                job.kind, job.full))

    @staticmethod
    def has_succeeded(job, pods, statuses):
        leader = job.leader()
        succeeded = statuses[leader].get("succeeded", 0)
        if succeeded == job.count(leader):
            return True
        if job.kind == "TFJob" and leader == "Worker" and \
                job.thing["spec"].get("successPolicy") != "AllWorkers":
            first = job.pod_name("Worker", 0)
            return any(p["metadata"]["name"] == first and
                       phase(p) == "Succeeded" for p in pods)
        return job.kind == "PyTorchJob" and leader == "Worker" and \
            "elasticPolicy" in job.thing["spec"] and succeeded > 0

    # --- pods -------------------------------------------------------------

    def labels(self, job, role, index=None):
        labels = {PREFIX + "job-name": job.name,
                  PREFIX + "operator-name": job.kind.lower() + "-controller",
                  PREFIX + "replica-type": role.lower()}
        if index is not None:
            labels[PREFIX + "replica-index"] = str(index)
        return labels

    def make_pod(self, job, role, index):
        template = copy.deepcopy(job.replicas[role]["template"])
        name = job.pod_name(role, index)
        labels = self.labels(job, role, index)
        leads = role in ("Chief", "Master", "Launcher") or (
            job.kind == "TFJob" and job.leader() == "Worker" == role and
            index == 0)
        metadata = template.get("metadata", {})
        metadata.update(name=name, namespace=job.namespace,
                        ownerReferences=[self.owner(job.thing)])
        metadata["labels"] = dict(metadata.get("labels", {}), **labels)
        if leads:
            metadata["labels"][PREFIX + "job-role"] = "master"
        if job.kind == "MPIJob":
            metadata["labels"]["mpi-job-name"] = job.name
        spec = template["spec"]
        restart = job.restart_policy(role)
        spec["restartPolicy"] = "Never" if restart == "ExitCode" else restart
        for container in spec["containers"]:
            if container["name"] != job.container:
                continue
            ports = container.setdefault("ports", [])
            if job.kind != "MPIJob" and not any(
                    p.get("name") == job.port_name for p in ports):
                ports.append({"name": job.port_name,
                              "containerPort": job.port})
            container.setdefault("env", []).extend(
                {"name": k, "value": str(v)} for k, v in
                environment(job, role, index).items())
            if job.kind == "MPIJob":
                self.equip_mpi(job, role, spec, container)
        if job.kind != "MPIJob":
            self.make_service(job, name, labels)
        self.create(self.core("pods", job.thing),
                    {"metadata": metadata, "spec": spec})

    def make_service(self, job, name, labels):
        self.create(self.core("services", job.thing), {
            "metadata": {"name": name, "labels": labels,
                         "ownerReferences": [self.owner(job.thing)]},
            "spec": {"clusterIP": "None", "selector": labels,
                     "ports": [{"name": job.port_name, "port": job.port}]}})

    # --- MPI: what the launcher needs to start processes in the workers -----

    def prepare_mpi(self, job):
        name = job.name + "-launcher"
        meta = {"name": name, "ownerReferences": [self.owner(job.thing)],
                "labels": {"app": job.name}}
        rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/%s/" % \
            job.namespace
        workers = [job.pod_name("Worker", i)
                   for i in range(job.count("Worker"))]
        slots = job.thing["spec"].get("slotsPerWorker", 1)
        container = job.thing["spec"].get("mainContainer") or job.container
        if self.is_prepared(job):
            return
        self.create(self.core("serviceaccounts", job.thing),
                    {"metadata": meta})
        self.create(rbac + "roles", {"metadata": meta, "rules": [
            {"apiGroups": [""], "resources": ["pods"],
             "verbs": ["get", "list", "watch"]},
            {"apiGroups": [""], "resources": ["pods/exec"],
             "verbs": ["create"], "resourceNames": workers}]})
        self.create(rbac + "rolebindings", {
            "metadata": meta,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io",
                        "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name,
                          "namespace": job.namespace}]})
        self.create(self.core("configmaps", job.thing), {
            "metadata": dict(meta, name=job.name + "-config"),
            "data": {
                "hostfile": "".join("%s slots=%d\n" % (w, slots)
                                    for w in workers),
                "kubexec.sh": "#!/bin/sh\nset -x\nPOD_NAME=$1\nshift\n"
                "/opt/kube/kubectl exec ${POD_NAME} --container %s -- "
                "/bin/sh -c \"$*\"\n" % container}})

    def is_prepared(self, job):
        try:
            self.kube.get(self.core("configmaps", job.thing,
                                    job.name + "-config"))
            return True
        except Refused:
            return False

    @staticmethod
    def equip_mpi(job, role, spec, container):
        spec.setdefault("volumes", []).append({
            "name": "mpi-job-config", "configMap": {
                "name": job.name + "-config", "items": [
                    {"key": "kubexec.sh", "path": "kubexec.sh", "mode": 0o555},
                    {"key": "hostfile", "path": "hostfile", "mode": 0o444}]}})
        container.setdefault("volumeMounts", []).append(
            {"name": "mpi-job-config", "mountPath": "/etc/mpi"})
        if role == "Launcher":
            spec["serviceAccountName"] = job.name + "-launcher"
        elif not container.get("command"):
            container.update(command=["sleep"], args=["365d"])
