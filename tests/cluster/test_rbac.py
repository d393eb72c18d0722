#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Service accounts: with the Role of examples/in-cluster everything works, from
outside and from a pod; with less there is a sentence.  TAP output."""
import base64
import glob
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
from lab import IMAGE, PATIENCE, Lab, check, done, together
from rig import PROGRAM, SRC, TOP

MANIFESTS = os.path.join(SRC, "examples/in-cluster/*.yaml")
ROLES = "/apis/rbac.authorization.k8s.io/v1/namespaces/%s/"


def manifests(kind):
    """Documents of this kind among the examples, as text."""
    found = []
    for name in sorted(glob.glob(MANIFESTS)):
        with open(name) as f:
            found += [d for d in re.split(r"^---.*\n", f.read(), flags=re.M)
                      if re.search(r"^kind: %s$" % kind, d, re.M)]
    return found


def make_account(lab, name):
    """A service account; its kubeconfig is a file."""
    lab.kube.post(lab.path("serviceaccounts"), {"metadata": {"name": name}})

    def token():
        account = lab.kube.get(lab.path("serviceaccounts", name))
        return [s["name"] for s in account.get("secrets", [])
                if "token" in s["name"]]
    secret = lab.wait(token, "a token for " + name)[0]
    data = lab.kube.get(lab.path("secrets", secret))["data"]
    path = os.path.join(lab.dir, name + ".kubeconfig")
    with open(path, "w") as f:
        json.dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {
                "server": "https://127.0.0.1:" + lab.cluster["CLUSTER_PORT"],
                "certificate-authority-data": data["ca.crt"]}}],
            "users": [{"name": "u", "user": {
                "token": base64.b64decode(data["token"]).decode()}}],
            "contexts": [{"name": "c", "context": {
                "cluster": "c", "user": "u"}}]}, f)
    return path


def bind(lab, role, account):
    lab.kube.post(ROLES % lab.namespace + "rolebindings", {
        "metadata": {"name": account},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role",
                    "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": account,
                      "namespace": lab.namespace}]})


def make_role(lab):
    """That of the examples; its name."""
    text = re.sub(r"^  namespace: .*$", "  namespace: " + lab.namespace,
                  manifests("Role")[0], flags=re.M)
    role = lab.kube.call("POST", ROLES % lab.namespace + "roles",
                         kind="application/yaml", text=text)
    broad = [rule for rule in role["rules"]
             if "*" in rule["verbs"] + rule["resources"]]
    check(not broad, "the example's Role names what it needs", broad)
    return role["metadata"]["name"]


def without_rights():
    lab = Lab(1, 1)
    try:
        lab.env["KUBECONFIG"] = make_account(lab, "nobody")
        status, out, err = lab.call("run", "--headless", lab.file)
        check(status == 4 and err.startswith("trialdeck: ") and
              "may not create jobs" in err,
              "without rights: status 4 and a sentence: " +
              err.strip()[:300], "%s %s %s" % (status, out, err))
        status, out, err = lab.call("check", lab.file)
        check(status == 1 and re.search(r"fail.*(right|create|jobs)", out, re.I),
              "check names the rights that are missing", out + err)
        lab.env["KUBECONFIG"] = os.path.join(lab.dir, "absent")
        status, out, err = lab.call("run", "--headless", lab.file)
        check(status in (2, 3, 4) and "absent" in err,
              "a kubeconfig that is not there is named",
              "%s %s" % (status, err))
    finally:
        lab.close()


def with_role():
    lab = Lab(4, 2)
    try:
        lab.env["KUBECONFIG"] = make_account(lab, "console")
        bind(lab, make_role(lab), "console")
        status, out, err = lab.call("check", lab.file)
        check(status == 0, "with the example's Role check is content",
              out + err)
        lab.run_to_end("with the example's Role")
        lab.check_all_succeeded("with the example's Role")
        lab.check_metrics("with the example's Role")
        lab.check_nothing_left("with the example's Role")
    finally:
        lab.close()


def library_path():
    """The folders of what the program loads, as a pod sees this host's /usr/lib
    at /libraries.  Not those of symbolic links, which may lead through /etc."""
    out = subprocess.run(["ldd", PROGRAM], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    folders = {os.path.dirname(os.path.realpath(file))
               for file in re.findall(r" => (/\S+)", out)}
    return ":".join(sorted("/libraries" + folder.removeprefix("/usr/lib")
                           for folder in folders))


def with_storage():
    """A volume that only pods can mount: read and written by the same Role."""
    lab = Lab(1, 1)
    try:
        volume = os.path.join(lab.dir, "volume")
        os.mkdir(volume)
        os.chmod(volume, 0o777)
        with open(lab.file) as f:
            service = json.load(f)["trainingService"]
        service["storage"] = {"storageType": "hostPath", "path": volume}
        lab.rewrite(trainingService=service)
        lab.env["KUBECONFIG"] = make_account(lab, "keeper")
        role = make_role(lab)
        path = ROLES % lab.namespace + "roles/" + role
        whole = lab.kube.get(path)
        bind(lab, role, "keeper")
        status, out, err = lab.call("check", lab.file)
        check(status == 0 and "proxy" not in out,
              "with the example's Role a pod's storage is no trouble", out)
        lab.run_to_end("a pod's storage")
        check(os.path.exists(os.path.join(volume, "nni", lab.id, "nni-code",
                                          "steps.py")),
              "with the example's Role the code is brought to it",
              lab.said("."))
        status, out, err = lab.call("files", lab.id)
        check(status == 0, "and its files are listed", out + err)
        lab.kube.patch(path, {"rules": [
            r for r in whole["rules"] if "pods/proxy" not in r["resources"]]})
        status, out, err = lab.call("check", lab.file)
        check("may not get pods/proxy" in out,
              "check names pods/proxy where it is missing", out + err)
        status, out, err = lab.call(
            "files", lab.id, lab.trials_json()[0]["id"])
        check(status != 0 and "proxy" in err,
              "without it files says so: " + err.strip()[:300], out + err)
    finally:
        lab.close()


def engine_pod(lab):
    """This build in a pod: host and image are the same Debian, but the image
    lacks most libraries."""
    folders = {"build": os.path.abspath(TOP), "data": lab.dir,
               "libraries": "/usr/lib", "trials": lab.code}
    loader = "/libraries/x86_64-linux-gnu/ld-linux-x86-64.so.2"
    return {
        "restartPolicy": "Never", "serviceAccountName": "engine",
        "volumes": [{"name": name, "hostPath": {"path": path}}
                    for name, path in folders.items()],
        "containers": [{
            "name": "engine", "image": IMAGE,
            "imagePullPolicy": "IfNotPresent",
            "command": [
                loader, "--library-path", library_path(),
                "/build/trialdeck", "--db", "/data/t.db", "run", "--headless",
                "/data/exp.yaml"],
            "env": [{"name": "HOME", "value": "/data"}],
            "volumeMounts": [{"name": name, "mountPath": "/" + name}
                             for name in folders]}]}


def in_cluster():
    """The engine as a pod, with nothing but its service account."""
    # neither namespace nor address are said: the pod knows them
    lab = Lab(4, 2, platform={"namespace": None, "sidePort": None})
    try:
        lab.code = os.path.join(os.path.abspath(SRC), "tests/cluster/trials")
        lab.rewrite(trialCodeDirectory="/trials")
        make_account(lab, "engine")
        bind(lab, make_role(lab), "engine")
        lab.kube.post(lab.path("pods"), {"metadata": {"name": "engine"},
                                         "spec": engine_pod(lab)})
        pod = lab.wait(lambda: next((p for p in lab.all("pods") if
                                     p["metadata"]["name"] == "engine" and
                                     p["status"]["phase"] in
                                     ("Succeeded", "Failed")), None),
                       "the engine's pod ends", 2 * PATIENCE)
        log = lab.kube.get(lab.path("pods", "engine") + "/log")
        is_good = pod and pod["status"]["phase"] == "Succeeded"
        check(is_good, "in the cluster: ends with status 0", log)
        if not is_good:
            return
        lab.db = os.path.join(lab.dir, "t.db")
        lab.id = lab.ask("list", "--json")[0]["id"]
        lab.check_all_succeeded("in the cluster")
        lab.check_metrics("in the cluster")
        lab.check_nothing_left("in the cluster")
    finally:
        lab.close()


def main():
    if manifests("Role"):
        together(without_rights, with_role, with_storage, in_cluster)
    else:
        check(False, "examples/in-cluster holds a Role", MANIFESTS)
    return done()


if __name__ == "__main__":
    sys.exit(main())
