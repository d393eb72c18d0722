# SPDX-License-Identifier: MIT
"""A real S3 server, versitygw, installed once from its Go module.

The Go command checks the module's digest against the public sum database; the
version is pinned here.  It goes to $XDG_CACHE_HOME/trialdeck-tests."""
import fcntl
import os
import shutil
import subprocess

import rig

MODULE = "github.com/versity/versitygw/cmd/versitygw"
VERSION = "v1.8.0"
KEY, SECRET = "TESTKEYTESTKEYTEST", "secret/of+the=Tests"


def program():
    """(path, None), or (None, why there is none)."""
    go = shutil.which("go")
    folder = os.path.join(rig.CACHE, "versitygw-" + VERSION)
    path = os.path.join(folder, "versitygw")
    if os.path.exists(path):
        return path, None
    if not go:
        return None, "Go is not installed, which builds the S3 server"
    os.makedirs(folder, exist_ok=True)
    with open(folder + ".log", "w") as out:
        fcntl.flock(out, fcntl.LOCK_EX)  # suites may run side by side
        if os.path.exists(path):
            return path, None
        fresh = folder + ".new"
        # what it is built from does not stay
        env = dict(os.environ, GOBIN=fresh, GOFLAGS="-trimpath -modcacherw",
                   GOPATH=os.path.join(fresh, "path"),
                   GOCACHE=os.path.join(fresh, "cache"))
        status = subprocess.run(
            [go, "install", "-ldflags=-s -w", MODULE + "@" + VERSION],
            env=env, stdout=out, stderr=out).returncode
        if status:
            shutil.rmtree(fresh, ignore_errors=True)
            return None, "the S3 server could not be built: " + folder + ".log"
        os.replace(os.path.join(fresh, "versitygw"), path)
        shutil.rmtree(fresh, ignore_errors=True)
    return path, None


class Server:
    """versitygw over a folder."""

    def __init__(self, path, folder, *more, port=None):
        self.argv = [path, "--access", KEY, "--secret", SECRET, "--region",
                     "eu-west-1", "--quiet", "--keep-alive"]
        self.more = list(more)
        self.folder = folder
        self.port = port or rig.free_port()
        os.makedirs(folder, exist_ok=True)
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            self.argv + ["--port", "127.0.0.1:%d" % self.port] + self.more +
            ["posix", self.folder], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        if not rig.await_port(self.port, self.process):
            raise AssertionError("the S3 server does not start")

    def stop(self):
        self.process.kill()
        self.process.wait()


def credentials():
    return {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}


def storage(port, bucket="trials", **more):
    return dict({"storageType": "s3", "endpoint":
                 "http://127.0.0.1:%d" % port, "region": "eu-west-1",
                 "bucket": bucket}, **more)
