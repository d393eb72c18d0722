# SPDX-License-Identifier: MIT
"""How frameworks, tasks and their attempts end, and whether they are tried
again (kubernetes.md 5.2, 5.5): the test double framework.py's rules."""
import json

# code: (phrase, attributes)
CODES = {
    0: ("Succeeded", []),
    200: ("ContainerTransientFailed", ["Transient"]),
    201: ("ContainerTransientConflictFailed", ["Transient", "Conflict"]),
    210: ("ContainerPermanentFailed", ["Permanent"]),
    -100: ("ConfigMapExternalDeleted", ["Transient"]),
    -101: ("PodExternalDeleted", ["Transient"]),
    -120: ("PodCreationTransientError", ["Transient"]),
    -200: ("PodCreationPermanentError", ["Permanent"]),
    -210: ("StopFrameworkRequested", ["Permanent"]),
    -220: ("FrameworkAttemptCompletion", ["Permanent"]),
    -300: ("PodFailedWithoutFailedContainer", []),
    -1000: ("PodEvicted", ["Transient"]),
    -1004: ("PodDeadlineExceeded", ["Permanent"]),
    -1200: ("ContainerOOMKilled", ["Permanent"]),
    137: ("ContainerSigKillReceived", ["Transient"]),
    143: ("ContainerSigTermReceived", ["Transient"]),
}


def completion(code, diagnostics="", pod=None):
    phrase, attributes = CODES.get(code, ("ContainerUnrecognizedFailed", []))
    status = {"code": code, "phrase": phrase,
              "type": {"name": "Failed" if code else "Succeeded",
                       "attributes": attributes},
              "diagnostics": diagnostics}
    return dict(status, pod=pod) if pod else status


def completion_of(pod):
    """Of a pod that has ended."""
    status = pod["status"]
    if status["phase"] == "Succeeded":
        return completion(0, "Pod succeeded")
    containers = []
    for found in (status.get("initContainerStatuses", []) +
                  status.get("containerStatuses", [])):
        end = found.get("state", {}).get("terminated")
        if end and end["exitCode"]:
            containers.append({
                "name": found["name"], "reason": end.get("reason", ""),
                "message": end.get("message", ""),
                "signal": end.get("signal", 0), "code": end["exitCode"]})
    detail = {"reason": status.get("reason", ""),
              "message": status.get("message", ""), "containers": containers}
    code = containers[0]["code"] if containers else -300
    if detail["reason"] == "Evicted":
        code = -1000
    elif detail["reason"] == "DeadlineExceeded":
        code = -1004
    elif any(c["reason"] == "OOMKilled" for c in containers):
        code = -1200
    return completion(code, json.dumps(detail), detail)


def retry_status():
    return {"totalRetriedCount": 0, "accountableRetriedCount": 0,
            "retryDelaySec": None}


def retries(policy, status, end):
    """None: no other attempt; else whether it counts."""
    code, attributes = end["code"], end["type"]["attributes"]
    is_failed = end["type"]["name"] == "Failed"
    most = policy.get("maxRetryCount", 0)
    if code in (-210, -220, -230):
        return None
    if policy.get("fancyRetryPolicy") and is_failed:
        if "Transient" in attributes:
            return False
        if "Permanent" in attributes:
            return None
    if most == -2 or (most == -1 and is_failed):
        return True
    if is_failed and status["accountableRetriedCount"] < most:
        return True
    return None
