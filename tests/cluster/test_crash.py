#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kill -9 of the program at random moments, each followed by resume, with
trials on a real cluster (promises 1, 2, 3, 5 and 6).

Environment: CRASHES (20), CRASH_SEED.  TAP output."""
import os
import random
import sys
import time

sys.dont_write_bytecode = True
from lab import Lab, Recorder, check, done

CRASHES = int(os.environ.get("CRASHES", "20"))
SEED = int(os.environ.get("CRASH_SEED", str(random.randrange(1 << 30))))


def disturb(lab, rng):
    """Crashes; the times at which the program was not there."""
    away = []
    for number in range(CRASHES):
        time.sleep(rng.uniform(0.0, 4.0))
        lab.crash()
        begin = time.time()
        # now and then long enough for trials to report, end and wait
        if number % 4 == 3:
            time.sleep(rng.uniform(1.0, 6.0))
        lab.start()
        away.append((begin, time.time()))
    return away


def check_jobs(lab, recorder):
    recorder.stop()
    added = recorder.added()
    twice = {name: uids for name, uids in added.items() if len(uids) > 1}
    check(len(added) == lab.trials and not twice and not recorder.gaps,
          "one Job for each trial, none created twice",
          "%d jobs for %d trials\ntwice: %s\ngaps: %s" % (
              len(added), lab.trials, twice, recorder.gaps))


def main():
    print("# CRASH_SEED=%d" % SEED)
    rng = random.Random(SEED)
    lab = Lab(max(6, CRASHES * 5 // 2), 4, steps=5, pause=0.5)
    recorder = Recorder(lab.path("jobs"))
    try:
        lab.start()
        away = disturb(lab, rng)
        print("# %d of %d trials were over after the last crash" % (
            sum(t["ended"] is not None for t in lab.trials_json()),
            lab.trials))
        code, err = lab.finish()
        check(code == 0, "after %d crashes it ends with status 0" % CRASHES,
              err)
        lab.check_all_succeeded("crashes")
        lab.check_metrics("crashes")
        told = lab.times()
        alone = sum(any(begin < at < end for begin, end in away)
                    for at in told)
        check(alone > 0, "%d of %d were reported while nobody listened" % (
            alone, len(told)))
        check(lab.rows("PRAGMA integrity_check") == [("ok",)],
              "integrity check")
        log = lab.log()
        check("differs" not in log and log,
              "replayed suggestions equal the stored ones",
              "\n".join(line for line in log.splitlines()
                        if "differs" in line))
        lab.check_nothing_left("crashes")
        check_jobs(lab, recorder)
    finally:
        lab.close()
    return done()


if __name__ == "__main__":
    sys.exit(main())
