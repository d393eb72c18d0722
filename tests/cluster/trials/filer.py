#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A trial that leaves files in its output folder: a large one, one in a folder
below with a name that is no plain one, a link that leads outside.  It ends when
/truth/go is there."""
import argparse
import hashlib
import os
import sys
import time

arguments = argparse.ArgumentParser()
arguments.add_argument("--steps")
arguments.add_argument("--pause")
arguments.parse_args()

out = os.environ["TRIALDECK_OUTPUT_DIR"]
role = os.environ.get("TRIALDECK_ROLE", "")
name = os.environ["TRIALDECK_TRIAL_ID"] + role
blob = hashlib.shake_256(name.encode()).digest(3_000_001)
os.makedirs(os.path.join(out, "a b"), exist_ok=True)
with open(os.path.join(out, "model.bin"), "wb") as f:
    f.write(blob)
with open(os.path.join(out, "a b", "it's \"one\".txt"), "w") as f:
    f.write(name)
if not os.path.islink(os.path.join(out, "way-out")):
    os.symlink("/etc/passwd", os.path.join(out, "way-out"))
print("code here: %s" % os.path.dirname(os.path.abspath(__file__)), flush=True)
with open("/truth/%s.left" % name, "w") as f:
    f.write(out)
while not os.path.exists("/truth/go"):
    time.sleep(0.1)
print("default=1", flush=True)
sys.exit(0)
