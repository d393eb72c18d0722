# SPDX-License-Identifier: MIT
"""2,000 files, 300 MB, brought to servers of this machine as an experiment's
code is, beside what copies files to the same server without us, in turns:

  s3         four connections of curl
  nfs3 nfs4  nfs-cp of libnfs-utils, four at once, and a loop over libnfs, four
             connections that are kept (tests/bench/nfs_copy)
  pod        a host path that only pods mount, in the test cluster that is up:
             tar through kubectl exec, which is what kubectl cp does

Says the ratios and the memory that our sessions took; fails below 0.8 of the
best peer's pace, or when memory grows with what is sent.

Usage: storage.py s3|nfs3|nfs4|pod [ROUNDS]"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "storage"))
import nfs_server
import rig
import s3_server

FILES, TOTAL = 2000, 300_000_000
MEMORY_MAX_KIB = 65536
COPY = os.path.join(rig.TOP, "tests", "bench", "nfs_copy")


def ours(target, folder, name, environment):
    """Seconds and KiB of what an experiment does: read, plan, send, manifest."""
    session = rig.Session(target, environment)
    assert session("prepare").ok  # connected, or its pod there, as peers are
    start = time.monotonic()
    answer = session("sync", folder, name)
    took = time.monotonic() - start
    memory = int(session("bytes").lines[1][0])
    assert answer.ok, answer
    assert answer.lines[0][1:3] == [str(FILES), str(FILES)], answer.lines
    assert session("remove", name).ok
    session.close()
    return took, memory


class Peer:
    def __init__(self, name, copy):
        self.name, self.copy, self.took = name, copy, []

    def run(self, target, folder, name, environment):
        start = time.monotonic()
        self.copy(folder, name)
        self.took.append(time.monotonic() - start)
        session = rig.Session(target, environment)
        found = session("walk", name).entries
        sizes = sum(size for size, kind in found.values() if kind == "file")
        assert sizes == TOTAL, (self.name, len(found), sizes)
        assert session("remove", name).ok
        session.close()


def compare(label, target, folder, peers, rounds, environment=None):
    took, memory = [], 0
    session = rig.Session(target, environment)
    answer = session("prepare")
    assert answer.ok, answer
    session.close()
    for i in range(rounds):
        seconds, used = ours(target, folder, "ours%d" % i, environment)
        took.append(seconds)
        memory = max(memory, used)
        for peer in peers:
            peer.run(target, folder, "peer%d" % i, environment)
    mine = statistics.median(took)
    ratios = []
    for peer in peers:
        other = statistics.median(peer.took)
        ratios.append(other / mine)
        print("%s: %d files, %d MB: ours %.2f s (%.0f MB/s), %s %.2f s: %.2f "
              "of its pace" % (label, FILES, TOTAL // 1_000_000, mine,
                               TOTAL / mine / 1e6, peer.name, other,
                               ratios[-1]))
    print("%s: peak memory %.1f MiB" % (label, memory / 1024))
    return min(ratios) >= 0.8 and memory < MEMORY_MAX_KIB


def s3(place, folder, rounds):
    program, why = s3_server.program()
    if not program:
        print("SKIP: " + why)
        return True
    server = s3_server.Server(program, place + "/root")
    config = place + "/curl.conf"

    def curl(folder, name):
        with open(config, "w") as out:
            for file in sorted(os.listdir(folder)):
                out.write('upload-file = "%s/%s"\nurl = "http://127.0.0.1:%d'
                          '/trials/%s/%s"\noutput = "/dev/null"\n' %
                          (folder, file, server.port, name, file))
        subprocess.run(
            ["curl", "--silent", "--show-error", "--fail", "--parallel",
             "--parallel-max", "4", "--no-progress-meter", "--aws-sigv4",
             "aws:amz:eu-west-1:s3", "--user",
             s3_server.KEY + ":" + s3_server.SECRET, "--header",
             "x-amz-content-sha256: UNSIGNED-PAYLOAD", "--header", "Expect:",
             "--config", config], check=True)

    try:
        return compare("s3", s3_server.storage(server.port), folder,
                       [Peer("curl", curl)], rounds, s3_server.credentials())
    finally:
        server.stop()


def nfs(place, folder, rounds, version):
    server = nfs_server.Server(place + "/server")
    export = server.path("squashed")
    os.chmod(export, 0o777)
    url = "nfs://127.0.0.1" + export

    def nfs_cp(folder, name):
        os.mkdir(export + "/" + name)
        os.chmod(export + "/" + name, 0o777)
        subprocess.run(
            "ls | xargs -P 4 -I{} nfs-cp {} '%s/%s/{}?version=%d'" %
            (url, name, version), shell=True, cwd=folder, check=True,
            stdout=subprocess.DEVNULL)

    def copy(folder, name):
        subprocess.run([COPY, "127.0.0.1", export, str(version), folder, name],
                       check=True)

    peers = [Peer("a loop over libnfs", copy)]
    # nfs-cp writes in pieces that libnfs has no room for in version 4
    if version == 3 and shutil.which("nfs-cp"):
        peers.append(Peer("nfs-cp", nfs_cp))
    try:
        assert server.start()
        return compare("nfs%d" % version,
                       nfs_server.storage(server, "squashed", version),
                       folder, peers, rounds)
    finally:
        server.close()


def pod(place, folder, rounds):
    """Both through the API server; neither makes its pod within the time."""
    sys.path.insert(0, os.path.join(HERE, "..", "cluster"))
    import kube
    env = kube.settings()
    namespace = "td-bench-" + os.urandom(4).hex()
    kubectl = ["kubectl", "--kubeconfig", env["KUBECONFIG"], "-n", namespace]
    volume = place + "/volume"
    os.mkdir(volume)
    for path in (place, volume):
        os.chmod(path, 0o777)
    kube.cluster("namespace", namespace)
    subprocess.run(kubectl + ["apply", "-f", "-"], check=True, text=True,
                   stdout=subprocess.DEVNULL, input=json.dumps({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "peer"},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [{
            "name": "peer", "image": "test.local/trial:1", "imagePullPolicy": "IfNotPresent",
            "command": ["python3", "-c", "import time; time.sleep(3600)"],
            "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
            "volumes": [{"name": "v", "hostPath": {"path": volume}}]}}))
    subprocess.run(kubectl + ["wait", "--for=condition=Ready", "pod/peer",
                              "--timeout=120s"], check=True,
                   stdout=subprocess.DEVNULL)

    def tar(folder, name):
        subprocess.run(
            "tar cf - . | %s exec -i peer -- python3 -c 'import tarfile, sys; "
            "tarfile.open(fileobj=sys.stdin.buffer, mode=\"r|\").extractall("
            "\"/v/%s\")'" % (" ".join(kubectl), name), shell=True,
            cwd=folder, check=True)

    environment = {"KUBECONFIG": env["KUBECONFIG"],
                   "SESSION_NAMESPACE": namespace}
    target = {"storageType": "hostPath", "path": volume}
    keep = rig.Session(target, environment)  # its pod serves all of them
    try:
        assert keep("prepare").ok
        return compare("pod", target, folder,
                       [Peer("tar through kubectl exec", tar)], rounds,
                       environment)
    finally:
        keep.close()
        subprocess.run(kubectl + ["delete", "namespace", namespace,
                                  "--wait=false"], stdout=subprocess.DEVNULL)


def main():
    what = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    if what.startswith("nfs"):
        nfs_server.enter()
    with rig.Folder() as place:
        folder = place + "/files"
        for i in range(FILES):
            rig.write("%s/file-%04d" % (folder, i),
                      os.urandom(TOTAL // FILES))
        if what == "s3":
            ok = s3(place, folder, rounds)
        elif what == "pod":
            ok = pod(place, folder, rounds)
        else:
            ok = nfs(place, folder, rounds, int(what[-1]))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
