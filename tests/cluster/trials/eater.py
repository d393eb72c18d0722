#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A trial that wants 200 MB."""
import time

print("default=1", flush=True)
block = bytearray(200 << 20)
for at in range(0, len(block), 4096):
    block[at] = 1
time.sleep(60)
