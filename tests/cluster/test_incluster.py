#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""examples/in-cluster as it stands: the program as a Job of the cluster, in an
image of its own, with the example's Role and a bound token.  Its pod is killed
in the middle; its database is looked at from outside all the while.
TAP output."""
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tarfile

sys.dont_write_bytecode = True
from lab import IMAGE, PATIENCE, PROGRAM, Lab, check, cluster, done
from terminal import Console
from test_rbac import ROLES, manifests

OWN_IMAGE = "test.local/trialdeck:1"
CLUSTER_ROLES = "/apis/rbac.authorization.k8s.io/v1/"
TRIALS = 8  # so many that some are left, however slow the machine is
STEPS = 10
# as newer clusters mount it by themselves; this one's are of the old sort
TOKEN = """
      - name: token
        projected:
          sources:
          - serviceAccountToken: {path: token, expirationSeconds: 600}
          - configMap:
              name: kube-root-ca.crt
              items: [{key: ca.crt, path: ca.crt}]
          - downwardAPI:
              items:
              - path: namespace
                fieldRef: {fieldPath: metadata.namespace}
"""
TOKEN_MOUNT = ("        - {name: token, mountPath: "
               "/var/run/secrets/kubernetes.io/serviceaccount}\n")


def libraries():
    """Name it is looked for by -> file, of all that the program loads."""
    out = subprocess.run(["ldd", PROGRAM], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    return dict(re.findall(r"^\s*(lib\S+) => (/\S+)", out, re.M))


def load_image(lab):
    """The trials' Debian and this build, as the Containerfile would have it."""
    path = os.path.join(lab.dir, "image.tar")
    shutil.copyfile(os.path.join(lab.cluster["CLUSTER_CACHE"],
                                 "images/trial.tar"), path)
    with tarfile.open(path, "a") as tar:
        tar.add(os.path.realpath(PROGRAM), "./usr/local/bin/trialdeck")
        for name, file in libraries().items():
            tar.add(os.path.realpath(file), "./usr/local/lib/" + name)
    config = {"User": "1000", "Env": [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LD_LIBRARY_PATH=/usr/local/lib", "HOME=/data"]}
    cluster("image", OWN_IMAGE, path, json.dumps(config))
    os.unlink(path)


def replaced(text, *pairs):
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def apply(lab, collection, text):
    return lab.kube.call("POST", collection, kind="application/yaml",
                         text=text)


def start(lab):
    """What `kubectl apply` would do, but for what this cluster lacks: images
    from elsewhere, and a provisioner of volumes."""
    for kind, plural in (("ServiceAccount", None), ("Role", "roles"),
                         ("RoleBinding", "rolebindings")):
        apply(lab, ROLES % lab.namespace + plural if plural else
              lab.path("serviceaccounts"), manifests(kind)[0])
    apply(lab, lab.path("configmaps"), replaced(
        manifests("ConfigMap")[0], ("python:3.11-slim", IMAGE),
        ("maxTrialNumber: 20", "maxTrialNumber: %d" % TRIALS),
        ("trialConcurrency: 4", "trialConcurrency: 2")))
    job = replaced(
        manifests("Job")[0], ("trialdeck:0.1.0", OWN_IMAGE),
        ("persistentVolumeClaim: {claimName: trialdeck}",
         "hostPath: {path: %s}" % lab.data),
        ("        volumeMounts:\n", "        volumeMounts:\n" + TOKEN_MOUNT),
        ("      volumes:\n", "      volumes:" + TOKEN),
        ("      serviceAccountName: trialdeck\n",
         "      serviceAccountName: trialdeck\n"
         "      automountServiceAccountToken: false\n"))
    return apply(lab, lab.path("jobs"), job)


def bind_view(lab):
    """The optional part; these objects are in no namespace."""
    for kind, plural in (("ClusterRole", "clusterroles"),
                         ("ClusterRoleBinding", "clusterrolebindings")):
        text = manifests(kind)[0].replace(
            "name: trialdeck-view", "name: " + lab.namespace).replace(
            "namespace: default", "namespace: " + lab.namespace)
        apply(lab, CLUSTER_ROLES + plural, text)


def unbind_view(lab):
    for plural in ("clusterroles", "clusterrolebindings"):
        lab.kube.delete(CLUSTER_ROLES + plural + "/" + lab.namespace)


def check_nodes(lab):
    code, out, err = lab.call("nodes", lab.id)
    check("forbidden" in out + err and "testnode" not in out,
          "nodes, without the optional right: a sentence", out + err)
    bind_view(lab)
    check(lab.wait(lambda: "testnode" in lab.call("nodes", lab.id)[1],
                   "nodes are seen"), "nodes, with it: they are listed")


def engine_pods(lab):
    return lab.kube.items(lab.path("pods"), "app=trialdeck")


def engine_log(lab):
    return "\n".join(
        lab.kube.get(lab.path("pods", pod["metadata"]["name"]) + "/log")
        for pod in engine_pods(lab))


def state(lab):
    """For a test that failed."""
    return "\n".join(json.dumps(p["status"]) for p in engine_pods(lab)) + \
        "\n" + engine_log(lab)


def urls(lab):
    """Where trials are told to find the side port."""
    return [link["data"]["url"] for link in lab.objects("configmaps")
            if "url" in (link.get("data") or {})]


def is_over(lab):
    return {c["type"] for c in lab.kube.get(lab.path("jobs", "trialdeck"))[
        "status"].get("conditions", [])} & {"Complete", "Failed"}


def look(lab):
    """From this machine, which has the database's folder mounted."""
    listed = lab.ask("list", "--json")
    check([e["name"] for e in listed] == ["sweep"] and
          listed[0]["state"] == "RUNNING", "list, from outside", listed)
    code, out, err = lab.call("trials", lab.id)
    check(code == 0 and "RUNNING" in out, "trials, from outside", out + err)
    code, out, err = lab.call("resume", "--headless", lab.id)
    check(code == 1 and "run" in err,
          "resume, from outside: somebody runs it: " + err.strip(), out)
    console = Console(lab, "view", lab.id)
    try:
        check(console.wait_for(b"sweep") and console.wait_for(b"RUNNING"),
              "view, from outside", console.output[-400:])
        console.settle()
        console.type("Q")
        check(console.status(PATIENCE) == 0, "view ends with status 0",
              console.output[-400:])
    finally:
        console.close()


def kill_pod(lab):
    """Without a farewell; the pod that takes its place."""
    old = engine_pods(lab)[0]["metadata"]
    lab.kube.delete(lab.path("pods", old["name"]), grace=0)
    return lab.wait(lambda: next(
        (p for p in engine_pods(lab) if p["metadata"]["uid"] != old["uid"] and
         p["status"]["phase"] == "Running"), None), "another pod")


def check_urls(lab, label):
    def addresses():
        return [p["status"].get("podIP", "?") for p in engine_pods(lab)]

    def is_told():
        own = addresses()
        return len(own) == 1 and urls(lab) and all(
            "//%s:" % own[0] in url for url in urls(lab))
    check(lab.wait(is_told, "the pod's address is told"),
          label + ": trials are told the pod's own address",
          "%s %s" % (addresses(), urls(lab)))


def check_metrics(lab):
    trials = {t["id"]: t["parameters"]["lr"] for t in lab.trials_json()}
    stored, twice = lab.stored()
    wrong = ["twice: %s" % (key,) for key in twice]
    for trial, lr in trials.items():
        final = 1 - abs(lr - 0.01)
        want = {(trial, 1, "default", n): final * (n + 1) / STEPS
                for n in range(STEPS)}
        want[trial, 1, "final", 0] = final
        have = {key: value for key, value in stored.items()
                if key[0] == trial}
        if want.keys() != have.keys() or not all(
                math.isclose(want[key], have[key]) for key in want):
            wrong.append("%s: %s" % (trial, sorted(have.items())))
    check(len(trials) == TRIALS and not wrong,
          "every metric of every trial is there once", "\n".join(wrong))


def check_copy(lab):
    """The database alone, elsewhere."""
    source = lab.db
    before = lab.trials_json()
    lab.db = os.path.join(lab.dir, "copy.db")
    for name in os.listdir(lab.data):
        if name.startswith("trialdeck.db"):
            shutil.copyfile(os.path.join(lab.data, name),
                            lab.db + name[len("trialdeck.db"):])
    check(lab.trials_json() == before, "a copy of the database says the same")
    lab.db = source


def check_rights(lab):
    """Nothing the program asked for was refused, but nodes at first."""
    told = [e["text"] for e in lab.events()] + lab.log().splitlines() + \
        engine_log(lab).splitlines()
    refused = [text for text in told if re.search("forbidden|403", text or "")
               and "nodes" not in text]
    check(told and not refused, "no request of it was refused",
          "\n".join(refused))


def main():
    lab = Lab(TRIALS, 2)
    try:
        lab.data = os.path.join(lab.dir, "data")
        os.mkdir(lab.data)
        os.chmod(lab.data, 0o777)
        lab.db = os.path.join(lab.data, "trialdeck.db")
        load_image(lab)
        start(lab)
        if not lab.wait(lambda: lab.call("show", "sweep")[0] == 0,
                        "the experiment begins"):
            check(False, "its pod runs", state(lab))
            return done()
        lab.id = lab.ask("show", "sweep", "--json")["id"]
        check_urls(lab, "at first")
        lab.wait_trial("one runs and reports", lambda t:
                       t["state"] == "RUNNING" and t["intermediates"])
        look(lab)
        check_nodes(lab)
        lab.wait_trial("one is done", lambda t: t["state"] == "SUCCEEDED")
        lab.wait_trial("another runs", lambda t: t["state"] == "RUNNING")
        check(kill_pod(lab), "its pod is killed, and there is another")
        check_urls(lab, "after the kill")
        over = lab.wait(lambda: is_over(lab), "it ends", 3 * PATIENCE)
        check(over == {"Complete"}, "the Job completes",
              state(lab) + "\n" + lab.diagnosis())
        check(lab.experiment()["state"] == "DONE", "the experiment is DONE",
              lab.experiment())
        lab.check_all_succeeded("in the cluster")
        check_metrics(lab)
        lab.check_nothing_left("in the cluster")
        code, out, err = lab.call("log", lab.id, "0")
        check("final=" in out, "a trial's log, from outside", out + err)
        check_copy(lab)
        check_rights(lab)
    finally:
        unbind_view(lab)
        lab.close()
    return done()


if __name__ == "__main__":
    sys.exit(main())
