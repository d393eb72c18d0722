# SPDX-License-Identifier: MIT
"""An HTTPS server for test_auth_tls: says what it saw of its client.

tls_server.py CERT KEY [--client-ca FILE] [--tls 1.1]
Prints its port, serves until its standard input ends.
"""
import argparse
import json
import socket
import ssl
import sys
import threading

parser = argparse.ArgumentParser()
parser.add_argument("cert")
parser.add_argument("key")
parser.add_argument("--client-ca")
parser.add_argument("--tls")
options = parser.parse_args()

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(options.cert, options.key)
if options.client_ca:
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(options.client_ca)
if options.tls == "1.1":
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1


def read_head(stream):
    head = b""
    while b"\r\n\r\n" not in head:
        more = stream.recv(65536)
        if not more:
            return None
        head += more
    return head.decode("latin-1").split("\r\n")


def serve(connection):
    names = []
    try:
        # of the context, so one connection at a time: that is how we are asked
        context.sni_callback = lambda stream, name, _: names.append(name)
        stream = context.wrap_socket(connection, server_side=True)
    except OSError:
        return
    subject = ""
    if options.client_ca:
        fields = dict(x[0] for x in stream.getpeercert()["subject"])
        subject = fields["commonName"]
    try:
        while lines := read_head(stream):
            headers = dict(x.split(": ", 1) for x in lines[1:] if ": " in x)
            body = json.dumps({
                "path": lines[0].split(" ")[1],
                "version": stream.version(),
                "sni": names[0] if names else None,
                "client": subject,
                "host": headers.get("Host"),
                "authorization": headers.get("Authorization"),
            }).encode()
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b"
                           % (len(body), body))
    except OSError:
        pass


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)


def accept():
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


threading.Thread(target=accept, daemon=True).start()
sys.stdin.read()
