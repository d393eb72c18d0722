# SPDX-License-Identifier: MIT
"""A real NFS server, Debian's nfs-ganesha: in user space, in a network and with
mounts of its own, so that ports, its portmapper and full shares disturb nobody.

It needs root: handles of files are opened by a call that only root may make."""
import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

import rig

NFS_PORT = 2049
# name: (squash, access, size of its own file system in MiB)
EXPORTS = {"squashed": ("Root_Squash", "RW", 1200),
           "trusted": ("No_Root_Squash", "RW", 64),
           "read": ("No_Root_Squash", "RO", 8),
           "small": ("No_Root_Squash", "RW", 4)}


def enter():
    """Go on in a network and with mounts of this process's own, or skip."""
    if os.environ.get("TD_NFS_INSIDE"):
        raise_loopback()
        # what the portmapper locks
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        os.makedirs("/run/ganesha")
        os.makedirs("/run/rpcbind")
        return
    for program in ("ganesha.nfsd", "rpcbind", "unshare"):
        if not shutil.which(program):
            rig.skip_all("%s is not installed" % program)
    if os.geteuid():
        rig.skip_all("nfs-ganesha needs root")
    tried = subprocess.run(
        ["unshare", "-m", "-n", "mount", "-t", "tmpfs", "tmpfs", "/run"],
        stderr=subprocess.PIPE, text=True)
    if tried.returncode:
        rig.skip_all("no network of its own: " + tried.stderr.strip())
    os.environ["TD_NFS_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", "-m", "-n", sys.executable] + sys.argv)


def raise_loopback():
    with socket.socket() as one:
        request = struct.pack("16sh14x", b"lo", 1 | 64)  # up, running
        fcntl.ioctl(one, 0x8914, request)  # SIOCSIFFLAGS


class Server:
    def __init__(self, folder):
        self.folder = folder
        self.process = None
        self.mounted = []
        for name, (_, _, size) in EXPORTS.items():
            path = self.path(name)
            os.makedirs(path)
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dm" % size,
                            "tmpfs", path], check=True)
            self.mounted.append(path)
        os.makedirs(folder + "/state/v4recov")
        os.makedirs(folder + "/state/v4old")
        with open(folder + "/ganesha.conf", "w") as out:
            out.write(self.config())
        # its first act is to go into the background, unless told not to
        self.portmapper = subprocess.Popen(
            ["rpcbind", "-f", "-w"], stderr=subprocess.DEVNULL)
        if not rig.await_port(111, self.portmapper):
            rig.skip_all("rpcbind does not run here")

    def path(self, name):
        return "%s/export/%s" % (self.folder, name)

    def config(self):
        text = """
NFS_CORE_PARAM { Protocols = 3,4; NFS_Port = %d; MNT_Port = 20048;
  Enable_NLM = false; Enable_RQUOTA = false; Enable_UDP = None;
  mount_path_pseudo = true; }
NFSv4 { Graceless = true; RecoveryRoot = %s/state; }
LOG { Default_Log_Level = WARN; }
""" % (NFS_PORT, self.folder)
        for number, (name, (squash, access, _)) in enumerate(EXPORTS.items()):
            text += """
EXPORT { Export_Id = %d; Path = %s; Pseudo = %s; Access_Type = %s; Squash = %s;
  SecType = sys; Protocols = 3,4; Transports = TCP;
  Attr_Expiration_Time = 0; FSAL { Name = VFS; } }
""" % (number + 1, self.path(name), self.path(name), access, squash)
        return text

    def start(self):
        pid = self.folder + "/pid"
        if os.path.exists(pid):
            os.unlink(pid)
        self.process = subprocess.Popen(
            ["ganesha.nfsd", "-F", "-f", self.folder + "/ganesha.conf", "-L",
             self.folder + "/log", "-p", pid],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not rig.await_port(NFS_PORT, self.process):
            with open(self.folder + "/log", errors="replace") as log:
                sys.stderr.write(log.read()[-3000:])
            return False
        # it listens a moment before the portmapper knows where
        for program in (["100003", "3"], ["100005", "3"]):
            if not rig.await_answer(
                    ["rpcinfo", "-T", "tcp", "127.0.0.1"] + program):
                return False
        return True

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.kill()
        self.portmapper.kill()
        self.portmapper.wait()
        end = time.monotonic() + 5
        for path in self.mounted:
            while subprocess.run(["umount", path],
                                 stderr=subprocess.DEVNULL).returncode and \
                    time.monotonic() < end:
                time.sleep(0.05)


def storage(server, name, version=None, **more):
    options = dict(more)
    if version:
        options["version"] = version
    text = "&".join("%s=%s" % pair for pair in options.items())
    return {"storageType": "nfs", "path": server.path(name),
            "server": "127.0.0.1" + ("?" + text if text else "")}
