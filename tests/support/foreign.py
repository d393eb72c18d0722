# SPDX-License-Identifier: MIT
"""Databases as NNI and Optuna lay them out, in every generation of their
tables: small ones, for tests that have no such program at hand.

    foreign.py KIND PATH [TRIALS]

KIND: nni-1 (up to 2.0), nni-2 (2.1 to 2.10), nni-3; optuna-2.0, optuna-2.10,
optuna-3 (and later)."""
import json
import sqlite3
import sys

START_MS = 1764000000000


# ---- NNI --------------------------------------------------------------------

NNI_PARAMS = {
    "nni-1": {
        "authorName": "me", "experimentName": "old one",
        "trialConcurrency": 2, "maxExecDuration": 3600, "maxTrialNum": 4,
        "searchSpace": json.dumps(
            {"x": {"_type": "uniform", "_value": [0, 1]}}),
        "trainingServicePlatform": "kubeflow",
        "tuner": {"builtinTunerName": "TPE",
                  "classArgs": {"optimize_mode": "minimize"}},
        "clusterMetaData": [{"key": "trial_config", "value": {
            "command": "python3 t.py", "codeDir": "/x"}}]},
    "nni-2": {
        "experimentName": "newer one", "trialConcurrency": 2,
        "maxExperimentDuration": "1.5h", "maxTrialNumber": 4,
        "searchSpace": {"x": {"_type": "uniform", "_value": [0, 1]}},
        "trialCommand": "python3 t.py",
        "tuner": {"name": "TPE", "classArgs": {"optimize_mode": "minimize"}},
        "trainingService": {"platform": "local"}},
}
NNI_PARAMS["nni-3"] = NNI_PARAMS["nni-2"]


def nni(kind, path, count=4):
    db = sqlite3.connect(path)
    more = {"nni-1": "", "nni-2": ", message text",
            "nni-3": ", message text, environmentId text"}[kind]
    db.executescript("""
        CREATE TABLE TrialJobEvent (timestamp integer, trialJobId text,
            event text, data text, logPath text, sequenceId integer%s);
        CREATE INDEX TrialJobEvent_trialJobId on TrialJobEvent(trialJobId);
        CREATE TABLE MetricData (timestamp integer, trialJobId text,
            parameterId text, type text, sequence integer, data text);
        CREATE INDEX MetricData_trialJobId on MetricData(trialJobId);
        CREATE TABLE ExperimentProfile (params text, id text,
            execDuration integer, startTime integer, endTime integer,
            logDir text, nextSequenceId integer, revision integer);"""
                     % more)

    def event(at, trial, name, data=None, sequence=None, message=None):
        row = [START_MS + at, trial, name, data, None, sequence]
        if kind != "nni-1":
            row.append(message)
        if kind == "nni-3":
            row.append(None)
        db.execute("INSERT INTO TrialJobEvent VALUES (%s)"
                   % ",".join("?" * len(row)), row)

    def metric(at, trial, kind_, sequence, value):
        db.execute("INSERT INTO MetricData VALUES (?, ?, ?, ?, ?, ?)",
                   (START_MS + at, trial, "0", kind_, sequence,
                    json.dumps(value)))

    ends = ["SUCCEEDED", "FAILED", "EARLY_STOPPED", "SUCCEEDED"]
    event(0, "", "IMPORT_DATA", '[{"parameter": {"x": 0.5}, "value": 1}]')
    for number in range(count):
        trial = "T%04d" % number
        data = json.dumps({"parameter_id": number,
                           "parameter_source": "customized" if number == 3
                           else "algorithm",
                           "parameters": {"x": number / 8},
                           "parameter_index": 0})
        event(number * 10, trial, "WAITING", data, number)
        event(number * 10 + 1, trial, "RUNNING")
        for step in range(3):
            metric(number * 10 + 2 + step, trial, "PERIODICAL", step,
                   "NaN" if number == 3 and step == 1
                   else json.dumps({"default": number + step, "loss": 0.5})
                   if step == 2 else str(number + step))
        end = ends[number % 4]
        if end == "SUCCEEDED":
            metric(number * 10 + 6, trial, "FINAL", 0, str(number + 0.25))
        event(number * 10 + 7, trial, end, message="was %s" % end)
    params = json.dumps(NNI_PARAMS[kind])
    for revision in range(1, 4):
        db.execute("INSERT INTO ExperimentProfile VALUES"
                   " (?, ?, ?, ?, ?, ?, ?, ?)",
                   (params, "exp" + kind.replace("nni-", "nni"), revision,
                    START_MS, START_MS + 5000 if revision == 3 else None,
                    "/x", count, revision))
    db.commit()
    db.close()


# ---- Optuna -----------------------------------------------------------------

OPTUNA_TABLES = """
    CREATE TABLE version_info (version_info_id INTEGER PRIMARY KEY,
        schema_version INTEGER, library_version VARCHAR(256));
    CREATE TABLE study_user_attributes (study_user_attribute_id INTEGER
        PRIMARY KEY, study_id INTEGER, "key" VARCHAR(512), value_json TEXT);
    CREATE TABLE study_system_attributes (study_system_attribute_id INTEGER
        PRIMARY KEY, study_id INTEGER, "key" VARCHAR(512), value_json TEXT);
    CREATE TABLE trial_user_attributes (trial_user_attribute_id INTEGER
        PRIMARY KEY, trial_id INTEGER, "key" VARCHAR(512), value_json TEXT);
    CREATE TABLE trial_system_attributes (trial_system_attribute_id INTEGER
        PRIMARY KEY, trial_id INTEGER, "key" VARCHAR(512), value_json TEXT);
    CREATE TABLE trial_params (param_id INTEGER PRIMARY KEY, trial_id INTEGER,
        param_name VARCHAR(512), param_value FLOAT, distribution_json TEXT,
        UNIQUE (trial_id, param_name));"""
OPTUNA_OLD = """
    CREATE TABLE studies (study_id INTEGER PRIMARY KEY,
        study_name VARCHAR(512), direction VARCHAR(8));
    CREATE TABLE trials (trial_id INTEGER PRIMARY KEY, number INTEGER,
        study_id INTEGER, state VARCHAR(8), value FLOAT,
        datetime_start DATETIME, datetime_complete DATETIME);
    CREATE TABLE trial_values (trial_value_id INTEGER PRIMARY KEY,
        trial_id INTEGER, step INTEGER, value FLOAT);"""
OPTUNA_NEW = """
    CREATE TABLE studies (study_id INTEGER PRIMARY KEY,
        study_name VARCHAR(512));
    CREATE TABLE study_directions (study_direction_id INTEGER PRIMARY KEY,
        direction VARCHAR(8), study_id INTEGER, objective INTEGER);
    CREATE TABLE trials (trial_id INTEGER PRIMARY KEY, number INTEGER,
        study_id INTEGER, state VARCHAR(8), datetime_start DATETIME,
        datetime_complete DATETIME);
    CREATE TABLE trial_values (trial_value_id INTEGER PRIMARY KEY,
        trial_id INTEGER, objective INTEGER, value FLOAT%s);
    CREATE TABLE trial_intermediate_values (
        trial_intermediate_value_id INTEGER PRIMARY KEY, trial_id INTEGER,
        step INTEGER, intermediate_value FLOAT%s);"""


def distributions(is_old):
    def one(name, **attributes):
        return json.dumps({"name": name, "attributes": attributes})
    choice = one("CategoricalDistribution", choices=["adam", None, 1.5, True])
    if is_old:
        return {"x": one("UniformDistribution", low=-1, high=1),
                "lr": one("LogUniformDistribution", low=1e-5, high=0.1),
                "n": one("IntUniformDistribution", low=1, high=9, step=1),
                "q": one("DiscreteUniformDistribution", low=0, high=1, q=0.25),
                "c": choice}
    return {"x": one("FloatDistribution", low=-1, high=1, step=None,
                     log=False),
            "lr": one("FloatDistribution", low=1e-5, high=0.1, step=None,
                      log=True),
            "n": one("IntDistribution", low=1, high=9, step=1, log=False),
            "q": one("FloatDistribution", low=0, high=1, step=0.25,
                     log=False),
            "c": choice}


def optuna(kind, path, count=6):
    is_old = kind == "optuna-2.0"
    has_types = kind == "optuna-3"
    db = sqlite3.connect(path)
    db.executescript(OPTUNA_TABLES)
    if is_old:
        db.executescript(OPTUNA_OLD)
    else:
        db.executescript(OPTUNA_NEW % (
            (", value_type VARCHAR(7)", ", intermediate_value_type VARCHAR(7)")
            if has_types else ("", "")))
    spaces = distributions(kind != "optuna-3")
    db.execute("INSERT INTO version_info VALUES (1, 12, ?)",
               (kind.split("-")[1] + ".0",))
    trial_id = 0

    def value(table, trial, number, x):
        kind_ = ("INF_POS" if x == float("inf") else
                 "NAN" if x != x else "FINITE")
        row = [trial, number, x if kind_ == "FINITE" else None]
        db.execute("INSERT INTO %s VALUES (NULL, ?, ?, ?%s)"
                   % (table, ", ?" if has_types else ""),
                   row + ([kind_] if has_types else []))

    def study(key, name, directions):
        nonlocal trial_id
        if is_old:
            db.execute("INSERT INTO studies VALUES (?, ?, ?)",
                       (key, name, directions[0]))
        else:
            db.execute("INSERT INTO studies VALUES (?, ?)", (key, name))
            for at, direction in enumerate(directions):
                db.execute("INSERT INTO study_directions VALUES"
                           " (NULL, ?, ?, ?)", (direction, key, at))
        for number in range(count):
            trial_id += 1
            state = {1: "PRUNED", 2: "FAIL", 5: "RUNNING"}.get(
                number, "COMPLETE")
            times = ("2025-11-25 10:%02d:00.250000" % (number // 2 % 60),
                     None if state == "RUNNING"
                     else "2025-11-25 10:%02d:30.500000" % (number // 2 % 60))
            result = number + 0.5 if state == "COMPLETE" else None
            if is_old:
                db.execute("INSERT INTO trials VALUES (?, ?, ?, ?, ?, ?, ?)",
                           (trial_id, number, key, state, result) + times)
            else:
                db.execute("INSERT INTO trials VALUES (?, ?, ?, ?, ?, ?)",
                           (trial_id, number, key, state) + times)
                for at in range(len(directions) if result else 0):
                    value("trial_values", trial_id, at, result + 10 * at)
            for step in range(3):
                value("trial_values" if is_old
                      else "trial_intermediate_values", trial_id, step * 10,
                      float("nan") if has_types and number == 3 and step == 1
                      else number + step / 4)
            for name_, x in (("x", number / 8), ("lr", 0.01), ("n", 4.0),
                             ("q", 0.25), ("c", float(number % 4))):
                db.execute("INSERT INTO trial_params VALUES"
                           " (NULL, ?, ?, ?, ?)",
                           (trial_id, name_, x, spaces[name_]))
            db.execute("INSERT INTO trial_user_attributes VALUES"
                       " (NULL, ?, 'size', ?)", (trial_id, str(number * 2)))
            db.execute("INSERT INTO trial_user_attributes VALUES"
                       " (NULL, ?, 'words', '\"some text\"')", (trial_id,))
        db.execute("INSERT INTO study_user_attributes VALUES"
                   " (NULL, ?, 'owner', '\"ann\"')", (key,))

    study(1, "first", ["MAXIMIZE"])
    study(2, "second", ["MINIMIZE"] if is_old else ["MINIMIZE", "MAXIMIZE"])
    db.commit()
    db.close()


def make(kind, path, *count):
    (nni if kind.startswith("nni") else optuna)(kind, path, *count)


if __name__ == "__main__":
    make(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
