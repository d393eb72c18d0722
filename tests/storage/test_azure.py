# SPDX-License-Identifier: MIT
"""Azure Files as a storage, against a verifier of the public rules."""
import base64
import hashlib
import os
import subprocess

import rig
from azure_verifier import ACCOUNT, KEY, MIB, Refusal, Verifier
from rig import Folder, Session, check, read, write

NAMES = ["plain.txt", "with blank.txt", "plus+and&more=%41.txt", "';#,~()!$@",
         "\u00e9\u4e2d\U0001f600", "deep/er/st.txt", "deep/other.txt"]
REFUSED = ["a:b", 'quo"te', "what?", "star*", "a\\b", "dot.", "con", "lpt1",
           "a/NUL/b", "x" * 256, "<", "|", "blank "]


def storage(server, **more):
    return dict({"storageType": "azureStorage", "azureAccount": ACCOUNT,
                 "azureShare": "trials", "azureEndpoint":
                 "http://127.0.0.1:%d" % server.port}, **more)


def opened(server, env=None, **more):
    return Session(storage(server, **more),
                   {"AZURE_STORAGE_KEY": KEY} if env is None else env)


def parts(server):
    return [f for s in server.shares.values() for f in s.files
            if ".trialdeck-part-" in f]


def check_operations(server, folder):
    azure = opened(server)
    check(azure("prepare").ok and azure("prepare").ok,
          "the share is made, once")
    check(server.log.count("PUT /trials?restype=share") == 1, "by one request",
          server.log)
    check(not server.shares["trials"].files, "the probe is gone")
    data = os.urandom(300000)
    file = write(folder + "/in", data)
    answers = [azure("put", "nni/x/" + name, file) for name in NAMES]
    check(all(a.ok for a in answers), "files are put, with their folders",
          "\n".join(map(str, answers)))
    for path in ("nni", "nni/x", "nni/x/deep", "nni/x/deep/er"):
        made = server.log.count("PUT /trials/%s?restype=directory" % path)
        check(made == 1, "folder %s is made once" % path, made)
    walked = azure("walk", "nni/x")
    check({p: e for p, e in walked.entries.items() if e[1] == "file"} ==
          {name: (300000, "file") for name in NAMES}, "and listed",
          walked.entries)
    check(walked.entries.get("deep/er") == (0, "folder"), "with folders")
    out = folder + "/out"
    got = []
    for name in NAMES:
        got.append(azure("get", "nni/x/" + name, out).ok and
                   read(out) == data)
        os.unlink(out)
    check(all(got), "and come back", got)
    known = azure("digest", "nni/x/plain.txt")
    check(known.lines == [["digest", "0", ""]],
          "of files without a Content-MD5 no digest is known", known)
    name = next(f for f in server.shares["trials"].files
                if f.endswith("plain.txt"))
    server.shares["trials"].files[name].md5 = base64.b64encode(
        hashlib.md5(data).digest()).decode()
    known = azure("digest", "nni/x/plain.txt")
    check(known.lines == [["digest", "1", hashlib.md5(data).hexdigest()]],
          "of others it is", known)
    write(out, data[:1000])
    check(azure("get", "nni/x/plain.txt", out, 1000).ok and
          read(out) == data, "the rest of a file")
    check(azure("get", "nni/x/plain.txt", out, 300000).ok and
          azure("get", "nni/x/plain.txt", out, 300001).code == "invalid",
          "nothing more, and beyond the end")
    answer = azure("copy", "nni/x/plain.txt", "nni/y/z/copy")
    check(answer.ok and azure("get", "nni/y/z/copy", out).ok,
          "a copy on the server's side", answer)
    check(azure("text", "nni/x/plain.txt", "new").ok and
          azure("walk", "nni/x").entries["plain.txt"][0] == 3,
          "a file is replaced")
    check(azure("text", "empty", "").ok and
          azure("get", "empty", out + "0").ok and read(out + "0") == b"",
          "an empty file")
    check(azure("list", "nix").code == "not-found" and
          azure("get", "nix", out).code == "not-found" and
          azure("remove", "nix").ok and azure("remove", "nix/nix").ok,
          "what is not there")
    before = len(server.log)
    answers = [azure("text", name, "x") for name in REFUSED]
    check(all(a.code == "invalid" and "Azure Files" in a.text
              for a in answers) and len(server.log) == before,
          "names that cannot be are refused before anything is sent",
          "\n".join(map(str, answers)))
    check(azure("remove", "nni/x").ok, "a folder is removed")
    check(set(server.shares["trials"].files) == {"nni/y/z/copy", "empty"},
          "and nothing else", server.shares["trials"].files)
    check(azure("text", "nni/x/deep/again", "x").ok,
          "its folders are made again")
    # somebody else removes folders that the session has made
    share = server.shares["trials"]
    share.files.pop("nni/x/deep/again")
    share.folders.pop("nni/x/deep")
    answer = azure("text", "nni/x/deep/more", "x")
    check(answer.ok, "and when somebody else has removed them", answer)
    check(azure("url", "nni/x").lines == [
        ["http://127.0.0.1:%d/trials/nni/x" % server.port]], "its address")
    check(azure("volume", "sec").lines == [
        ['{"azureFile":{"secretName":"sec","shareName":"trials"}}']],
        "how pods mount it")
    check(azure.close(), "closed")


def check_many(server, folder):
    many = folder + "/many"
    for i in range(1100):
        write("%s/file-%04d" % (many, i), b"%d" % i)
    azure = opened(server)
    check(azure("tree", "many", many, 4).ok, "1,100 files by four sessions")
    check(len(azure("walk", "many").entries) == 1100, "all are listed")
    check(azure("remove", "many").ok and
          azure("list", "many").code == "not-found", "all are removed")
    azure.close()


def check_large(server, folder):
    size = 21 * MIB + 17
    big = write(folder + "/big", os.urandom(size))
    azure = opened(server)
    server.log.clear()
    answer = azure("put", "big", big)
    ranges = [line for line in server.log if "comp=range" in line]
    check(answer.ok and len(ranges) == 6, "21 MiB in six ranges", answer)
    check(azure("get", "big", folder + "/back").ok and subprocess.run(
        ["cmp", "-s", big, folder + "/back"]).returncode == 0,
        "and come back whole")
    faults = []

    def in_range(number, what):
        """The so-manieth range fails, once or always (number 0)."""
        faults[:] = [number]

        def fault(request):
            if "comp=range" not in request.path:
                return None
            faults[0] -= 1
            return what if faults[0] == 0 or number == 0 else None
        return fault
    busy = Refusal(503, "ServerBusy", "Busy.", Retry_After="7")
    server.fault = in_range(3, busy)
    answer = azure("put", "big", big)
    check(answer.ok, "a 503 in a range is no more than that", answer)
    server.fault = in_range(4, "cut")
    answer = azure("put", "big", big)
    check(answer.ok, "nor is a cut", answer)
    server.fault = in_range(0, busy)
    answer = azure("put", "big2", big)
    check(answer.code == "unavailable" and "ServerBusy" in answer.text and
          "7 s" in answer.text, "a storm of 503", answer)
    check(not parts(server) and "big2" not in server.shares["trials"].files,
          "nothing half is left", parts(server))
    server.fault = in_range(2, "stall")
    azure("cancel", 300)
    answer = azure("put", "big2", big)
    server.fault = None
    check(answer.code == "canceled", "cancelled while nothing moves", answer)
    check(not parts(server), "nothing half is left then", parts(server))
    azure.close()
    azure = opened(server)
    answer = azure("text", "big/below", "x")
    check(answer.code == "conflict", "a file where a folder should be", answer)
    azure.close()


def check_refusals(server, folder):
    def said(env=None, **more):
        azure = opened(server, env, **more)
        if not azure.opened.ok:
            return azure.opened
        answer = azure("prepare")
        azure.close()
        return answer
    other = base64.b64encode(b"x" * 64).decode()
    answer = said({"AZURE_STORAGE_KEY": other})
    check(answer.code == "denied" and "(AZURE_STORAGE_KEY) is wrong" in
          answer.text and other not in answer.text, "a wrong key", answer)
    answer = said({"AZURE_STORAGE_KEY": "hunter2!"})
    check(answer.code == "invalid" and "hunter2" not in answer.text,
          "what is no key", answer)
    answer = said({})
    check(answer.code == "invalid" and "azureKeyFile" in answer.text,
          "no key at all", answer)
    server.clock = 3600.0
    answer = said()
    server.clock = 0.0
    check(answer.code == "denied" and "clocks differ by" in answer.text and
          "set this machine's clock" in answer.text and
          answer.text.count("Z") >= 2, "clocks that differ", answer)
    server.fault = lambda r: Refusal(403, "AuthorizationFailure") if \
        r.command == "PUT" else None
    answer = said()
    server.fault = None
    check(answer.code == "denied" and "to write files" in answer.text,
          "a right that is missing", answer)
    share = server.shares["trials"]
    share.quota = share.used() + 1000
    azure = opened(server)
    answer = azure("put", "full", write(folder + "/5k", b"x" * 5000))
    share.quota = 1 << 40
    check(answer.code == "limit" and "share trials is full" in answer.text,
          "a share that is full", answer)
    check("full" not in share.files and not parts(server),
          "nothing half is left of that")
    azure.close()
    server.fault = lambda r: Refusal(404, "ShareNotFound")
    azure = opened(server)
    answer = azure("text", "x", "x")
    server.fault = None
    check(answer.code == "not-found" and "share trials" in answer.text,
          "a share that is gone", answer)
    azure.close()


def check_sources(server, folder):
    key = write(folder + "/key", KEY.encode() + b"\n")
    azure = opened(server, {}, azureKeyFile=key)
    check(azure("prepare").ok, "a key file")
    azure.close()
    token = "sv=2021-06-08&ss=f&srt=sco&sp=rwdlc&sig=a%2Bb%3D"
    server.token = token
    for env, more, name in (
            ({"AZURE_STORAGE_SAS_TOKEN": "?" + token}, {}, "of a variable"),
            ({}, {"azureKeyFile": write(folder + "/token", token.encode())},
             "of a file")):
        azure = opened(server, env, **more)
        answers = [azure("prepare"), azure("text", "by/token", "x"),
                   azure("copy", "by/token", "by/copy"),
                   azure("list", "by"), azure("remove", "by")]
        check(all(a.ok for a in answers), "a token " + name,
              "\n".join(map(str, answers)))
        check("sig=" not in "".join(map(str, azure("url", "x").lines)),
              "its address has no token")
        azure.close()
    azure = opened(server, {"AZURE_STORAGE_SAS_TOKEN":
                            token.replace("a%2B", "SECRET")})
    answer = azure("prepare")
    check(answer.code == "denied" and "SECRET" not in answer.text,
          "a wrong token", answer)
    azure.close()
    server.token = None
    # the vault: az gets names, and its answer is not shown
    tools = folder + "/tools"
    az = write(tools + "/az", (
        '#!/bin/sh\necho "$*" >>%s/calls\n'
        "echo '{\"value\": \"%s\"}'\n" % (folder, KEY)).encode())
    os.chmod(az, 0o700)
    path = {"PATH": tools + ":" + os.environ["PATH"]}
    vault = {"keyVaultName": "vault", "keyVaultKey": "secret"}
    azure = opened(server, path, **vault)
    check(azure.opened.ok and azure("prepare").ok, "a Key Vault",
          azure.opened)
    azure.close()
    check(read(folder + "/calls") == b"keyvault secret show --name secret "
          b"--vault-name vault --output json\n", "az is asked once, by names")
    write(az, b"#!/bin/sh\necho 'run az login' >&2\nexit 1\n")
    azure = opened(server, path, **vault)
    check(azure.opened.code == "unavailable" and
          "secret secret of Key Vault vault" in azure.opened.text and
          "run az login" in azure.opened.text, "az that fails", azure.opened)


def main():
    server = Verifier()
    with Folder() as folder:
        try:
            check_operations(server, folder)
            check_many(server, folder)
            check_large(server, folder)
            check_refusals(server, folder)
            check_sources(server, folder)
        finally:
            server.fault = None
            server.stop()
    check(not server.violations, "no rule was broken on the way",
          "\n".join(server.violations))
    rig.done()


if __name__ == "__main__":
    main()
