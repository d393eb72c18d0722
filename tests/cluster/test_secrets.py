#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Secrets the experiment's pods need: the key of an Azure storage account, from
a Key Vault through the Azure CLI (a stand-in here: the real one needs Azure).
TAP output."""
import base64
import os
import subprocess
import sys

sys.dont_write_bytecode = True
from lab import Lab, check, done

KEY = base64.b64encode(b"not a key anybody has" * 3).decode()
CLI = """#!/bin/sh
echo "$*" >>%s
[ -e %s ] || { echo "ERROR: Please run 'az login'" >&2; exit 1; }
echo '{"id": "x", "value": "%s", "attributes": {"expires": null}}'
"""


class Azure(Lab):
    def __init__(self):
        super().__init__(1, 1, platform={"storage": {
            "storageType": "azureStorage", "azureAccount": "mystorage",
            "azureShare": "trials", "keyVaultName": "my-vault",
            "keyVaultKey": "storage-key"}})
        self.calls = os.path.join(self.dir, "calls")
        self.login = os.path.join(self.dir, "login")
        tools = os.path.join(self.dir, "tools")
        os.mkdir(tools)
        with open(os.path.join(tools, "az"), "w") as f:
            f.write(CLI % (self.calls, self.login, KEY))
        os.chmod(os.path.join(tools, "az"), 0o755)
        self.env["PATH"] = tools + ":" + self.env["PATH"]

    def key_secrets(self):
        return [s for s in self.objects("secrets")
                if s["metadata"]["name"].startswith("nni-secret-")]


def main():
    lab = Azure()
    try:
        lab.start()
        trial = lab.wait_trial("it says why it waits",
                               lambda t: "az login" in (t["reason"] or ""))
        check(trial and "storage-key of Key Vault my-vault" in
              trial["reason"], "the trial names the key it waits for", trial)
        open(lab.login, "w").close()
        made = lab.wait(lab.key_secrets, "after a login the Secret is made")
        data = {k: base64.b64decode(v).decode() for k, v in
                (made or [{"data": {}}])[0]["data"].items()}
        check(data == {"azurestorageaccountname": "mystorage",
                       "azurestorageaccountkey": KEY},
              "it has account and key", data.keys())
        pod = lab.wait(lambda: [p for p in lab.objects("pods") if p["metadata"]
                                ["labels"].get("trialId")], "its pod is made")
        volumes = {v["name"]: v for v in pod[0]["spec"]["volumes"]}
        check(volumes["nni-vol"]["azureFile"] == {
            "secretName": made[0]["metadata"]["name"], "shareName": "trials"},
            "its volume names Secret and share", volumes["nni-vol"])
        with open(lab.calls) as f:
            check(f.readline().split() == [
                "keyvault", "secret", "show", "--name", "storage-key",
                "--vault-name", "my-vault", "--output", "json"],
                "the CLI is asked for the secret")
        found = subprocess.run(["grep", "-rlF", KEY, lab.dir,
                                "--exclude-dir=tools"],
                               stdout=subprocess.PIPE, text=True).stdout
        check(not found, "the key is in no file of ours", found)
        lab.call("stop", lab.id)
        lab.finish()
        lab.check_nothing_left("in the end")
    finally:
        lab.close()
    return done()


if __name__ == "__main__":
    sys.exit(main())
