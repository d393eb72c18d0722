# SPDX-License-Identifier: MIT
"""Claims and host paths through a pod of their own, without a cluster: the
keeper is real, the API server is as much of one as that needs."""
import hashlib
import json
import os
import signal
import time

import rig
from agent_server import World
from rig import Folder, Session, check, read, write

NAMES = ["plain.txt", "with blank.txt", "plus+&=%41?#.txt", "'\"<>;:",
         "\u00e9\u4e2d\U0001f600", "deep/er/st.txt", "back\\slash"]
CLAIM = {"storageType": "pvc", "claimName": "data"}


def files(world):
    return sorted(os.path.relpath(os.path.join(where, name), world.top)
                  for where, _, names in os.walk(world.top) for name in names)


def check_operations(world, folder):
    one = Session(CLAIM, world.env())
    check(one("prepare").ok and not files(world), "prepared")
    data = os.urandom(3 << 20)
    file = write(folder + "/in", data)
    answers = [one("put", "nni/x/" + name, file) for name in NAMES]
    check(all(a.ok for a in answers), "files with any name are put",
          "\n".join(map(str, answers)))
    check(all(read(world.top + "/nni/x/" + name) == data for name in NAMES),
          "and are there, whole")
    known = one("digest", "nni/x/plain.txt")
    check(known.lines == [["digest", "2", hashlib.sha256(data).hexdigest()]],
          "their digest is made over there", known)
    walked = one("walk", "nni/x")
    check({name: entry for name, entry in walked.entries.items()
           if entry[1] == "file"} ==
          {name: (len(data), "file") for name in NAMES},
          "they are listed as they are called", walked.entries)
    out, got = folder + "/out", []
    for name in NAMES:
        got.append(one("get", "nni/x/" + name, out).ok and read(out) == data)
        os.unlink(out)
    check(all(got), "and come back", got)
    write(out, data[:1000])
    check(one("get", "nni/x/plain.txt", out, 1000).ok and read(out) == data,
          "the rest of a file")
    check(one("copy", "nni/x/plain.txt", "nni/y/copy").ok and
          read(world.top + "/nni/y/copy") == data, "copied over there")
    check(one("list", "nix").code == "not-found" and
          one("get", "nix", out).code == "not-found" and one("remove", "nix").ok,
          "what is not there")
    answer = one("text", "nni/x/plain.txt/below", "x")
    check(answer.code == "conflict", "a file where a folder should be", answer)
    os.symlink("/etc", world.top + "/nni/away")
    check(one("get", "nni/away/hostname", out).code is not None and
          one("text", "nni/away/mine", "x").code is not None and
          not os.path.exists("/etc/mine"), "links lead nowhere")
    check(one("remove", "nni").ok and not files(world) and
          os.path.exists("/etc/hostname"), "a folder is removed")
    check_objects(world)
    check(one.close() and not world.pods and not world.others and
          world.ended == [0], "the pod goes with its last session, in peace",
          world.ended)


def check_objects(world):
    pods = [thing for plural, thing in world.made if plural == "pods"]
    tokens = [thing["stringData"]["token"] for plural, thing in world.made
              if plural == "secrets"]
    check(len(pods) == len(tokens) == 1 and world.same_keeper and
          tokens[0] not in json.dumps(pods), "one pod, its token a Secret, the "
          "keeper that is carried")
    spec = pods[0]["spec"]
    check({"persistentVolumeClaim": {"claimName": "data"}, "name": "volume"} in
          spec["volumes"] and spec["activeDeadlineSeconds"] > 0 and
          spec["automountServiceAccountToken"] is False,
          "it mounts the claim, and ends whatever happens", spec)


def check_threads(world, folder):
    before = len(world.made)
    for i in range(200):
        write("%s/tree/f%03d" % (folder, i), os.urandom(20000 + i))
    one = Session(CLAIM, world.env())
    answer = one("tree", "nni/t", folder + "/tree", 4)
    check(answer.ok and len(files(world)) == 200 and
          all(read("%s/nni/t/f%03d" % (world.top, i)) ==
              read("%s/tree/f%03d" % (folder, i)) for i in range(200)),
          "four sessions at once", answer)
    check(len([plural for plural, _ in world.made[before:]
               if plural == "pods"]) == 1, "share a pod")
    puts = []
    world.fault = lambda method, path: (method == "PUT" and puts.append(path))
    answer = one("sync", folder + "/tree", "nni/s")
    world.fault = None
    check(sum("/v1/files" in path for path in puts) < 20 and
          len(puts) < 30, "small files go many in a request", puts)
    check(all(read("%s/nni/s/nni-code/f%03d" % (world.top, i)) ==
              read("%s/tree/f%03d" % (folder, i)) for i in range(200)),
          "each as it was")
    again = one("sync", folder + "/tree", "nni/s")
    check(answer.ok and answer.lines[0][1:3] == ["200", "200"] and
          again.ok and again.lines[0][2] == "0", "code goes once", answer)
    one("remove", "nni")
    check(one.close() and not world.pods, "closed")


def check_cut(world, folder):
    file = write(folder + "/large", os.urandom(8 << 20))
    one = Session(CLAIM, world.env())
    one("prepare")
    name, pod = next(iter(world.pods.items()))

    def kill(passed, limit=world.passed + (2 << 20)):
        if passed > limit and pod.process.poll() is None:
            pod.process.send_signal(signal.SIGKILL)

    world.on_bytes = kill
    answer = one("put", "nni/large", file)
    world.on_bytes = None
    check(answer.code == "unavailable" and "claim data" in answer.text and
          not os.path.exists(world.top + "/nni/large"),
          "a pod that dies in the middle", answer)
    answer = one("put", "nni/large", file)
    check(answer.ok and read(world.top + "/nni/large") == read(file) and
          len(world.pods) == 1 and name not in world.pods,
          "another one takes its place", answer)
    world.fault = lambda method, _: "cut" if method == "PUT" else None
    answer = one("put", "nni/large", file)
    check(answer.code == "unavailable", "an API server that hangs up", answer)
    world.fault = None
    check(one("put", "nni/large", file).ok, "and is back")
    world.fault = lambda method, path: "/proxy/" in path and (
        503, "ServiceUnavailable", "try again")
    answer = one("list", "")
    check(answer.code == "unavailable" and "try again" in answer.text,
          "one that cannot reach the pod", answer)
    world.fault = None
    left = [path for path in files(world) if path != "nni/large"]
    check(one("remove", "nni").ok and one.close() and not world.pods,
          "closed", left)


def check_code_cut(world, folder):
    """The pod dies in the middle of the code: another one takes the rest."""
    for i in range(300):
        write("%s/code/%d/f%03d" % (folder, i % 7, i), os.urandom(30000))
    one = Session(CLAIM, world.env())
    one("prepare")
    pod = next(iter(world.pods.values()))
    before = world.passed

    def kill(passed, limit=before + (3 << 20)):
        if passed > limit and pod.process.poll() is None:
            pod.process.send_signal(signal.SIGKILL)

    world.on_bytes = kill
    answer = one("sync", folder + "/code", "nni/c")
    world.on_bytes = None
    check(answer.ok and answer.lines[0][1:3] == ["300", "300"] and
          pod.process.poll() is not None and all(
              read("%s/nni/c/nni-code/%d/f%03d" % (world.top, i % 7, i)) ==
              read("%s/code/%d/f%03d" % (folder, i % 7, i))
              for i in range(300)), "a pod that dies in the middle of code",
          answer)
    # we die: what is whole stays, the rest comes
    two = Session(CLAIM, world.env())
    two("prepare")
    before = world.passed
    cut = []

    def die(passed, limit=before + (5 << 20)):
        if passed > limit and not cut:
            cut.append(passed)
            two.process.kill()

    world.on_bytes = die
    try:
        two("sync", folder + "/code", "nni/d")
        died = False
    except (OSError, AssertionError):
        died = True
    world.on_bytes = None
    two.process.wait()
    there = [path for path in files(world) if path.startswith("nni/d/nni-code")
             and ".trialdeck-part-" not in path]
    check(died and 0 < len(there) < 300 and not os.path.exists(
        world.top + "/nni/d/.trialdeck/code.manifest"),
          "killed in the middle: some are there, and no manifest", len(there))
    answer = one("sync", folder + "/code", "nni/d")
    check(answer.ok and 0 < int(answer.lines[0][2]) < 300 and
          all(read("%s/nni/d/nni-code/%d/f%03d" % (world.top, i % 7, i)) ==
              read("%s/code/%d/f%03d" % (folder, i % 7, i))
              for i in range(300)), "and the next sends what was missing alone",
          (answer.lines, len(there)))
    one("remove", "nni")
    one.close()


def check_denied(world):
    one = Session(CLAIM, world.env())
    world.fault = lambda method, path: "/proxy/" in path and (
        403, "Forbidden", "pods/proxy is forbidden")
    answer = one("prepare")
    check(answer.code == "denied" and "pods/proxy" in answer.text and
          "rbac.yaml" in answer.text and not world.pods,
          "without the right to reach it", answer)
    world.fault = lambda method, path: method == "POST" and (
        403, "Forbidden", "pods is forbidden")
    answer = one("prepare")
    check(answer.code == "denied" and "rbac.yaml" in answer.text,
          "nor to make it", answer)
    world.fault = lambda method, path: path.endswith("/secrets") and (
        403, "Forbidden", "secrets is forbidden")
    answer = one("prepare")
    check(answer.code == "denied" and not world.pods,
          "a pod without its secret is removed", answer)
    world.fault = None
    check(one("prepare").ok and one.close(), "and when it is permitted")


def check_start(world):
    one = Session(CLAIM, world.env())
    world.stuck = "InvalidImageName"
    answer = one("prepare")
    check(answer.code == "unavailable" and "InvalidImageName" in answer.text and
          not world.pods, "a pod that cannot start says why", answer)
    world.stuck = "ContainerCreating"
    one("cancel", "200")
    begin = time.monotonic()
    answer = one("prepare")
    check(answer.code == "canceled" and time.monotonic() - begin < 30 and
          not world.pods, "canceled while it starts", answer)
    world.stuck = None
    one.close()


def check_left(world):
    """What a process left that died."""
    one = Session(CLAIM, world.env())
    one("prepare")
    one.process.kill()
    one.process.wait()
    name = next(iter(world.pods))
    two = Session(CLAIM, world.env())
    check(two("prepare").ok and name not in world.pods and
          len(world.pods) == 1, "a dead process's pod is removed by the next")
    # one that lives has its own, and keeps it
    three = Session(CLAIM, world.env())
    check(three("prepare").ok and len(world.pods) == 2, "a living one's stays")
    check(two.close() and three.close() and not world.pods and
          not world.others, "nothing is left")


def main():
    with Folder() as folder:
        world = World(folder)
        try:
            check_operations(world, folder)
            check_threads(world, folder)
            check_cut(world, folder)
            check_code_cut(world, folder)
            check_denied(world)
            check_start(world)
            check_left(world)
        finally:
            world.close()
    rig.done()


if __name__ == "__main__":
    main()
