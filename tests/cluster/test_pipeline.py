#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The example argo-pipeline as it stands: a workflow that downloads by a volume
manager, trains a TFJob and exports to S3, on a real API server with real pods.
Doubles of ours are the three controllers (operators/) and the S3 server (here).
TAP output."""
import http.server
import os
import re
import sys
import threading

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "operators"))
from lab import IMAGE, Kube, Recorder, check, done, free_port  # noqa: E402
from lab import require_cluster  # noqa: E402
from argo import Argo, Volumes  # noqa: E402
from argo_text import identity  # noqa: E402
from double import hold, install  # noqa: E402
from kubeflow import Kubeflow  # noqa: E402
from test_workflow import Workflows  # noqa: E402

EXAMPLES = os.path.join(HERE, "../../examples")
PIPELINE = os.path.join(EXAMPLES, "argo-pipeline")


def text_of(*names):
    with open(os.path.join(EXAMPLES, *names)) as f:
        return f.read()


class Storage(http.server.ThreadingHTTPServer):
    """S3, as far as objects are put and got with the right key's name."""

    def __init__(self, address):
        self.objects, self.refused = {}, []
        super().__init__((address, free_port()), self.Answer)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    class Answer(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def reply(self, status, body=b""):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def is_allowed(self):
            said = self.headers.get("Authorization", "")
            if re.match(r"AWS4-HMAC-SHA256 Credential=AKIDTEST/\d{8}/"
                        r"us-west-2/s3/aws4_request, ", said):
                return True
            self.server.refused.append(said)
            self.reply(403)
            return False

        def do_PUT(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.is_allowed():
                self.server.objects[self.path] = body
                self.reply(200)

        def do_GET(self):
            if not self.is_allowed():
                return
            body = self.server.objects.get(self.path)
            self.reply(404 if body is None else 200, body or b"")


def parameters(storage):
    """The example's, with what the test cluster has instead."""
    host = "%s:%d" % storage.server_address
    found = dict(re.findall(r'^    ([a-z0-9-]+): "?([^"\n#]+?)"?\s*(?:#.*)?$',
                            text_of("argo-pipeline", "experiment.yaml"), re.M))
    found.update({
        "s3-endpoint": host, "aws-endpoint-url": "http://" + host,
        "s3-use-https": "0", "tf-model-image": IMAGE,
        "tf-tensorboard-image": IMAGE, "tf-serving-image": IMAGE,
        # there is no DNS by which they would find each other
        "tf-worker": "1", "tf-ps": "0"})
    return found


def prepare(lab):
    """What the README says."""
    namespace = "/namespaces/" + lab.namespace
    for document in text_of("argo-pipeline", "rbac.yaml").split("\n---\n"):
        collection, plural, _ = identity(document)
        lab.kube.call("POST", collection + namespace + "/" + plural,
                      text=document, kind="application/yaml")
    lab.kube.post(lab.path("secrets"), {
        "metadata": {"name": "aws-creds"}, "stringData": {
            "awsAccessKeyID": "AKIDTEST", "awsSecretAccessKey": "secret"}})
    lab.kube.post(lab.path("configmaps"), {
        "metadata": {"name": "pipeline-code"}, "data": {
            "model.py": text_of("argo-pipeline", "model.py"),
            "train.py": text_of("distributed", "train.py")}})


def look_at_results(lab, storage, trials):
    for trial in trials:
        check(trial["final"] is not None and 0 < trial["final"] <= 1,
              "trial %d has a result" % trial["sequence"], trial)
    jobs = sorted("nni-exp-%s-trial-%s-1" % (lab.id, t["id"]) for t in trials)
    wanted = sorted(
        ["/mybucket/models/unfinished/%s/model.json" % job for job in jobs] +
        ["/mybucket/models/exported/%s/saved_model.json" % job
         for job in jobs])
    check(sorted(storage.objects) == wanted, "models lie in S3",
          sorted(storage.objects))
    check(not storage.refused, "with the credentials of the secret",
          storage.refused)
    tree = [(p["name"], p["depth"], p["sort"], p["state"])
            for p in lab.tree(0)]
    check(tree == [
        ("tests", 0, "Steps", "succeeded"),
        ("download-dataset", 1, "pod", "succeeded"),
        ("get-workflow-info", 1, "pod", "succeeded"),
        ("tensorboard", 1, "Steps", "succeeded"),
        ("deployment", 2, "pod", "succeeded"),
        ("service", 2, "pod", "succeeded"),
        ("train-model", 1, "pod", "succeeded"),
        ("export-model", 1, "pod", "succeeded"),
        ("serve-model", 1, "Skipped", "skipped"),
        ("onExit", 0, "Steps", "succeeded"),
        ("cleanup", 1, "pod", "succeeded")], "its six steps are shown",
        "\n".join(map(str, tree)))
    reason = lab.parts(0)["serve-model"]["reason"]
    check(reason == "when 'false == true' evaluated false",
          "serving is skipped, and says why", reason)
    _, out, err = lab.call("log", lab.id, "0")
    check("worker 0, step 200" in out and "final=" in out,
          "the log has the training's worker and the export", out + err)


def main():
    env = require_cluster()
    kube = Kube(env)
    held = hold(kube, "kubeflow")
    install(kube, "argo")
    install(kube, "kubeflow")
    storage = Storage(env["CLUSTER_HOST_IP"])
    space = {"learning_rate": {"_type": "loguniform", "_value": [0.01, 2.0]},
             "hidden_units": {"_type": "choice", "_value": [4, 8, 12, 16]},
             "batch_size": {"_type": "choice", "_value": [8, 16, 32]}}
    lab = Workflows(2, searchSpace=space)
    lab.rewrite(trainingService={
        "platform": "kubernetes", "kind": "workflow",
        "namespace": lab.namespace,
        "manifest": os.path.join(PIPELINE, "pipeline.yaml"),
        "serviceAccountName": "argo", "parameters": parameters(storage)})
    prepare(lab)
    boards = Recorder("/apis/apps/v1/namespaces/%s/deployments" %
                      lab.namespace)
    with Argo(env) as argo, Volumes(env), Kubeflow(env) as kubeflow:
        if lab.run_to_end("the pipeline"):
            trials = lab.check_all_succeeded("the pipeline")
            look_at_results(lab, storage, trials)
            check(len(boards.added()) == 2 and all(
                name.startswith("tensorboard-") for name in boards.added()),
                "each had its board, and no server", boards.added())
            jobs = kube.items("/apis/kubeflow.org/v1/namespaces/%s/tfjobs" %
                              lab.namespace)
            check(not jobs, "the exit handler removed its TFJob", jobs)
            lab.check_nothing_left("afterwards")
        errors = argo.errors + kubeflow.errors
        check(not errors, "the doubles made no mistake", "\n".join(errors))
    boards.must_end = True
    lab.close()
    storage.shutdown()
    held.close()
    return done()


if __name__ == "__main__":
    sys.exit(main())
