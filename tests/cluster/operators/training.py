# SPDX-License-Identifier: MIT
"""An operator of a kind that trialdeck knows nothing of: example.org/v1
Training, whose parts are pods.  The first part decides: it is Done when those
pods have succeeded, Failed when a pod of any part has failed, and Lost when its
note says so."""
import copy

from double import Operator, now


def exit_code(pod):
    for status in pod.get("status", {}).get("containerStatuses", []):
        ended = status.get("state", {}).get("terminated")
        if ended:
            return ended["exitCode"]
    return None


class Trainings(Operator):
    group, version, plurals = "example.org", "v1", ["trainings"]

    def reconcile(self, plural, thing):
        if thing.get("status", {}).get("phase") in ("Done", "Failed"):
            self.clean(thing)
            return
        if thing["spec"].get("note") == "lost":
            self.put_status(plural, thing, {
                "phase": "Lost", "reason": "Lost",
                "message": "nobody knows where it went"})
            return
        pods = {p["metadata"]["name"]: p for p in self.owned_pods(thing)}
        for part in thing["spec"]["parts"]:
            for index in range(part.get("replicas", 1)):
                self.make_pod(thing, part, index, pods)
        self.put_status(plural, thing, self.judge(thing, pods))

    def make_pod(self, thing, part, index, pods):
        name = "%s-%s-%d" % (thing["metadata"]["name"], part["name"], index)
        if name in pods:
            return
        pod = copy.deepcopy(part.get("template") or
                            {"spec": part["podSpec"]})
        pod.update(apiVersion="v1", kind="Pod")
        metadata = pod.setdefault("metadata", {})
        metadata.update(name=name, ownerReferences=[self.owner(thing)])
        metadata.setdefault("labels", {}).update({
            "example.org/training": thing["metadata"]["name"],
            "example.org/part": part["name"]})
        pod["spec"].setdefault("restartPolicy", "Never")
        self.create(self.core("pods", thing), pod)

    def judge(self, thing, pods):
        status = copy.deepcopy(thing.get("status", {}))
        status.setdefault("phase", "Pending")
        status.setdefault("startTime", now())
        first = thing["spec"]["parts"][0]["name"]
        leading = [p for n, p in sorted(pods.items())
                   if n.startswith(thing["metadata"]["name"] + "-" + first)]
        failed = [p for _, p in sorted(pods.items())
                  if p.get("status", {}).get("phase") == "Failed"]
        if failed:
            status.update(phase="Failed", reason="PartFailed",
                          message="%s ended with status %s" % (
                              failed[0]["metadata"]["name"],
                              exit_code(failed[0])),
                          completionTime=now())
        elif leading and all(p.get("status", {}).get("phase") == "Succeeded"
                             for p in leading):
            status.update(phase="Done", completionTime=now())
        elif any(p.get("status", {}).get("phase") == "Running"
                 for p in pods.values()):
            status["phase"] = "Running"
        return status

    def clean(self, thing):
        """Parts that still run have nobody to work for."""
        for pod in self.owned_pods(thing):
            if pod.get("status", {}).get("phase") in ("Pending", "Running"):
                self.kube.delete(self.core("pods", thing,
                                           pod["metadata"]["name"]))
