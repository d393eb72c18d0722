# SPDX-License-Identifier: MIT
"""What the doubles of operators share.  A double stands in for the operator
alone: it makes real pods on the real API server from the objects that the
program created there, and writes the real status shapes.  It does so in the
namespaces of its own test only (kube.OURS): others run beside it, with doubles
of their own.

    class Mine(Operator):
        group, version, plurals = "example.org", "v1", ["things"]
        def reconcile(self, plural, thing): ...

    with Mine(env): ...                     # its threads end with the block
"""
import datetime
import fcntl
import http.client
import os
import sys
import threading
import time
import traceback

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from kube import OURS, Kube, Refused  # noqa: E402

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
TROUBLE = (OSError, http.client.HTTPException, Refused)


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


def seconds_since(text):
    at = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(
        tzinfo=datetime.timezone.utc)
    return (datetime.datetime.now(datetime.timezone.utc) - at).total_seconds()


def is_established(definition):
    conditions = definition.get("status", {}).get("conditions") or []
    return any(c["type"] == "Established" and c["status"] == "True"
               for c in conditions)


def hold(kube, name, alone=False):
    """Definitions are the whole cluster's: who takes them away must be alone
    with them.  Until the returned file is closed."""
    held = open(os.path.join(kube.env["CLUSTER_DIR"], "run",
                             name + ".definitions"), "w")
    fcntl.flock(held, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
    return held


def are_installed(kube, name):
    with open(os.path.join(HERE, "crd", name + ".yaml")) as f:
        names = {line.split()[1] for line in f if line.startswith("  name: ")}
    return any(d["metadata"]["name"] in names for d in kube.items(CRDS))


def install(kube, name, seconds=300):
    """Make the definitions of crd/NAME.yaml, and wait until they are served."""
    with open(os.path.join(HERE, "crd", name + ".yaml")) as f:
        documents = [part for part in f.read().split("\n---\n")
                     if "\nkind:" in part]
    deadline = time.monotonic() + seconds
    for document in documents:
        name = next(line.split()[1] for line in document.splitlines()
                    if line.startswith("  name: "))
        try:
            kube.call("POST", CRDS, text=document, kind="application/yaml")
        except Refused as refused:
            if refused.code != 409:  # another test may be making it
                raise
        path = CRDS + "/" + name
        while not is_established(kube.get(path)):
            if time.monotonic() > deadline:
                raise TimeoutError(path + " is not established")
            time.sleep(0.05)


def uninstall(kube, name, seconds=300):
    """Take them away with all objects, and wait until they are gone."""
    with open(os.path.join(HERE, "crd", name + ".yaml")) as f:
        paths = [CRDS + "/" + line.split()[1] for line in f
                 if line.startswith("  name: ")]
    deadline = time.monotonic() + seconds
    for path in paths:
        kube.delete(path)
    for path in paths:
        while exists(kube, path):
            if time.monotonic() > deadline:
                raise TimeoutError(path + " is not removed")
            time.sleep(0.05)


def exists(kube, path):
    try:
        kube.get(path)
        return True
    except Refused as refused:
        if refused.code != 404:
            raise
        return False


class Cache(threading.Thread):
    """The objects of one collection, kept by a watch."""

    def __init__(self, env, path, changed, selector=""):
        super().__init__(daemon=True)
        self.kube = Kube(env)
        self.path = path
        self.query = "&labelSelector=" + selector if selector else ""
        self.changed = changed
        self.lock = threading.Lock()
        self.objects = {}
        self.is_listed = threading.Event()
        self.must_end = False
        self.start()

    @staticmethod
    def key(thing):
        return (thing["metadata"].get("namespace"), thing["metadata"]["name"])

    def list(self):
        answer = self.kube.get(self.path + ("?" + self.query[1:]
                                            if self.query else ""))
        with self.lock:
            self.objects = {self.key(t): t for t in answer["items"]}
        self.is_listed.set()
        self.changed()
        return answer["metadata"]["resourceVersion"]

    def run(self):
        version = None
        while not self.must_end:
            try:
                if not version:
                    version = self.list()
                for event in self.kube.watch(self.path, version, 5,
                                             self.query):
                    if event["type"] == "ERROR":
                        version = None
                        break
                    thing = event["object"]
                    version = thing["metadata"]["resourceVersion"]
                    with self.lock:
                        if event["type"] == "DELETED":
                            self.objects.pop(self.key(thing), None)
                        else:
                            self.objects[self.key(thing)] = thing
                    self.changed()
            except TROUBLE:
                version = None
                time.sleep(0.2)

    def all(self):
        with self.lock:
            return list(self.objects.values())


class Operator(threading.Thread):
    """Reconciles every object of its kinds whenever something changes, and
    once a second."""

    group = version = None
    plurals = []
    pod_selector = ""

    def __init__(self, env=None):
        super().__init__(daemon=True)
        self.kube = Kube(env)
        self.woken = threading.Event()
        self.must_end = False
        self.errors = []
        self.caches = {plural: Cache(
            self.kube.env, "/apis/%s/%s/%s" % (self.group, self.version,
                                               plural), self.woken.set)
            for plural in self.plurals}
        self.pods = Cache(self.kube.env, "/api/v1/pods", self.woken.set,
                          self.pod_selector)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.must_end = True
        for cache in list(self.caches.values()) + [self.pods]:
            cache.must_end = True
        self.woken.set()
        self.join(30)

    def run(self):
        for cache in list(self.caches.values()) + [self.pods]:
            cache.is_listed.wait(300)
        while not self.must_end:
            self.woken.wait(1)
            self.woken.clear()
            for plural, cache in self.caches.items():
                for thing in cache.all():
                    self.attempt(plural, thing)

    def attempt(self, plural, thing):
        if thing["metadata"]["namespace"] not in OURS:
            return
        if self.must_end or thing["metadata"].get("deletionTimestamp"):
            return
        try:
            self.reconcile(plural, thing)
        except Refused as refused:
            # changed or deleted since it was seen, or the server is not
            # ready for it: the next round knows
            if refused.code not in (403, 404, 409) and refused.code < 500:
                self.errors.append(str(refused))
        except TROUBLE:
            time.sleep(0.2)
        except Exception:  # a bug of the double must not look like a test's
            self.errors.append(traceback.format_exc())

    def reconcile(self, plural, thing):
        raise NotImplementedError

    # --- what reconcilers do ----------------------------------------------

    def path(self, plural, thing, more=""):
        return "/apis/%s/%s/namespaces/%s/%s/%s%s" % (
            self.group, self.version, thing["metadata"]["namespace"], plural,
            thing["metadata"]["name"], more)

    def core(self, plural, thing, name=None):
        path = "/api/v1/namespaces/%s/%s" % (
            thing["metadata"]["namespace"], plural)
        return path + "/" + name if name else path

    def owner(self, thing):
        return {"apiVersion": thing["apiVersion"], "kind": thing["kind"],
                "name": thing["metadata"]["name"],
                "uid": thing["metadata"]["uid"],
                "controller": True, "blockOwnerDeletion": True}

    def owned_pods(self, thing):
        uid = thing["metadata"]["uid"]
        return [pod for pod in self.pods.all() if any(
            o["uid"] == uid for o in pod["metadata"].get(
                "ownerReferences", []))]

    def create(self, path, body):
        """True unless it is there already."""
        try:
            self.kube.post(path, body)
            return True
        except Refused as refused:
            if refused.code != 409:
                raise
            return False

    def put_status(self, plural, thing, status):
        """Write it if it differs."""
        if status == thing.get("status"):
            return
        self.kube.call("PUT", self.path(plural, thing, "/status"),
                       dict(thing, status=status))
