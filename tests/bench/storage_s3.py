# SPDX-License-Identifier: MIT
"""2,000 files, 300 MB, into an S3 server of this machine: four sessions of ours
against four connections of curl, in turns.  Says the ratio and what memory
the sessions took; fails below 0.8 or above 64 MiB.

Usage: storage_s3.py [ROUNDS]"""
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "storage"))
import rig
import s3_server

FILES, TOTAL = 2000, 300_000_000


def ours(port, folder, name):
    session = rig.Session(s3_server.storage(port), s3_server.credentials())
    start = time.monotonic()
    answer = session("tree", name, folder, 4)
    took = time.monotonic() - start
    memory = int(session("bytes").lines[1][0])
    assert answer.ok, answer
    assert session("remove", name).ok
    session.close()
    return took, memory


def curls(port, folder, name, config):
    with open(config, "w") as out:
        for file in sorted(os.listdir(folder)):
            out.write('upload-file = "%s/%s"\nurl = "http://127.0.0.1:%d/'
                      'trials/%s/%s"\noutput = "/dev/null"\n' %
                      (folder, file, port, name, file))
    start = time.monotonic()
    subprocess.run(
        ["curl", "--silent", "--show-error", "--fail", "--parallel",
         "--parallel-max", "4", "--no-progress-meter", "--aws-sigv4",
         "aws:amz:eu-west-1:s3", "--user",
         s3_server.KEY + ":" + s3_server.SECRET, "--header",
         "x-amz-content-sha256: UNSIGNED-PAYLOAD", "--header", "Expect:",
         "--config", config], check=True)
    took = time.monotonic() - start
    session = rig.Session(s3_server.storage(port), s3_server.credentials())
    found = len(session("walk", name).entries)
    assert found == FILES, found
    assert session("remove", name).ok
    session.close()
    return took


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    program, why = s3_server.program()
    if not program:
        print("SKIP: " + why)
        return 0
    with rig.Folder() as place:
        folder = place + "/files"
        for i in range(FILES):
            rig.write("%s/file-%04d" % (folder, i),
                      os.urandom(TOTAL // FILES))
        server = s3_server.Server(program, place + "/root")
        try:
            session = rig.Session(s3_server.storage(server.port),
                                  s3_server.credentials())
            assert session("prepare").ok
            session.close()
            pairs, memory = [], 0
            for i in range(rounds):
                mine, used = ours(server.port, folder, "ours%d" % i)
                other = curls(server.port, folder, "curl%d" % i,
                              place + "/curl.conf")
                pairs.append((mine, other))
                memory = max(memory, used)
        finally:
            server.stop()
    mine = statistics.median(p[0] for p in pairs)
    other = statistics.median(p[1] for p in pairs)
    ratio = other / mine
    print("s3: %d files, %d MB: ours %.2f s (%.0f MB/s), curl %.2f s; "
          "%.2f of curl's pace; peak memory %.1f MiB" %
          (FILES, TOTAL // 1_000_000, mine, TOTAL / mine / 1e6, other, ratio,
           memory / 1024))
    return 0 if ratio >= 0.8 and memory < 65536 else 1


if __name__ == "__main__":
    sys.exit(main())
