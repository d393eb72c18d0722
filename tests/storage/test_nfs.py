# SPDX-License-Identifier: MIT
"""NFS, versions 3 and 4, against a real server, and what servers and their
administrators do: squash root, fill up, stop answering, die."""
import os
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time

import nfs_server
import rig
from nfs_server import Server, storage
from rig import Folder, Session, check, read, write

NAMES = ["plain.txt", "with blank.txt", "plus+&=%41.txt", "'\"<>;:?#",
         "\u00e9\u4e2d\U0001f600", "deep/er/st.txt", "back\\slash"]


def parts(folder):
    """Paths of what is under way, or was when its session died."""
    return [os.path.join(where, name) for where, _, files in os.walk(folder)
            for name in files if name.startswith(".trialdeck-part-")]


def check_operations(server, folder, version):
    export = server.path("trusted")
    label = "version %d: " % version
    nfs = Session(storage(server, "trusted", version))
    answers = [nfs("prepare"), nfs("prepare")]
    check(all(a.ok for a in answers) and not os.listdir(export),
          label + "prepared, and the probe is gone", answers[0])
    data = os.urandom(3 << 20)
    file = write(folder + "/in", data)
    answers = [nfs("put", "nni/x/" + name, file) for name in NAMES]
    check(all(a.ok for a in answers), label + "files with any name are put",
          "\n".join(map(str, answers)))
    check(all(read(export + "/nni/x/" + name) == data for name in NAMES),
          label + "and are there, whole")
    check(stat.S_IMODE(os.stat(export + "/nni/x/plain.txt").st_mode) == 0o644
          and stat.S_IMODE(os.stat(export + "/nni/x").st_mode) == 0o777,
          label + "with their rights; folders are for pods as well")
    walked = nfs("walk", "nni/x")
    check({name: entry for name, entry in walked.entries.items()
           if entry[1] == "file"} ==
          {name: (len(data), "file") for name in NAMES},
          label + "they are listed as they are called", walked.entries)
    out = folder + "/out"
    got = []
    for name in NAMES:
        got.append(nfs("get", "nni/x/" + name, out).ok and read(out) == data)
        os.unlink(out)
    check(all(got), label + "and come back", got)
    write(out, data[:1000])
    check(nfs("get", "nni/x/plain.txt", out, 1000).ok and read(out) == data,
          label + "the rest of a file")
    check(nfs("text", "nni/x/plain.txt", "new").ok and
          read(export + "/nni/x/plain.txt") == b"new",
          label + "a file is replaced")
    check(nfs("text", "empty", "").ok and nfs("get", "empty", out + "0").ok and
          read(out + "0") == b"", label + "an empty file")
    check(nfs("list", "nix").code == "not-found" and
          nfs("get", "nix", out).code == "not-found" and
          nfs("remove", "nix").ok and nfs("remove", "nix/nix").ok,
          label + "what is not there")
    check(nfs("text", "empty/below", "x").code == "conflict" and
          nfs("get", "nni", out).code == "conflict",
          label + "a file where a folder should be, and the other way round")
    # folders that went while the session remembered them, for a second at most
    os.rename(export + "/nni", export + "/away")
    end = time.monotonic() + 10
    answer = nfs("text", "nni/x/again", "1")
    while answer.ok and not os.path.exists(export + "/nni/x/again") and \
            time.monotonic() < end:
        answer = nfs("text", "nni/x/again", "1")
    check(answer.ok and read(export + "/nni/x/again") == b"1",
          label + "folders that went are made again", answer)
    shutil.rmtree(export + "/nni")
    check(nfs("text", "nni/x/again", "2").ok and
          read(export + "/nni/x/again") == b"2",
          label + "and at once when nothing is where they were")
    write(folder + "/secret", b"secret")
    os.symlink(folder + "/secret", export + "/nni/x/link")
    os.symlink("/away", export + "/nni/x/folder")
    check(set(nfs("walk", "nni").entries) == {"x", "x/again"} and
          nfs("get", "nni/x/link", out).code == "not-found",
          label + "links are none of ours")
    check(nfs("remove", "nni").ok and os.path.exists(export + "/away/x") and
          not os.path.lexists(export + "/nni"),
          label + "a folder is removed, and nothing that its links lead to")
    check(nfs("remove", "away").ok and nfs("remove", "empty").ok and
          not os.listdir(export), label + "nothing is left",
          os.listdir(export))
    check(nfs.close(), label + "closed")


def check_words(server):
    nfs = Session(storage(server, "trusted", 4, uid=7, nfsport=2049))
    path = server.path("trusted")
    check(nfs("url", "nni/x").lines == [["nfs://127.0.0.1:%s/nni/x" % path]],
          "its address, without our options")
    check(nfs("volume", "s").lines == [[
        '{"nfs":{"server":"127.0.0.1","path":"%s"}}' % path]],
        "the volume of pods")
    nfs.close()


def check_rights(server, version):
    """Root is mapped to nobody, or is not."""
    label = "version %d: " % version
    export = server.path("squashed")
    os.chmod(export, 0o755)
    os.chown(export, 0, 0)
    nfs = Session(storage(server, "squashed", version))
    answer = nfs("prepare")
    check(answer.code == "denied" and "root_squash" in answer.text and
          export in answer.text and "mode 755" in answer.text and
          "127.0.0.1" in answer.text,
          label + "root is nobody: the sentence says for whom what is missing",
          answer)
    os.chmod(export, 0o777)
    answers = [nfs("prepare"), nfs("text", "mine", "x")]
    owner = os.stat(export + "/mine").st_uid if answers[1].ok else None
    check(all(a.ok for a in answers) and owner not in (0, None),
          label + "writable for others, nobody may write", answers[0])
    check(nfs("remove", "mine").ok, label + "and remove")
    nfs.close()
    os.chmod(export, 0o755)
    os.chown(export, 1234, 1235)
    nfs = Session(storage(server, "squashed", version, uid=1234, gid=1235))
    answers = [nfs("prepare"), nfs("text", "a/mine", "x")]
    info = os.stat(export + "/a/mine") if answers[1].ok else None
    check(all(a.ok for a in answers) and info.st_uid == 1234 and
          info.st_gid == 1235, label + "as the folder's owner", answers[0])
    check(nfs("remove", "a").ok, label + "which may remove")
    nfs.close()
    nfs = Session(storage(server, "squashed", version, uid=4321, gid=4321))
    answer = nfs("prepare")
    check(answer.code == "denied" and "uid 4321" in answer.text and
          "root_squash" not in answer.text, label + "as somebody else", answer)
    nfs.close()
    nfs = Session(storage(server, "trusted", version))
    answer = nfs("text", "mine", "x")
    check(answer.ok and os.stat(server.path("trusted") +
                                "/mine").st_uid == 0 and
          nfs("remove", "mine").ok, label + "root stays root where it may",
          answer)
    nfs.close()
    nfs = Session(storage(server, "read", version))
    answer = nfs("prepare")
    check(answer.code == "denied" and "reading alone" in answer.text,
          label + "exported for reading alone", answer)
    nfs.close()


def check_groups(server, folder, version):
    """Our other groups come along; with uid= or gid= they do not."""
    label = "version %d: " % version
    export = server.path("squashed")
    os.chown(export, 0, 4444)
    os.chmod(export, 0o770)
    program = shutil.copy(rig.SESSION, folder + "/session")
    os.chmod(program, 0o755)
    me = {"user": 1234, "group": 1235, "extra_groups": [17, 4444]}
    nfs = Session(storage(server, "squashed", version), program=program, **me)
    answers = [nfs("prepare"), nfs("text", "mine", "x")]
    info = os.stat(export + "/mine") if answers[1].ok else None
    check(all(a.ok for a in answers) and info.st_uid == 1234 and
          info.st_gid == 1235 and nfs("remove", "mine").ok,
          label + "a folder of another group of ours", answers[0])
    nfs.close()
    nfs = Session(storage(server, "squashed", version, uid=1234), program=program,
                  **me)
    answer = nfs("prepare")
    check(answer.code == "denied", label + "as somebody else without them",
          answer)
    nfs.close()
    os.chmod(export, 0o777)


def check_names(folder):
    """Name servers that say nothing."""
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 53))
    write(folder + "/resolv.conf",
          b"nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")
    subprocess.run(["mount", "--bind", folder + "/resolv.conf",
                    "/etc/resolv.conf"], check=True)
    where = {"storageType": "nfs", "path": "/export",
             "server": "nas.example?timeout=1"}
    nfs = Session(where)
    begin = time.monotonic()
    answer = nfs("prepare")
    took = time.monotonic() - begin
    check(answer.code == "timeout" and "nas.example" in answer.text and
          "name servers" in answer.text and took < 10,
          "name servers that are silent: %.1f s" % took, answer)
    nfs.close()
    nfs = Session(dict(where, server="nas.example"))
    nfs("cancel", "50")
    begin = time.monotonic()
    answer = nfs("prepare")
    took = time.monotonic() - begin
    check(answer.code == "canceled" and took < 10,
          "canceled meanwhile: %.1f s" % took, answer)
    nfs.close()
    nfs = Session(dict(where, server="nas.invalid..x"))
    answer = nfs("prepare")
    check(answer.code in ("not-found", "unavailable") and
          "nas.invalid..x" in answer.text, "a name that is none", answer)
    nfs.close()
    subprocess.run(["umount", "/etc/resolv.conf"], check=True)
    silent.close()


def check_wrong(server, version):
    label = "version %d: " % version
    where = storage(server, "trusted", version)
    nfs = Session(dict(where, path=where["path"] + "x"))
    answer = nfs("prepare")
    check(answer.code in ("not-found", "denied") and "export" in answer.text
          and where["path"] + "x" in answer.text, label + "a wrong path",
          answer)
    nfs.close()
    nfs = Session(storage(server, "trusted", version, nfsport=9, mountport=9))
    answer = nfs("prepare")
    check(answer.code == "unavailable" and "127.0.0.1" in answer.text,
          label + "nobody there", answer)
    nfs.close()


def check_full(server, folder, version):
    label = "version %d: " % version
    export = server.path("small")
    nfs = Session(storage(server, "small", version))
    file = write(folder + "/large", os.urandom(6 << 20))
    answer = nfs("put", "nni/large", file)
    check(answer.code == "limit" and "full" in answer.text,
          label + "a share that is full", answer)
    check(not parts(export) and not os.path.exists(export + "/nni/large"),
          label + "and nothing half-written stays", os.listdir(export))
    check(nfs("text", "nni/small", "x").ok and nfs("remove", "nni").ok,
          label + "smaller ones go on")
    nfs.close()


class Later:
    """A command of a session, under way."""

    def __init__(self, session, *words):
        self.thread = threading.Thread(target=self.run,
                                       args=(session, words))
        self.thread.start()

    def run(self, session, words):
        try:
            self.answer = session(*words)
        except AssertionError:
            self.answer = None  # the session was killed

    def result(self):
        self.thread.join()
        return self.answer


def await_part(export, size, later):
    """Until so much of a file is there."""
    while later.thread.is_alive():
        for name in parts(export):
            try:
                if os.stat(name).st_size >= size:
                    return True
            except OSError:
                pass
        time.sleep(0.001)
    return False


def forget_parts(export):
    """What sessions of the scenes before had under way when they were ended."""
    for name in parts(export):
        os.unlink(name)


def check_stop(server, folder, version):
    label = "version %d: " % version
    export = server.path("squashed")
    os.chmod(export, 0o777)
    forget_parts(export)
    file = write(folder + "/large", os.urandom(300 << 20))
    nfs = Session(storage(server, "squashed", version, timeout=1))
    check(nfs("prepare").ok, label + "prepared")
    later = Later(nfs, "put", "nni/large", file)
    caught = await_part(export, 1 << 20, later)
    server.signal(signal.SIGSTOP)
    begin = time.monotonic()
    answer = later.result()
    took = time.monotonic() - begin
    check(caught and answer.code == "timeout" and "127.0.0.1" in answer.text
          and took < 10,
          label + "a server that stops answering: %.1f s" % took, answer)
    answer = nfs("text", "nni/small", "x")
    check(answer.code == "timeout", label + "and is still silent", answer)
    server.signal(signal.SIGCONT)
    answer = nfs("put", "nni/large", file)
    check(answer.ok and read(export + "/nni/large") == read(file),
          label + "the same session goes on", answer)
    check(not parts(export), label + "and cleans up", parts(export))
    later = Later(nfs, "put", "nni/large", file)
    caught = await_part(export, 1 << 20, later)
    server.kill()
    answer = later.result()
    check(caught and answer.code == "unavailable",
          label + "a server that dies", answer)
    check(nfs("text", "nni/small", "x").code == "unavailable",
          label + "is away")
    check(server.start(), label + "and comes back")
    answer = nfs("put", "nni/large", file)
    check(answer.ok and read(export + "/nni/large") == read(file) and
          not parts(export), label + "the same session goes on", answer)
    later = Later(nfs, "put", "nni/large", file)
    await_part(export, 1 << 20, later)
    nfs.process.kill()
    later.thread.join()
    nfs.process.wait()
    check(read(export + "/nni/large") == read(file),
          label + "a session that dies leaves the old file")
    old = time.time() - 30 * 3600
    for name in parts(export):
        os.utime(name, (old, old))
    left = bool(parts(export))
    nfs = Session(storage(server, "squashed", version))
    check(left and nfs("prepare").ok and nfs("list", "nni").ok and
          not parts(export), label + "what it left goes an hour later",
          parts(export))
    nfs("cancel", "0")
    answer = nfs("put", "nni/large", file)
    while answer.ok:
        answer = nfs("put", "nni/large", file)
    check(answer.code == "canceled", label + "canceled", answer)
    nfs.close()
    nfs = Session(storage(server, "squashed", version))
    check(nfs("remove", "nni").ok, label + "removed")
    nfs.close()
    os.unlink(file)


def same(code, there):
    return all(read(code + "/" + name) == read(there + "/" + name)
               for name in os.listdir(code))


def check_sync(server, folder, version):
    """2,000 files, 300 MB."""
    label = "version %d: " % version
    export = server.path("squashed")
    os.chmod(export, 0o777)
    forget_parts(export)
    code = folder + "/code"
    if not os.path.exists(code):
        block = os.urandom(150000)
        for i in range(2000):
            write("%s/file %04d" % (code, i), b"%d" % i + block)
    there = export + "/nni/x/nni-code"
    manifest = export + "/nni/x/.trialdeck/code.manifest"
    nfs = Session(storage(server, "squashed", version, timeout=2))
    later = Later(nfs, "sync", code, "nni/x")
    while later.thread.is_alive() and (
            not os.path.exists(there) or
            len(os.listdir(there)) - len(parts(there)) < 500):
        time.sleep(0.002)
    server.kill()
    answer = later.result()
    check(answer.code == "unavailable" and not os.path.exists(manifest),
          label + "the server dies in the middle of the code", answer)
    server.start()
    begin = time.monotonic()
    answer = nfs("sync", code, "nni/x")
    took = time.monotonic() - begin
    sent = int(answer.lines[0][2]) if answer.ok else -1
    check(answer.ok and answer.lines[0][1] == "2000" and 0 < sent <= 1500,
          label + "it goes on where it was: %d of 2000 in %.1f s" %
          (sent, took), answer)
    # what the four sessions of the first time had under way lies there, until
    # it is an hour old
    check(os.path.exists(manifest) and same(code, there) and
          len(parts(export)) <= 4, label + "and is whole", parts(export))
    for name in parts(export):
        os.utime(name, (1e9, 1e9))
    answer = nfs("sync", code, "nni/x")
    check(answer.ok and answer.lines[0][2] == "0" and not parts(export),
          label + "nothing changed, nothing is sent, and they are gone", answer)
    with open("/proc/%d/status" % nfs.process.pid) as status:
        memory = int([line for line in status if line.startswith("VmHWM")][0]
                     .split()[1])
    # 300 MB do not fit; sanitizers keep some of what is freed
    check(memory < 280000, label + "%d MiB of memory" % (memory >> 10))
    check(nfs("remove", "nni").ok, label + "removed")
    nfs.close()


def main():
    nfs_server.enter()
    with Folder() as folder:
        os.chmod(folder, 0o755)
        server = Server(folder)
        try:
            if not check(server.start(), "nfs-ganesha runs"):
                rig.done()
            check_words(server)
            check_names(folder)
            for version in (3, 4):
                check_operations(server, folder, version)
                check_rights(server, version)
                check_groups(server, folder, version)
                check_wrong(server, version)
                check_full(server, folder, version)
                check_stop(server, folder, version)
                check_sync(server, folder, version)
        finally:
            server.close()
    rig.done()


if __name__ == "__main__":
    main()
