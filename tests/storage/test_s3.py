# SPDX-License-Identifier: MIT
"""S3 as a storage, against a real server that checks signatures.  What a real
one does not do on demand happens on the wire between."""
import hashlib
import os
import subprocess

import rig
import s3_server
from rig import Folder, Session, Wire, check, read, write
from s3_server import Server, credentials, storage

NAMES = ["plain.txt", "with blank.txt", "plus+and&more=%41.txt", "'\"<>;:?#",
         "\u00e9\u4e2d\U0001f600", "deep/er/st.txt", "tab-less~(*)!$@,"]


def check_operations(server, folder):
    s3 = Session(storage(server.port, prefix="team/a b"), credentials())
    check(s3("prepare").ok and s3("prepare").ok, "the bucket is made, once")
    check(not s3("walk", "").entries and not any(
        files for _, _, files in os.walk(server.folder + "/trials")),
        "the probe is gone")
    data = os.urandom(300000)
    file = write(folder + "/in", data)
    answers = [s3("put", "nni/x/" + name, file) for name in NAMES]
    check(all(a.ok for a in answers), "objects with any name are put",
          "\n".join(map(str, answers)))
    walked = s3("walk", "nni/x")
    check(walked.entries == {name: (300000, "file") for name in NAMES},
          "and listed as they are called", walked.entries)
    out = folder + "/out"
    got = []
    for name in NAMES:
        got.append(s3("get", "nni/x/" + name, out).ok and read(out) == data)
        os.unlink(out)
    check(all(got), "and come back", got)
    known = s3("digest", "nni/x/plain.txt")
    check(known.lines == [["digest", "2", hashlib.sha256(data).hexdigest()]],
          "their digest is known", known)
    shallow = s3("list", "nni/x")
    check(shallow.entries.get("deep") == (0, "folder") and
          "deep/er/st.txt" not in shallow.entries,
          "a list of one level has folders", shallow.entries)
    first = s3("first", "nni/x")
    check(first.ok and len(first.entries) == 1, "a list may be left", first)
    # a part of it, all of it, more than there is
    write(out, data[:1000])
    check(s3("get", "nni/x/plain.txt", out, 1000).ok and read(out) == data,
          "the rest of an object")
    check(s3("get", "nni/x/plain.txt", out, 300000).ok and
          s3("get", "nni/x/plain.txt", out, 300001).code == "invalid",
          "nothing more, and beyond the end")
    check(s3("copy", "nni/x/'\"<>;:?#", "nni/y/copied +").ok and
          s3("get", "nni/y/copied +", out).ok, "a copy on the server's side")
    check(s3("text", "nni/x/plain.txt", "new").ok and
          s3("walk", "nni/x").entries["plain.txt"][0] == 3,
          "an object is replaced")
    check(s3("text", "empty", "").ok and s3("get", "empty", out + "0").ok and
          read(out + "0") == b"", "an empty object")
    check(s3("list", "nix").code == "not-found" and
          s3("get", "nix", out).code == "not-found" and s3("remove", "nix").ok,
          "what is not there")
    check(s3("put", "a/" + "x" * 1030, file).code == "invalid",
          "a key that is too long")
    check(s3("remove", "nni/x").ok and
          set(s3("walk", "").entries) == {"nni/y/copied +", "empty"},
          "a folder is removed, and nothing else")
    check(s3("url", "nni/x").lines == [["s3://trials/team/a b/nni/x"]],
          "its address")
    check(s3("volume", "s").lines == [["none"]], "pods cannot mount it")
    check(s3.close(), "closed")


def check_many(server, folder):
    """More than one page of a list, more than one batch of removals."""
    many = folder + "/many"
    for i in range(2100):
        write("%s/file-%04d" % (many, i), b"%d" % i)
    s3 = Session(storage(server.port), credentials())
    check(s3("tree", "many", many, 4).ok, "2,100 objects by four sessions")
    check(len(s3("walk", "many").entries) == 2100, "all are listed")
    check(s3("remove", "many").ok and
          s3("walk", "many").code == "not-found", "all are removed")
    s3.close()


def uploads(server):
    """Parts that lie about."""
    found = []
    for path, _, files in os.walk(os.path.join(server.folder, "trials")):
        found += [os.path.join(path, f) for f in files if ".sgwtmp" in path]
    return found


def check_parts(server, folder):
    """70 MiB go in parts."""
    size = 70 << 20
    big = folder + "/big"
    with open(big, "wb") as out:
        for i in range(size >> 20):
            out.write(os.urandom(1 << 10) * 1024)
    s3 = Session(storage(server.port), credentials())
    answer = s3("put", "big", big)
    check(answer.ok and s3("walk", "").entries["big"][0] == size,
          "70 MiB in parts", answer)
    check(s3("get", "big", folder + "/back").ok and subprocess.run(
        ["cmp", "-s", big, folder + "/back"]).returncode == 0,
        "and come back whole")
    known = s3("digest", "big")
    with open(big, "rb") as data:
        digest = hashlib.file_digest(data, "sha256").hexdigest()
    check(known.lines == [["digest", "2", digest]],
          "the digest of all of it is known", known)
    lines = s3("bytes").lines
    check(0 <= int(lines[0][0]) - 2 * size < 4096, "all bytes are counted", lines)
    check(int(lines[1][0]) < 60000, "memory does not follow sizes", lines)
    s3("remove", "big")
    s3.close()
    # the connection goes in the second part, each time
    wire = Wire(server.port)
    wire.fault = lambda n, passed, up: "cut" if (
        up and passed > (8 << 20) and n >= 2) else None
    s3 = Session(storage(wire.port), credentials())
    answer = s3("put", "big", big)
    check(answer.code == "unavailable" and "cut" in answer.text,
          "a connection that is cut again and again", answer)
    wire.fault = None
    check("big" not in s3("walk", "").entries, "nothing half shows")
    check(not uploads(server), "no parts are left", uploads(server))
    # once only: the part is sent again
    faults = [1]

    def once(n, passed, up):
        if up and passed > (8 << 20) and faults:
            faults.pop()
            return "cut"
        return None
    wire.fault = once
    answer = s3("put", "big", big)
    check(answer.ok and not faults, "a cut in a part is no more than that",
          answer)
    faults.append(1)
    wire.fault = lambda n, passed, up: "cut" if (
        not up and passed > (20 << 20) and faults and faults.pop()) else None
    answer = s3("get", "big", folder + "/again")
    check(answer.ok and not faults and subprocess.run(
        ["cmp", "-s", big, folder + "/again"]).returncode == 0,
        "a get goes on where it was cut", answer)
    wire.fault = lambda n, passed, up: "stall" if (
        up and passed > (8 << 20)) else None
    s3("cancel", 300)
    answer = s3("put", "other", big)
    check(answer.code == "canceled", "cancelled while nothing moves", answer)
    s3.close()
    wire.close()
    check(not uploads(server), "no parts are left then", uploads(server))


def check_refusals(server):
    def said(env, **more):
        s3 = Session(storage(server.port, **more), env)
        if not s3.opened.ok:
            return s3.opened
        answer = s3("prepare")
        s3.close()
        return answer
    wrong = dict(credentials(), AWS_SECRET_ACCESS_KEY="hunter2")
    answer = said(wrong)
    check(answer.code == "denied" and
          "key of AWS_ACCESS_KEY_ID is wrong" in answer.text and
          "hunter2" not in answer.text, "a wrong secret", answer)
    answer = said(dict(wrong, AWS_ACCESS_KEY_ID="NOBODY"))
    check(answer.code == "denied" and "is wrong" in answer.text,
          "a key that nobody has", answer)
    answer = said(credentials(), region="us-west-2")
    check(answer.code == "invalid" and
          "write region: eu-west-1" in answer.text, "a wrong region", answer)
    answer = said({"HOME": "/nonexistent"})
    check(answer.code == "not-found" and "AWS_ACCESS_KEY_ID" in answer.text,
          "no keys at all", answer)
    answer = said(dict(credentials(), AWS_REGION="us-west-2"))
    check(answer.ok, "the file's word goes before the environment's", answer)
    answer = said(credentials(), endpoint="http://127.0.0.1:1")
    check(answer.code == "unavailable" and
          "127.0.0.1:1: cannot connect: connection refused" in answer.text,
          "nobody there", answer)
    answer = said(credentials(), endpoint="https://127.0.0.1:%d" %
                  server.port)
    check(answer.code == "unavailable" and "TLS" in answer.text,
          "https where there is none", answer)


def check_profiles(server, folder):
    keys = write(folder + "/keys", (
        "# two\n[default]\naws_access_key_id = x\naws_secret_access_key=y\n"
        "[lab]\naws_access_key_id=%s\n  aws_secret_access_key = %s \n" %
        (s3_server.KEY, s3_server.SECRET)).replace("  aws", "aws").encode())
    s3 = Session(storage(server.port, credentialsFile=keys, profile="lab"),
                 {"AWS_ACCESS_KEY_ID": "no", "AWS_SECRET_ACCESS_KEY": "no"})
    check(s3("prepare").ok, "keys of a file and a profile")
    s3.close()
    s3 = Session(storage(server.port), {
        "AWS_SHARED_CREDENTIALS_FILE": keys, "AWS_PROFILE": "lab"})
    check(s3("prepare").ok, "the environment names them")
    s3.close()


def check_stop(server, folder):
    """The server goes and comes back."""
    s3 = Session(storage(server.port), credentials())
    check(s3("text", "here", "1").ok, "before the server stops")
    server.stop()
    answer = s3("text", "here", "2")
    check(answer.code == "unavailable", "while it is away", answer)
    server.start()
    check(s3("text", "here", "3").ok and
          s3("get", "here", folder + "/here").ok and
          read(folder + "/here") == b"3", "the same session afterwards")
    s3.close()


def check_tls(program, folder):
    certificate, key = folder + "/cert.pem", folder + "/key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out",
         certificate, "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,DNS:trials.localhost"],
        check=True, stderr=subprocess.DEVNULL)
    server = Server(program, folder + "/tls", "--cert", certificate, "--key",
                    key, "--virtual-domain", "localhost")
    where = {"endpoint": "https://localhost:%d" % server.port}
    s3 = Session(storage(server.port, **where), credentials())
    answer = s3("prepare")
    check(answer.code == "denied" and "caFile" in answer.text,
          "a certificate that nobody knows", answer)
    s3.close()
    s3 = Session(storage(server.port, caFile=certificate, pathStyle=False,
                         **where), credentials())
    file = write(folder + "/sent", os.urandom(5000))
    answers = [s3("prepare"), s3("put", "a b", file),
               s3("get", "a b", folder + "/got")]
    check(all(a.ok for a in answers) and read(folder + "/got") == read(file),
          "caFile makes it known; the bucket in the host's name",
          "\n".join(map(str, answers)))
    s3.close()
    server.stop()


def main():
    program, why = s3_server.program()
    if not program:
        rig.skip_all(why)
    with Folder() as folder:
        server = Server(program, folder + "/root")
        try:
            check_operations(server, folder)
            check_many(server, folder)
            check_parts(server, folder)
            check_refusals(server)
            check_profiles(server, folder)
            check_stop(server, folder)
            check_tls(program, folder)
        finally:
            server.stop()
    rig.done()


if __name__ == "__main__":
    main()
