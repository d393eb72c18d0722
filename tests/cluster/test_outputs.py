#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Code in, results out, over a folder of the node that this machine sees as
well: uploaded once, outputs listed, fetched, kept by the rule, shown by a pod.
TAP output."""
import os
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from lab import IMAGE, PROGRAM, TRIALS, Lab, Refused, check, done

SECRET = "plantedSecretOfNobody0123456789"
BOARD = '''
import http.server, os, sys
spec = sys.argv[sys.argv.index("--logdir_spec") + 1]
port = int(sys.argv[sys.argv.index("--port") + 1])
text = "".join("%s %s\\n" % (name, sorted(os.listdir(path))) for name, path in
               (run.split(":") for run in spec.split(",")))
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())
http.server.HTTPServer(("", port), Page).serve_forever()
'''


def make_code(lab):
    """A code folder with a module, a link, and what is no code."""
    code = os.path.join(lab.dir, "code")
    os.makedirs(code + "/parts")
    os.makedirs(code + "/data")
    shutil.copy(TRIALS + "/leaver.py", code)
    for name, text in (("parts/helper.py", "NAME = 'it\\'s.bin'\n"),
                       ("parts/__init__.py", ""), ("board.py", BOARD),
                       ("data/large", "no code"),
                       (".trialdeckignore", "data\n")):
        with open(os.path.join(code, name), "w") as f:
            f.write(text)
    os.symlink("parts/helper.py", code + "/link.py")
    return code


def walk(folder):
    return sorted(os.path.relpath(os.path.join(at, name), folder)
                  for at, _, names in os.walk(folder) for name in names)


class Outputs(Lab):
    def __init__(self):
        super().__init__(5, 2, outputs={"keep": "best 2"},
                         tuner={"name": "GridSearch"},
                         searchSpace={"x": {"_type": "choice",
                                            "_value": [1, 2, 3, 4, 5]}},
                         trialCommand="python3 leaver.py")
        self.storage = os.path.join(self.dir, "storage")
        os.mkdir(self.storage)
        os.chmod(self.storage, 0o777)
        self.rewrite(trialCodeDirectory=make_code(self))
        self.service(storage={"storageType": "hostPath",
                              "path": self.storage,
                              "localPath": self.storage})
        # what must not be found anywhere
        self.env["AZURE_STORAGE_KEY"] = SECRET
        self.env["AWS_SECRET_ACCESS_KEY"] = SECRET

    def service(self, **keys):
        import json
        with open(self.file) as f:
            spec = json.load(f)
        spec["trainingService"].update(keys)
        with open(self.file, "w") as f:
            json.dump(spec, f)

    def run_cli(self, *argv):
        return subprocess.run(
            [PROGRAM, "--db", self.db] + list(argv), env=self.env, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=240)


def check_hold(lab):
    """A storage that does not take the code: a fault, and trials that wait."""
    with open(lab.storage + "/nni", "w"):
        pass
    lab.start()
    lab.wait_trial("a trial that waits for its code", lambda t: re.search(
        "^(bring the )?code", t["reason"] or ""))
    lab.wait(lambda: (lab.ask("show", lab.id, "--json")["fault"] or {}).get(
        "text", "").startswith("bring the code to the storage"),
        "the fault with its sentence")
    check(not lab.objects("jobs"), "code: no job before its code is there")
    os.unlink(lab.storage + "/nni")


def check_code(lab):
    root = "%s/nni/%s/" % (lab.storage, lab.id)
    wanted = [".trialdeckignore", "board.py", "leaver.py", "link.py",
              "parts/__init__.py", "parts/helper.py"]
    check(walk(root + "nni-code") == wanted, "code: what belongs there",
          walk(root + "nni-code"))
    with open(root + ".trialdeck/code.manifest") as f:
        lines = f.read().splitlines()
    check([line.split(" ", 3)[3] for line in lines] == wanted and
          all(re.match("[0-9a-f]{64} [0-9]+ [0-7]{3} ", line)
              for line in lines), "code: its manifest", lines)
    brought = lab.said("6 of 6 files .* brought to")
    check(len(brought) == 1, "code: brought once", lab.said("files"))
    check(not [m for m in lab.all("configmaps")
               if "code.tar.gz" in m.get("binaryData", {})],
          "code: in no ConfigMap")


def check_files(lab):
    trials = {t["id"]: t for t in lab.trials_json()}
    best = sorted(trials, key=lambda t: -trials[t]["final"])[:2]
    listed = {t["trial"]: t for t in lab.ask("files", lab.id, "--json")}
    states = {t: listed[t]["state"] for t in listed}
    check(states == {t: "there" if t in best else "cleaned" for t in trials},
          "rule: the best two stay", states)
    left = [name for name in os.listdir("%s/nni/%s" % (lab.storage, lab.id))
            if name in trials]
    check(sorted(left) == sorted(best), "rule: nothing else is there", left)
    files = lab.ask("files", lab.id, best[0], "--json")
    model = "output/worker_output/model dir/it's.bin"
    check(model in [f["path"] for f in files] and
          not [f for f in files if f["path"].startswith("code/")],
          "files: the trial's own, and not its code",
          [f["path"] for f in files])
    to = os.path.join(lab.dir, "got")
    got = lab.run_cli("files", lab.id, best[0], "--get", model, "--to", to)
    with open(os.path.join(to, model)) as f:
        text = f.read()
    check(got.returncode == 0 and
          text == "x is %g\n" % trials[best[0]]["final"], "files: fetched",
          got.stderr)
    gone = lab.run_cli("files", lab.id,
                       [t for t in trials if t not in best][0])
    check(gone.returncode == 3 and "removed at" in gone.stderr and
          "not one of the best 2" in gone.stderr,
          "files: what was removed, by whom and when", gone.stderr)
    return best


def check_board(lab, best):
    command = "python3 /tmp/mount/nni/%s/nni-code/board.py" % lab.id
    board = lab.run_cli("tensorboard", "--in-cluster", "--image", IMAGE,
                        "--command", command, lab.id)
    name = "tensorboard-" + lab.id
    check(board.returncode == 0 and re.search(
        r"^kubectl .*-n %s port-forward pod/%s 6006:6006$" % (
            lab.namespace, name), board.stdout, re.M),
        "board: the line that brings it here", board.stdout + board.stderr)
    page = lab.kube.get("%s:6006/proxy/" % lab.path("pods", name))
    check(all(re.search(r"^\d{4}-%s \['worker_output'\]" % trial, page, re.M)
              for trial in best) and page.count("\n") == 2,
          "board: shows the outputs that are there", page)
    pod = lab.kube.get(lab.path("pods", name))
    check(pod["spec"]["activeDeadlineSeconds"] > 0 and
          pod["metadata"]["labels"]["app"] == "trialdeck-tensorboard",
          "board: with a deadline and a label")
    stopped = lab.run_cli("tensorboard", "--stop", lab.id)
    check(stopped.returncode == 0, "board: stopped", stopped.stderr)
    lab.wait(lambda: not [p for p in lab.all("pods")
                          if p["metadata"]["name"] == name],
             "the board's pod to go")
    broken = lab.run_cli("tensorboard", "--in-cluster", "--image", IMAGE,
                         "--command", "sh -c 'echo no protobuf; exit 3'",
                         lab.id)
    check(broken.returncode == 1 and "ended at once: exit status 3: no protobuf" in broken.stderr,
          "board: one that ends says so", broken.stderr)
    absent = lab.run_cli("tensorboard", "--stop", lab.id)
    check(absent.returncode == 3, "board: and is removed", absent.stderr)


def check_no_secret(lab):
    places = []
    for at, _, names in os.walk(os.path.dirname(lab.db)):
        for name in names:
            path = os.path.join(at, name)
            if not os.path.isfile(path) or path == lab.file:
                continue
            with open(path, "rb") as f:
                if SECRET.encode() in f.read():
                    places.append(path)
    check(not places, "no credential in any file", places)


def check_resume(lab):
    """What was brought is not brought again; other code is."""
    before = os.stat("%s/nni/%s/.trialdeck/code.manifest" % (
        lab.storage, lab.id)).st_mtime_ns
    lab.run_cli("resume", "--headless", lab.id)
    after = os.stat("%s/nni/%s/.trialdeck/code.manifest" % (
        lab.storage, lab.id)).st_mtime_ns
    check(before == after, "resume: the code is left alone")


def check_delete(lab):
    gone = lab.run_cli("--yes", "delete", lab.id, "--outputs")
    check(gone.returncode == 0 and "outputs of 2 attempts" in gone.stderr and
          not os.path.exists("%s/nni/%s" % (lab.storage, lab.id)),
          "delete: takes what lies on the storage", gone.stderr)


def main():
    lab = Outputs()
    try:
        check_hold(lab)
        code, err = lab.finish()
        check(code == 0, "ends with status 0", err)
        lab.check_all_succeeded("outputs")
        check_code(lab)
        best = check_files(lab)
        check_board(lab, best)
        check_resume(lab)
        check_no_secret(lab)
        lab.check_nothing_left("at the end")
        check_delete(lab)
    finally:
        lab.close()
    done()


if __name__ == "__main__":
    main()
