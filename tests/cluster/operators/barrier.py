# SPDX-License-Identifier: MIT
"""A stand-in for the image frameworkcontroller/frameworkbarrier: asks the API
server for its Framework until every task has an address, then writes
framework.json and injector.sh.  Runs in an init container that has Python.

Unlike the original it asks twice a second, so that tests need not wait."""
import base64
import gzip
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/"
FOLDER = "/mnt/frameworkbarrier/"
TIMEOUT_S = int(os.environ.get("BARRIER_CHECK_TIMEOUT_SEC", "600"))
# what the original ends with
TIMED_OUT, GONE = 201, 210

with open(ACCOUNT + "token") as f:
    token = f.read()
tls = ssl.create_default_context(cafile=ACCOUNT + "ca.crt")
url = "https://%s:%s/apis/frameworkcontroller.microsoft.com/v1/namespaces/" \
    "%s/frameworks/%s" % (
        os.environ["KUBERNETES_SERVICE_HOST"],
        os.environ["KUBERNETES_SERVICE_PORT"],
        os.environ["FC_FRAMEWORK_NAMESPACE"], os.environ["FC_FRAMEWORK_NAME"])
deadline = time.monotonic() + TIMEOUT_S
addresses = None


def roles_of(framework):
    attempt = (framework.get("status") or {}).get("attemptStatus") or {}
    if attempt.get("taskRoleStatusesCompressed"):
        return json.loads(gzip.decompress(base64.b64decode(
            attempt["taskRoleStatusesCompressed"])))
    return attempt.get("taskRoleStatuses") or []


while not addresses:
    if time.monotonic() > deadline:
        sys.exit(TIMED_OUT)
    request = urllib.request.Request(
        url, headers={"Authorization": "Bearer " + token})
    try:
        with urllib.request.urlopen(request, context=tls, timeout=10) as f:
            framework = json.load(f)
    except urllib.error.HTTPError as error:
        print("asked for the framework: %s" % error, flush=True)
        if error.code == 404:
            sys.exit(GONE)
        time.sleep(0.5)
        continue
    found = {role["name"]: [t["attemptStatus"]["podIP"]
                            for t in role["taskStatuses"]]
             for role in roles_of(framework)}
    if found and all(all(ips) for ips in found.values()):
        addresses = found
    else:
        time.sleep(0.5)

with open(FOLDER + "framework.json", "w") as f:
    json.dump(framework, f)
with open(FOLDER + "injector.sh", "w") as f:
    for role, ips in addresses.items():
        name = role.upper()
        f.write("export FB_%s_IPS=%s\n" % (name, ",".join(ips)))
        f.write("export FB_%s_ADDRESSES=%s\n" % (name, ",".join(
            "%s:${FB_%s_PORT}" % (ip, name) for ip in ips)))
