# SPDX-License-Identifier: MIT
"""Our tuners beside Optuna's and NNI's, in one run: `make bench-tuners`.

Every tuner minimises every function of the sandbox that has one objective and
no budgets, with the same seeds, spaces, evaluations, workers and first points.
The peers come from the package registry into environments outside of the
checkout (tests/support/nni_package.py).  Printed are mean ranks and rank tests;
--markdown writes the same as docs/tuners.md has it.

    tuners.py [--seeds 20] [--evaluations 50,100] [--workers 1,16]
              [--functions all] [--ours Auto,TPE,GP] [--peers optuna,nni]
              [--jobs 2] [--json FILE] [--reuse FILE] [--markdown FILE]
              [--check]

Runs are the same every time, so --reuse takes those that an earlier --json has
(such as the peers', while ours are worked on).
"""
import argparse
import concurrent.futures
import itertools
import json
import math
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import nni_package  # noqa: E402

TITLES = {"optuna": "Optuna TPE (its default)", "optuna-gp": "Optuna GP",
          "nni": "NNI TPE"}
GROUPS = ("smooth", "mixed", "conditional", "noisy", "table")
STARTS = 10


# --- rank tests ----------------------------------------------------------------

def ranks(values):
    """From 1 on; equal ones share their mean."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    out = [0.0] * len(values)
    for _, group in itertools.groupby(order, key=lambda i: values[i]):
        group = list(group)
        first = len([v for v in values if v < values[group[0]]])
        for i in group:
            out[i] = first + (len(group) + 1) / 2
    return out


def tail(z):
    return math.erfc(abs(z) / math.sqrt(2))


def wilcoxon(differences):
    """Two-sided p of the signed-rank test (Wilcoxon 1945), by the normal
    approximation with ties; zeros count as half to each side (Pratt 1959)."""
    order = ranks([abs(d) for d in differences])
    kept = [(r, d) for r, d in zip(order, differences) if d]
    if not kept:
        return 1.0
    plus = sum(r for r, d in kept if d > 0)
    mean = sum(r for r, _ in kept) / 2
    variance = sum(r * r for r, _ in kept) / 4
    return tail((plus - mean) / math.sqrt(variance))


def mann_whitney(a, b):
    """(Share of pairs in which a is less, two-sided p with ties)."""
    n, m = len(a), len(b)
    order = ranks(list(a) + list(b))
    u = sum(order[:n]) - n * (n + 1) / 2  # pairs in which a is more
    ties = sum(t ** 3 - t for t in
               (len(list(g)) for _, g in itertools.groupby(sorted(order))))
    total = n + m
    variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        return 0.5, 1.0
    return 1 - u / (n * m), tail((u - n * m / 2) / math.sqrt(variance))


# --- runs ----------------------------------------------------------------------

def our_run(trialdeck, tuner, function, seeds, evaluations, workers):
    return [trialdeck, "bench-tuner", tuner, "--functions", function,
            "--seeds", str(seeds), "--evaluations", str(evaluations),
            "--workers", str(workers), "--starts", str(STARTS), "--json"]


def peer_run(python, peer, trialdeck, function, seeds, evaluations, workers):
    return [python, os.path.join(HERE, "tuner_peer.py"), peer, trialdeck,
            function, str(seeds), str(evaluations), str(workers), str(STARTS)]


def execute(argv):
    done = subprocess.run(
        argv, stdout=subprocess.PIPE, text=True,
        env=dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1"))
    if done.returncode:
        sys.exit("failed: " + " ".join(argv))
    return json.loads(done.stdout)[0]


def collect(args, functions):
    """Regrets by (tuner, workers, function): a list of runs."""
    peers, jobs = nni_package.peers(args.peers), {}
    most = max(args.evaluations)
    for workers in args.workers:
        for function in functions:
            for tuner in args.ours:
                jobs[tuner, workers, function] = our_run(
                    args.trialdeck, tuner, function, args.seeds, most, workers)
            for peer, python in peers.items():
                jobs[peer, workers, function] = peer_run(
                    python, peer, args.trialdeck, function, args.seeds, most,
                    workers)
    data = {key: regrets for key, regrets in reused(args).items()
            if key in jobs and len(regrets) >= args.seeds and
            len(regrets[0]) >= most}
    jobs = {key: argv for key, argv in jobs.items() if key not in data}
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for key, result in zip(jobs, pool.map(execute, jobs.values())):
            data[key] = [run["regrets"] for run in result["runs"]]
    return list(args.ours) + list(peers), {
        key: regrets[:args.seeds] for key, regrets in data.items()}


def reused(args):
    if not args.reuse:
        return {}
    with open(args.reuse) as source:
        return {(r["tuner"], r["workers"], r["function"]): r["regrets"]
                for r in json.load(source)}


# --- what it says --------------------------------------------------------------

def at(runs, evaluations):
    return [run[evaluations - 1] for run in runs]


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else float("nan")


def function_ranks(data, tuners, functions, workers, evaluations):
    """Per function each tuner's mean rank over the seeds."""
    out = {}
    for function in functions:
        runs = [at(data[t, workers, function], evaluations) for t in tuners]
        seeds = [ranks(seed) for seed in zip(*runs)]
        out[function] = [mean(s[i] for s in seeds) for i in range(len(tuners))]
    return out


def pairwise(data, one, other, functions, workers, evaluations):
    """(share of pairs won, functions won and lost with p < 0.05, p of the
    signed-rank test over functions)."""
    shares, won, lost = [], 0, 0
    for function in functions:
        share, p = mann_whitney(at(data[one, workers, function], evaluations),
                                at(data[other, workers, function],
                                   evaluations))
        shares.append(share)
        won += p < 0.05 and share > 0.5
        lost += p < 0.05 and share < 0.5
    return mean(shares), won, lost, wilcoxon([s - 0.5 for s in shares])


def loss(data, tuner, functions, workers, evaluations):
    """What working side by side costs: how much more regret there is, as a
    share of the regret of the first points alone."""
    out = []
    for function in functions:
        scale = mean(at(data[tuner, 1, function], STARTS))
        if scale > 0:
            out.append((mean(at(data[tuner, workers, function], evaluations)) -
                        mean(at(data[tuner, 1, function], evaluations)))
                       / scale)
    return mean(out)


def left(data, tuner, functions, workers, evaluations):
    """The regret that is left, as a share of that of the first points."""
    out = []
    for function in functions:
        scale = mean(at(data[tuner, 1, function], STARTS))
        if scale > 0:
            out.append(mean(at(data[tuner, workers, function], evaluations))
                       / scale)
    return mean(out)


def table(out, head, rows):
    out.append("| " + " | ".join(head) + " |")
    out.append("|" + "|".join(["---"] * len(head)) + "|")
    out += ["| " + " | ".join(str(c) for c in row) + " |" for row in rows]
    out.append("")


def title(tuner):
    return TITLES.get(tuner, tuner)


def report(args, data, tuners, functions, held_out, groups):
    out = []
    columns = [(w, e) for w in args.workers for e in args.evaluations]
    head = ["%d evaluations, %d at once" % (e, w) for w, e in columns]
    for name, chosen in (("all %d functions" % len(functions), functions),
                         ("the %d held out" % len(held_out), held_out)):
        if not chosen:
            continue
        rows = []
        each = {c: function_ranks(data, tuners, chosen, *c) for c in columns}
        for i, tuner in enumerate(tuners):
            rows.append([title(tuner)] + [
                "%.2f" % mean(each[c][f][i] for f in chosen)
                for c in columns])
        out += ["Mean rank over %s, of %d tuners, %d seeds:" %
                (name, len(tuners), args.seeds), ""]
        table(out, [""] + head, rows)
    peers = [t for t in tuners if t in TITLES]
    rows = []
    for one, other in itertools.product(
            [t for t in tuners if t not in TITLES], peers):
        row = ["%s, %s" % (title(one), title(other))]
        for c in columns:
            share, won, lost, p = pairwise(data, one, other, functions, *c)
            row.append("%.0f %%, %d:%d, p = %.2g" % (100 * share, won, lost, p))
        rows.append(row)
    if rows:
        out += ["Pairs of runs in which the first has less regret; functions "
                "on which it is better : worse with p < 0.05 (Mann-Whitney); p "
                "over functions (Wilcoxon's signed ranks):", ""]
        table(out, [""] + head, rows)
    many = [w for w in args.workers if w > 1]
    for name, chosen in (("all %d functions" % len(functions), functions),
                         ("the %d held out" % len(held_out), held_out)):
        if 1 not in args.workers or not chosen:
            continue
        out += ["Regret that is left, as a share of the regret of the first "
                "%d points; %s:" % (STARTS, name), ""]
        table(out, [""] + head, [
            [title(t)] + ["%.3f" % left(data, t, chosen, *c) for c in columns]
            for t in tuners])
        if not many:
            continue
        out += ["What working side by side costs: regret more than one after "
                "another, as a share of the regret of the first %d points; "
                "%s:" % (STARTS, name), ""]
        table(out, [""] + ["%d evaluations, %d at once" % (e, w)
                           for w in many for e in args.evaluations],
              [[title(t)] + ["%.3f" % loss(data, t, chosen, w, e)
                             for w in many for e in args.evaluations]
               for t in tuners])
    out += ["Mean rank by group:", ""]
    rows = []
    for group in sorted(set(groups.values()), key=GROUPS.index):
        chosen = [f for f in functions if groups[f] == group]
        for c in columns:
            each = function_ranks(data, tuners, chosen, *c)
            rows.append(["%s (%d)" % (group, len(chosen)), c[1], c[0]] +
                        ["%.2f" % mean(each[f][i] for f in chosen)
                         for i in range(len(tuners))])
    table(out, ["", "evaluations", "at once"] + [title(t) for t in tuners],
          rows)
    return "\n".join(out)


def promises(args, data, tuners, functions):
    """What issue's bounds say, as (text, holds)."""
    out = []
    for w in args.workers:
        for e in args.evaluations:
            each = function_ranks(data, tuners, functions, w, e)
            rank = {t: mean(each[f][i] for f in functions)
                    for i, t in enumerate(tuners)}
            where = "%d evaluations, %d at once" % (e, w)
            for one, other in (("Auto", "optuna"), ("GP", "optuna"),
                               ("TPE", "optuna"), ("TPE", "nni")):
                if one in rank and other in rank:
                    out.append(("%s before %s, %s: rank %.2f, %.2f" % (
                        one, title(other), where, rank[one], rank[other]),
                                rank[one] <= rank[other]))
            if w == 1 or 1 not in args.workers:
                continue
            for one, other in itertools.product(
                    ("Auto", "TPE"), (t for t in tuners if t in TITLES)):
                if one in rank:
                    mine, theirs = (loss(data, t, functions, w, e)
                                    for t in (one, other))
                    out.append(("%s loses less than %s, %s: %.3f, %.3f" % (
                        one, title(other), where, mine, theirs),
                                mine <= theirs))
    return out


def numbers(text):
    return [int(part) for part in text.split(",")]


def words(text):
    return [part for part in text.split(",") if part]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--trialdeck", default="./trialdeck")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--evaluations", type=numbers, default=[50, 100])
    parser.add_argument("--workers", type=numbers, default=[1, 16])
    parser.add_argument("--functions", type=words, default=[])
    parser.add_argument("--ours", type=words, default=["Auto", "TPE", "GP"])
    parser.add_argument("--peers", type=words, default=["optuna", "nni"])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--json")
    parser.add_argument("--reuse")
    parser.add_argument("--markdown")
    parser.add_argument("--check", action="store_true",
                        help="end with 1 where a promise is broken")
    args = parser.parse_args()
    args.trialdeck = os.path.abspath(args.trialdeck)
    about = json.loads(subprocess.run(
        [args.trialdeck, "bench-tuner", "--list", "--json"], check=True,
        stdout=subprocess.PIPE).stdout)
    about = [f for f in about if f["group"] in GROUPS and
             (not args.functions or f["name"] in args.functions or
              f["group"] in args.functions)]
    functions = [f["name"] for f in about]
    tuners, data = collect(args, functions)
    text = report(args, data, tuners, functions,
                  [f["name"] for f in about if f["held_out"]],
                  {f["name"]: f["group"] for f in about})
    print(text)
    broken = 0
    for sentence, holds in promises(args, data, tuners, functions):
        broken += not holds
        print("%s - %s" % ("holds" if holds else "BROKEN", sentence))
    if args.markdown:
        with open(args.markdown, "w") as out:
            out.write(text)
    if args.json:
        with open(args.json, "w") as out:
            json.dump([{"tuner": t, "workers": w, "function": f,
                        "regrets": runs}
                       for (t, w, f), runs in data.items()], out)
    sys.exit(1 if args.check and broken else 0)


if __name__ == "__main__":
    main()
