#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stands in for an interpreter with nni 2.0 in it: what test_bridge wants to
go wrong is the name of the tuner.  Started as `dispatcher.py -u -c TEXT PARENT
FOLDER PARAMETERS`."""
import json
import os
import signal
import sys
import time

parent, folder, params = sys.argv[4:7]
assert os.getppid() == int(parent)
os.chdir(folder)
fault = json.loads(params)["tuner"]["name"]
if fault == "no-nni":
    os.write(5, b'{"executable": "py", "python": "3", "problem": "none"}\n')
    sys.exit(1)
if fault == "no-hello":
    raise RuntimeError("not today")
if fault == "long-hello":
    os.write(5, b"x" * 20000)
    time.sleep(60)
os.write(5, b'{"nni": "2.0", "python": "3", "executable": "py"}\n')
source, drain = os.fdopen(3, "rb"), os.fdopen(4, "wb")


def say(code, text=""):
    data = text.encode()
    drain.write(b"%s%014d%s" % (code.encode(), len(data), data))
    drain.flush()


def hear():
    head = source.read(16)
    if len(head) < 16:
        sys.exit(0)
    return head[:2].decode(), source.read(int(head[2:])).decode()


code, space = hear()
assert code == "IN"
if fault == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
say("ID")
if fault == "deaf":
    time.sleep(60)
number = 0
while True:
    code, text = hear()
    if code == "TE":
        if fault == "stubborn":
            time.sleep(60)
        sys.exit(0)
    if code == "SS":
        space = text
    if code == "ME":
        say("KI", json.dumps(space if fault == "space" else text))
    if code != "GE":
        continue
    if fault == "garbage":
        drain.write(b"Traceback (most recent call last):\n")
        drain.flush()
        time.sleep(60)
    if fault == "huge":
        drain.write(b"TR99999999999999")
        drain.flush()
        time.sleep(60)
    if fault == "half":
        drain.write(b"TR00000000000100{")
        drain.flush()
        sys.exit(3)
    if fault == "error":
        say("ER", "Traceback:\n  File\nValueError: bad\n")
        time.sleep(60)
    if fault == "silent":
        continue
    if fault == "stray":
        if not os.fork():
            signal.pause()
        os.kill(os.getpid(), signal.SIGKILL)
    for _ in range(50000 if fault == "flood" else int(text)):
        say("TR", '{"parameter_id": %d, "parameters": {}}' % number)
        number += 1
    if fault == "short":
        say("NO")
