#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Storages over HTTP in an experiment's life: what pods send is moved into a
bucket, also when that was away; servers that refuse, shares that are full and
wrong keys pause the experiment, and mending it goes on; code that is cut short,
by stop or by kill -9, is nowhere half used; keys are nowhere but in memory and
in the cluster's Secrets.  TAP output."""
import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.request

sys.dont_write_bytecode = True
from lab import IMAGE, PROGRAM, Lab, check, done, together
from rig import SRC
del sys.modules["rig"]  # the tests of storages have another of that name
sys.path.insert(0, os.path.join(os.path.abspath(SRC), "tests/storage"))
import s3_server
from azure_verifier import ACCOUNT, KEY, Refusal, Verifier

COMMAND = ("mkdir -p \"$NNI_OUTPUT_DIR/m\"; echo 12345 > "
           "\"$NNI_OUTPUT_DIR/m/a file\"; echo final={{x}}")


class HttpLab(Lab):
    def __init__(self, storage, trials, **keys):
        super().__init__(trials, 2, trialCommand=COMMAND,
                         tuner={"name": "GridSearch"},
                         searchSpace={"x": {"_type": "choice",
                                            "_value": [1, 2, 3, 4]}},
                         platform={"storage": storage}, **keys)

    def secrets_found(self, *secrets):
        """Files and objects that have one of them, Secrets aside."""
        found = []
        for at, _, names in os.walk(os.path.dirname(self.db)):
            for name in names:
                path = os.path.join(at, name)
                if os.path.isfile(path):
                    with open(path, "rb") as f:
                        text = f.read()
                    found += [path for s in secrets if s.encode() in text]
        for plural in ("jobs", "pods", "configmaps", "events"):
            text = json.dumps(self.all(plural))
            found += [plural for s in secrets if s in text]
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % pid, "rb") as f:
                    line = f.read()
            except OSError:
                continue
            # the test's own server is given its key that way
            found += ["pid " + pid for s in secrets
                      if s.encode() in line and b"versitygw" not in line]
        return found


def check_bucket():
    program, why = s3_server.program()
    if not program:
        check(True, "bucket # SKIP " + why)
        return
    folder = os.path.join(os.environ.get("TMPDIR", "/tmp"),
                          "td-bucket-%d" % os.getpid())
    server = s3_server.Server(program, folder)
    lab = HttpLab(s3_server.storage(server.port, prefix="p"), 4,
                  outputs={"keep": "best 3"})
    lab.env.update(s3_server.credentials())
    try:
        os.makedirs(folder + "/trials", exist_ok=True)
        if not lab.run_to_end("bucket"):
            return
        trials = {t["id"]: t for t in lab.trials_json()}
        left = {t["trial"]: t for t in lab.ask("files", lab.id, "--json")}
        best = sorted(trials, key=lambda t: -trials[t]["final"])[:3]
        check({t: left[t]["state"] for t in left} ==
              {t: "there" if t in best else "cleaned" for t in trials},
              "bucket: outputs are there, by the rule", left)
        files = [f["path"] for f in
                 lab.ask("files", lab.id, best[0], "--json")]
        model = next((f for f in files if f.endswith("m/a file")), None)
        code, out, err = lab.call("files", lab.id, best[0], "--cat",
                                  model or "m/a file")
        check(code == 0 and out == "12345\n", "bucket: and can be read",
              "%s %s" % (files, err))
        there = sorted(os.listdir("%s/trials/p/nni/%s" % (folder, lab.id)))
        check([t for t in there if t in trials] == sorted(best),
              "bucket: below its prefix", there)
        arrived = os.path.join(os.path.dirname(lab.db), "outputs", lab.id)
        check(not os.path.exists(arrived) or not os.listdir(arrived),
              "bucket: nothing stays here", arrived)
        check_board_here(lab, best)
        found = lab.secrets_found(s3_server.SECRET)
        check(not found, "bucket: its key is nowhere", found)
    finally:
        lab.close()
        server.stop()


BOARD = """#!/usr/bin/env python3
import http.server, os, sys
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
found = [name + " " + os.path.join(at, one)[len(path):]
         for name, path in (run.split(":") for run in
                            arguments["--logdir_spec"].split(","))
         for at, _, names in os.walk(path) for one in names]
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write("\\n".join(found).encode())
http.server.HTTPServer(("127.0.0.1", int(arguments["--port"])),
                       Page).serve_forever()
"""


def check_board_here(lab, trials):
    """No pod can mount a bucket: its outputs come here first."""
    path = os.path.join(lab.dir, "bin", "tensorboard")
    os.mkdir(os.path.dirname(path))
    with open(path, "w") as f:
        f.write(BOARD)
    os.chmod(path, 0o755)
    lab.env["PATH"] = os.path.dirname(path) + ":" + lab.env["PATH"]
    code, out, err = lab.call("tensorboard", lab.id)
    page = ""
    if code == 0:
        with urllib.request.urlopen(out.strip(), timeout=60) as answer:
            page = answer.read().decode()
    check(code == 0 and "fetching the outputs" in err and
          page.count("m/a file") == len(trials) and
          all("-%s " % trial in page for trial in trials),
          "bucket: TensorBoard is given what was fetched", (err, page))
    code, _, err = lab.call("tensorboard", "--stop", lab.id)
    check(code == 0, "bucket: and ends", err)


def check_board_there(lab):
    """The key is a Secret of its own, which the board's pod owns."""
    name = "tensorboard-" + lab.id
    process = subprocess.Popen(
        [PROGRAM, "--db", lab.db, "tensorboard", "--image", IMAGE,
         "--command", "sleep 600", lab.id], env=lab.env,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def named(plural):
        return [thing for thing in lab.all(plural)
                if thing["metadata"]["name"] == name]

    try:
        secret = lab.wait(lambda: named("secrets"), "the board's Secret")[0]
        pod = named("pods")[0]
        volumes = [v["azureFile"] for v in pod["spec"]["volumes"]
                   if "azureFile" in v]
        check(base64.b64decode(secret["data"]["azurestorageaccountkey"]) ==
              KEY.encode() and
              secret["metadata"]["ownerReferences"][0]["uid"] ==
              pod["metadata"]["uid"] and
              secret["metadata"]["labels"]["app"] ==
              pod["metadata"]["labels"]["app"] == "trialdeck-tensorboard" and
              [v["secretName"] for v in volumes] == [name] and
              KEY not in json.dumps(pod),
              "board: its key is a Secret, labelled, the pod's own",
              (secret["metadata"], volumes))
    finally:
        process.kill()
        process.wait()
    code, _, err = lab.call("tensorboard", "--stop", lab.id)
    check(code == 0, "board: stopped", err)
    lab.wait(lambda: not named("pods") and not named("secrets"),
             "the board's objects to go")
    check(not named("secrets"), "board: its Secret is gone with it")


def check_wrong_key():
    server = Verifier()
    lab = HttpLab({"storageType": "azureStorage", "azureAccount": ACCOUNT,
                   "azureShare": "trials", "azureKeyFile": "/dev/null",
                   "azureEndpoint": "http://127.0.0.1:%d" % server.port}, 2)
    key_file = os.path.join(lab.dir, "azure.key")
    wrong = base64.b64encode(b"wrong" * 13).decode()
    with open(key_file, "w") as f:
        f.write(wrong)
    with open(lab.file) as f:
        spec = json.load(f)
    spec["trainingService"]["storage"]["azureKeyFile"] = key_file
    lab.rewrite(trainingService=spec["trainingService"])
    try:
        lab.start()
        lab.wait(lambda: lab.experiment()["paused"], "the pause")
        said = lab.said("paused: the code cannot be brought")
        check(len(said) == 1 and re.search("unpause", said[0]),
              "wrong key: pauses with its sentence", said)
        check(not lab.objects("jobs"), "wrong key: no job")
        with open(key_file, "w") as f:
            f.write(KEY)
        code, _, err = lab.call("unpause", lab.id)
        check(code == 0, "wrong key: mended and unpaused", err)
        lab.wait(lambda: lab.said("files .* brought to"), "the code")
        share = server.shares.get("trials")
        names = [n for n in (share.files if share else {})
                 if "/nni-code/" in n or n.endswith("code.manifest")]
        check(any(n.endswith(".trialdeck/code.manifest") for n in names) and
              len(names) > 1, "wrong key: then the code is there", names)
        lab.wait(lambda: lab.objects("jobs"), "a job")
        secrets = [s for s in lab.objects("secrets")
                   if "azurestorageaccountkey" in s.get("data", {})]
        check(len(secrets) == 1 and
              secrets[0]["metadata"]["labels"].get("expId") == lab.id,
              "wrong key: pods get the right one by a labelled Secret",
              [s["metadata"] for s in secrets])
        check_board_there(lab)
        found = lab.secrets_found(KEY, wrong)
        check(not found, "wrong key: neither key is anywhere", found)
        lab.call("stop", lab.id)
        lab.finish()
        lab.check_nothing_left("wrong key")
    finally:
        lab.close()
        server.stop()


def check_cut(how, cut):
    """Code on its way when the experiment is ended: cut(lab) ends it."""
    server = Verifier()
    lab = HttpLab({"storageType": "azureStorage", "azureAccount": ACCOUNT,
                   "azureShare": "trials",
                   "azureEndpoint": "http://127.0.0.1:%d" % server.port}, 2)
    lab.env["AZURE_STORAGE_KEY"] = KEY
    code = os.path.join(lab.dir, "code")
    os.mkdir(code)
    texts = {"f%02d.py" % i: os.urandom(20_000) for i in range(60)}
    for name, text in texts.items():
        with open(os.path.join(code, name), "wb") as f:
            f.write(text)
    lab.rewrite(trialCodeDirectory=code)
    go_on, seen = threading.Event(), []

    def hold(request):
        """After so many files the server takes its time."""
        if "comp=rename" in request.path and "/nni-code/" in request.path:
            seen.append(request.path)
            if len(seen) > 20:
                go_on.wait(120)

    def there():
        share = server.shares.get("trials")
        return {path.rpartition("/nni-code/")[2]: bytes(file.data)
                for path, file in (share.files if share else {}).items()
                if "/nni-code/" in path and "-part-" not in path}

    def manifest(name):
        share = server.shares.get("trials")
        return [bytes(file.data) for path, file in
                (share.files if share else {}).items() if path.endswith(
                    "/.trialdeck/code.manifest" + name)]

    server.fault = hold
    try:
        lab.start()
        lab.wait(lambda: len(seen) > 20, how + ": the middle of the upload")
        began = time.monotonic()
        cut(lab)
        took = time.monotonic() - began
        go_on.set()
        # what was under way may still come to its end over there
        half = there()
        check(20 <= len(half) < 60 and all(texts[name] == text for name, text in
                                           half.items()),
              how + ": what is there is whole", sorted(half))
        check(took < 60 and not manifest("") and len(manifest(".plan")) == 1,
              how + ": nobody takes it for all of it", took)
        check(not lab.objects("jobs") and not lab.objects("pods"),
              how + ": and no trial runs on it")
        lab.start()
        said = lab.wait(lambda: lab.said("files .* brought to"),
                        how + ": the code") or [""]
        sent = int(re.match(r"\d+", said[0] or "0").group())
        check(0 < sent <= 60 - 20, how + ": the next run sends the rest alone",
              said)
        lines = manifest("")[0].decode().splitlines() if manifest("") else []
        check(there() == texts and not manifest(".plan") and
              {line.split(" ", 3)[3]: line.split()[0] for line in lines} ==
              {name: hashlib.sha256(text).hexdigest()
               for name, text in texts.items()},
              how + ": then all is there, by its digests", lines[:5])
        lab.call("stop", lab.id)
        lab.finish()
        lab.check_nothing_left(how)
        check(not server.violations, how + ": by the rules", server.violations)
    finally:
        go_on.set()
        lab.close()
        server.stop()


class AzureLab(HttpLab):
    """An experiment whose code goes to a share that may refuse it."""

    def __init__(self, server, **storage):
        super().__init__(dict({
            "storageType": "azureStorage", "azureAccount": ACCOUNT,
            "azureShare": "trials",
            "azureEndpoint": "http://127.0.0.1:%d" % server.port},
            **storage), 2)
        self.env["AZURE_STORAGE_KEY"] = KEY

    def fault(self):
        return (self.experiment()["fault"] or {}).get("text", "")

    def check_brought(self, label):
        said = self.wait(lambda: self.said("files .* brought to"),
                         label + ": the code")
        self.wait(lambda: not self.fault(), label + ": no fault any more")
        self.wait(lambda: self.objects("jobs"), label + ": a job")
        check(said and not self.fault(), label + ": then it is brought, and "
              "trials begin", (said, self.fault()))
        self.call("stop", self.id)
        self.finish()


def check_refused(label, retries, mend, why):
    """A server that refuses for a while: tried again, or as often as said."""
    server, refusing = Verifier(), [True]
    server.fault = lambda request: Refusal(503, "ServerBusy") if (
        refusing and "/nni-code/" in request.path) else None
    lab = AzureLab(server, **retries)
    try:
        lab.start()
        lab.wait(lambda: re.search(why, json.dumps(lab.experiment()) +
                                   json.dumps(lab.events())),
                 label + ": what the server says")
        trials = lab.trials_json()
        check(trials and all(t["state"] == "WAITING" and "code" in t["reason"]
                             for t in trials) and not lab.objects("jobs"),
              label + ": trials wait, with the reason",
              [(t["state"], t["reason"]) for t in trials])
        refusing.clear()
        mend(lab)
        lab.check_brought(label)
    finally:
        lab.close()
        server.stop()


def unpause(lab):
    check(lab.experiment()["paused"], "refused: paused after its tries")
    code, _, err = lab.call("unpause", lab.id)
    check(code == 0, "refused: unpaused", err)


def check_full():
    """A share without room: said, and nothing half used."""
    server = Verifier()
    server.quota = 2000
    lab = AzureLab(server)
    try:
        lab.start()
        lab.wait(lambda: lab.experiment()["paused"], "full: the pause")
        said = lab.said("paused: the code cannot be brought")
        share = server.shares["trials"]
        check(len(said) == 1 and "share trials is full" in said[0],
              "full: pauses with its sentence", said)
        check(not any(path.endswith("code.manifest") or "-part-" in path
                      for path in share.files) and not lab.objects("jobs"),
              "full: nothing half is taken for the code", list(share.files))
        share.quota = 1 << 30
        code, _, err = lab.call("unpause", lab.id)
        check(code == 0, "full: unpaused", err)
        lab.check_brought("full")
    finally:
        lab.close()
        server.stop()


def check_away():
    """The bucket's server is away when trials end."""
    program, why = s3_server.program()
    if not program:
        check(True, "away # SKIP " + why)
        return
    folder = os.path.join(os.environ.get("TMPDIR", "/tmp"),
                          "td-away-%d" % os.getpid())
    os.makedirs(folder + "/trials", exist_ok=True)
    server = s3_server.Server(program, folder)
    lab = HttpLab(s3_server.storage(server.port), 2)
    lab.rewrite(trialCommand="while [ ! -e /truth/go ]; do sleep 0.1; done; " +
                COMMAND)
    lab.env.update(s3_server.credentials())
    try:
        lab.start()
        lab.wait(lambda: [t["state"] for t in lab.trials_json()] ==
                 ["RUNNING"] * 2, "away: both run")
        server.stop()
        open(os.path.join(lab.truth, "go"), "w").close()
        fault = lab.wait(lambda: (lab.experiment()["fault"] or {}).get("text"),
                         "away: the fault")
        check(fault and fault.startswith("outputs: "),
              "away: a fault with its sentence", fault)
        states = {t["state"] for t in lab.ask("files", lab.id, "--json")}
        check(states == {"unknown"}, "away: nobody says that outputs are there",
              states)
        server.start()
        code, err = lab.finish()
        left = lab.ask("files", lab.id, "--json")
        check(code == 0 and all(t["state"] == "there" and t["files"] >= 2
                                for t in left) and
              not lab.experiment()["fault"],
              "away: they are moved when it is back", (code, err, left))
    finally:
        lab.close()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def stop(lab):
    code, _, err = lab.call("stop", lab.id)
    status, _ = lab.finish()
    check(code == 0 and status is not None, "stopped: ends at once",
          (code, err, status))


def check_refusals():
    check_refused("busy", {}, lambda lab: None,
                  "bring the code to the storage: .*ServerBusy")
    check_refused("refused", {"uploadRetryCount": 1}, unpause,
                  "after 2 tries .uploadRetryCount")


def check_cuts():
    check_cut("stopped", stop)
    check_cut("killed", lambda lab: lab.crash())
    check_full()


def main():
    together(check_refusals, check_cuts, check_wrong_key,
             lambda: (check_away(), check_bucket()))
    done()


if __name__ == "__main__":
    main()
