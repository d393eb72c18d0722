#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Train a classifier with workers and a parameter server; Python alone does.

Where its peers are it learns as programs of each system do:

- TFJob: TF_CONFIG, with the cluster and this task's place in it;
- PyTorchJob: MASTER_ADDR, MASTER_PORT, RANK and WORLD_SIZE;
- FrameworkController: FC_TASKROLE_NAME, FC_TASK_INDEX and the FB_PS_ADDRESSES
  that injector.sh exports;
- Framework Launcher: ps_hosts, as get_ips.sh writes it, and --role, --index.

Without any of these it trains alone.  Parameters come from the file that
$TRIALDECK_PARAMETERS names; the first worker prints "default=0.93" after each
round, and "final=0.95" at the end.
"""

import argparse
import json
import math
import os
import random
import socket
import socketserver
import threading
import time

DEFAULTS = {"learning_rate": 0.2, "width": 12, "batch_size": 16}
ROUNDS = 12
STEPS = 40  # a round


def read_parameters():
    path = os.environ.get("TRIALDECK_PARAMETERS")
    if not path:
        return DEFAULTS
    with open(path, encoding="utf-8") as file:
        return {**DEFAULTS, **json.load(file)}


# --- where the others are ---------------------------------------------------


def split_address(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


def find_place(arguments):
    """Role ("worker", "ps" or "both"), index, the server's address or None."""
    environment = os.environ
    if "TF_CONFIG" in environment:
        config = json.loads(environment["TF_CONFIG"])
        task, servers = config["task"], config["cluster"].get("ps", [])
        return task["type"], task["index"], servers
    if "MASTER_ADDR" in environment:
        rank = int(environment["RANK"])
        port = int(environment["MASTER_PORT"])
        server = f"{environment['MASTER_ADDR']}:{port}"
        if int(environment["WORLD_SIZE"]) < 2:
            return "worker", 0, []
        return ("both" if rank == 0 else "worker"), rank, [server]
    if "FC_TASKROLE_NAME" in environment:
        servers = environment.get("FB_PS_ADDRESSES", "")
        return (environment["FC_TASKROLE_NAME"], int(environment["FC_TASK_INDEX"]),
                servers.split(",") if servers else [])
    servers = environment.get("ps_hosts", "")
    return arguments.role, arguments.index, servers.split(",") if servers else []


# --- the model: two layers on points of two rings ----------------------------


def draw_points(seed, count):
    rng = random.Random(seed)
    points = []
    for _ in range(count):
        label = rng.random() < 0.5
        radius = rng.gauss(1.0 if label else 0.45, 0.16)
        angle = rng.uniform(0, 2 * math.pi)
        points.append((radius * math.cos(angle), radius * math.sin(angle), label))
    return points


def forward(weights, x, y):
    hidden = [math.tanh(a * x + b * y + c) for a, b, c in weights["first"]]
    score = weights["bias"] + sum(w * h for w, h in zip(weights["second"], hidden))
    return hidden, 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def gradient_of(weights, batch):
    width = len(weights["second"])
    first = [[0.0, 0.0, 0.0] for _ in range(width)]
    second, bias = [0.0] * width, 0.0
    for x, y, label in batch:
        hidden, guess = forward(weights, x, y)
        miss = (guess - label) / len(batch)
        bias += miss
        for k, h in enumerate(hidden):
            second[k] += miss * h
            slope = miss * weights["second"][k] * (1 - h * h)
            for j, value in enumerate((x, y, 1.0)):
                first[k][j] += slope * value
    return {"first": first, "second": second, "bias": bias}


def accuracy(weights, points):
    right = sum((forward(weights, x, y)[1] > 0.5) == label for x, y, label in points)
    return right / len(points)


class Model:
    """The weights, wherever they are kept."""

    def __init__(self, parameters):
        rng = random.Random(1)
        width = int(parameters["width"])
        self.rate = parameters["learning_rate"]
        self.weights = {
            "first": [[rng.gauss(0, 1) for _ in range(3)] for _ in range(width)],
            "second": [rng.gauss(0, 0.5) for _ in range(width)],
            "bias": 0.0,
        }
        self.lock = threading.Lock()

    def learn(self, gradient):
        with self.lock:
            weights, rate = self.weights, self.rate
            self.weights = {
                "first": [[w - rate * g for w, g in zip(row, slopes)]
                          for row, slopes in zip(weights["first"], gradient["first"])],
                "second": [w - rate * g
                           for w, g in zip(weights["second"], gradient["second"])],
                "bias": weights["bias"] - rate * gradient["bias"],
            }
            return self.weights


# --- the parameter server ---------------------------------------------------


class Connection(socketserver.StreamRequestHandler):
    """One worker: a gradient a line, answered by the weights."""

    def handle(self):
        for line in self.rfile:
            gradient = json.loads(line)
            weights = self.server.model.learn(gradient) if gradient else \
                self.server.model.weights
            self.wfile.write(json.dumps(weights).encode() + b"\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def serve(model, port):
    server = Server(("", port), Connection)
    server.model = model
    print(f"serving at port {port}", flush=True)
    return server


class Remote:
    """The same as Model, at a server that may not be up yet."""

    def __init__(self, address):
        for _ in range(300):
            try:
                self.file = socket.create_connection(address, 5).makefile("rw")
                break
            except OSError:
                time.sleep(0.2)
        else:
            raise SystemExit(f"no parameter server at {address}")
        self.weights = self.learn(None)

    def learn(self, gradient):
        self.file.write(json.dumps(gradient) + "\n")
        self.file.flush()
        answer = self.file.readline()
        if not answer:  # the master has ended, and with it the training
            print("the server has ended", flush=True)
            raise SystemExit(0)
        self.weights = json.loads(answer)
        return self.weights


# --- work -------------------------------------------------------------------


def work(model, index, parameters):
    training, validation = draw_points(10 + index, 400), draw_points(2, 400)
    rng = random.Random(100 + index)
    score = 0.0
    for _ in range(ROUNDS):
        for _ in range(STEPS):
            batch = rng.sample(training, int(parameters["batch_size"]))
            model.learn(gradient_of(model.weights, batch))
        score = accuracy(model.weights, validation)
        if index == 0:
            print(f"default={score:.4f}", flush=True)
        else:
            print(f"worker {index}: {score:.4f}", flush=True)
    if index == 0:
        print(f"final={score:.4f}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--role", default="worker")
    parser.add_argument("--index", type=int, default=0)
    role, index, servers = find_place(parser.parse_args())
    parameters = read_parameters()
    model = Model(parameters)
    if role == "ps":
        serve(model, split_address(servers[index])[1]).serve_forever()
    elif role == "both":
        server = serve(model, split_address(servers[0])[1])
        threading.Thread(target=server.serve_forever, daemon=True).start()
        work(model, index, parameters)
    elif servers:
        work(Remote(split_address(servers[0])), index, parameters)
    else:
        work(model, index, parameters)


if __name__ == "__main__":
    main()
