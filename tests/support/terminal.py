# SPDX-License-Identifier: MIT
"""The program on a terminal, for tests that are not about how it looks."""
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

from rig import PROGRAM


class Console:
    """The program on a terminal of 80x24; what it writes is only kept."""

    def __init__(self, rig, *argv):
        self.output = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            env = dict(rig.env, TERM="xterm-256color", LC_ALL="C.UTF-8")
            os.execve(PROGRAM, [PROGRAM, "--db", rig.db] + list(argv), env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 24, 80, 0, 0))

    def read(self, seconds):
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return False
            self.output += data
            return bool(data)
        return True

    def wait_for(self, text, seconds=120):
        deadline = time.monotonic() + seconds
        while text not in self.output and time.monotonic() < deadline:
            if not self.read(0.1):
                break
        return text in self.output

    def settle(self, quiet=0.5, seconds=60):
        """Read until nothing has been written for a while: the screen shows
        what the store holds, being at most a tenth of a second behind."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            before = len(self.output)
            if not self.read(quiet) or len(self.output) == before:
                break

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def status(self, seconds=120):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return status
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return None

    def close(self):
        try:
            os.close(self.fd)
        except OSError:
            pass
