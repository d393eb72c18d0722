#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The pipeline's model: train it, export it, serve it; Python alone does.

    model.py train  --train_dir URL --hidden_units 12 --train_steps 200 ...
    model.py export --checkpoint_dir URL --output_dir URL
    model.py serve  --output_dir URL

Training is that of ../distributed/train.py, which lies beside this file in the
pods.  A URL is a folder or s3://bucket/prefix, with what TensorFlow wants to know
of S3 in the environment: S3_ENDPOINT, S3_USE_HTTPS, S3_VERIFY_SSL, AWS_REGION,
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."""

import argparse
import datetime
import hashlib
import hmac
import http.server
import json
import os
import random
import ssl
import urllib.parse
import urllib.request

import train

# --- where models lie ---------------------------------------------------------


def signed(method, url, body):
    """An S3 request with signature version 4."""
    environment = os.environ
    region = environment.get("AWS_REGION") or "us-east-1"
    parts = urllib.parse.urlsplit(url)
    now = datetime.datetime.now(datetime.timezone.utc)
    day, moment = now.strftime("%Y%m%d"), now.strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body or b"").hexdigest()
    headers = {"host": parts.netloc, "x-amz-content-sha256": digest,
               "x-amz-date": moment}
    names = ";".join(sorted(headers))
    canonical = "\n".join([method, parts.path, ""] + [
        f"{name}:{headers[name]}" for name in sorted(headers)] + ["", names, digest])
    scope = f"{day}/{region}/s3/aws4_request"
    key = ("AWS4" + environment["AWS_SECRET_ACCESS_KEY"]).encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope,
                      hashlib.sha256(canonical.encode()).hexdigest()])
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={environment['AWS_ACCESS_KEY_ID']}/{scope}, "
        f"SignedHeaders={names}, Signature="
        + hmac.digest(key, text.encode(), "sha256").hex())
    return urllib.request.Request(url, body, headers, method=method)


def call(method, url, body=None):
    context = None
    if os.environ.get("S3_VERIFY_SSL", "1") == "0":
        context = ssl._create_unverified_context()
    with urllib.request.urlopen(signed(method, url, body), timeout=60,
                                context=context) as answer:
        return answer.read()


def address(url, name):
    """Of an object: https://endpoint/bucket/prefix/name."""
    scheme = "http" if os.environ.get("S3_USE_HTTPS", "1") == "0" else "https"
    path = urllib.parse.quote(url[len("s3://"):].strip("/") + "/" + name)
    return f"{scheme}://{os.environ['S3_ENDPOINT']}/{path}"


def save(url, name, value):
    body = json.dumps(value).encode()
    if url.startswith("s3://"):
        call("PUT", address(url, name), body)
        return
    os.makedirs(url, exist_ok=True)
    with open(os.path.join(url, name), "wb") as file:
        file.write(body)


def load(url, name):
    if url.startswith("s3://"):
        return json.loads(call("GET", address(url, name)))
    with open(os.path.join(url, name), "rb") as file:
        return json.load(file)


# --- steps ----------------------------------------------------------------------


def learn(options):
    parameters = {"learning_rate": options.learning_rate,
                  "width": options.hidden_units, "batch_size": options.batch_size}
    role, index, servers = train.find_place(options)
    model = train.Model(parameters)
    if role == "ps":
        train.serve(model, train.split_address(servers[index])[1]).serve_forever()
    if servers:
        model = train.Remote(train.split_address(servers[0]))
    points, validation = train.draw_points(10 + index, 400), train.draw_points(2, 400)
    rng = random.Random(100 + index)
    for step in range(options.train_steps):
        batch = rng.sample(points, options.batch_size)
        model.learn(train.gradient_of(model.weights, batch))
        if step % 50 == 49:
            score = train.accuracy(model.weights, validation)
            print(f"worker {index}, step {step + 1}: {score:.4f}", flush=True)
    if index == 0:
        save(options.train_dir, "model.json", model.weights)


def export(options):
    weights = load(options.checkpoint_dir, "model.json")
    score = train.accuracy(weights, train.draw_points(3, 1000))
    save(options.output_dir, "saved_model.json",
         {"weights": weights, "accuracy": score})
    print(f"final={score:.4f}", flush=True)


def answer_with(model):
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # /?x=0.3&y=0.9
            query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
            _, guess = train.forward(model["weights"], float(query.get("x", 0)),
                                     float(query.get("y", 0)))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"outer": guess}).encode())
    return Answer


def serve(options):
    model = load(options.output_dir, "saved_model.json")
    http.server.ThreadingHTTPServer(("", 9000), answer_with(model)).serve_forever()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("step", choices=("train", "export", "serve"))
    parser.add_argument("--data_dir")
    parser.add_argument("--train_dir", default="/tmp/train")
    parser.add_argument("--checkpoint_dir", default="/tmp/train")
    parser.add_argument("--output_dir", default="/tmp/exported")
    parser.add_argument("--hidden_units", type=int, default=12)
    parser.add_argument("--train_steps", type=int, default=200)
    parser.add_argument("--batch_size", type=int, default=16)
    parser.add_argument("--learning_rate", type=float, default=0.2)
    parser.add_argument("--role", default="worker")
    parser.add_argument("--index", type=int, default=0)
    options = parser.parse_args()
    {"train": learn, "export": export, "serve": serve}[options.step](options)


if __name__ == "__main__":
    main()
