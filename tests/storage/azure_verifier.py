# SPDX-License-Identifier: MIT
"""Azure Files as the public REST rules have it, in memory and strict.

It checks what really arrived: the signature over the bytes on the wire, dates
and versions, lengths, the order and size of ranges, that parents are there,
names, the quota.  What breaks a rule that a kind server would overlook is
noted in `violations`.  `fault` makes it fail on demand.

Rules: Microsoft's pages "Authorize with Shared Key", "Naming and referencing
shares, directories, files, and metadata", and one for each operation."""
import base64
import email.utils
import hashlib
import hmac
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, unquote_to_bytes, urlsplit
from xml.sax.saxutils import escape

ACCOUNT = "devaccount"
KEY = base64.b64encode(bytes(range(64))).decode()
MIB = 1 << 20
DEVICES = {"con", "prn", "aux", "nul", "clock$"} | {
    p + str(i) for p in ("com", "lpt") for i in range(1, 10)}


class Refusal(Exception):
    def __init__(self, status, code, message="It is refused.", **headers):
        self.status, self.code, self.message = status, code, message
        self.headers = {k.replace("_", "-"): v for k, v in headers.items()}


class File:
    def __init__(self, name, size):
        self.name, self.size = name, size
        self.data = bytearray(size)
        self.filled = 0  # ranges come in order, so one number says it
        self.touch()

    def touch(self):
        self.time = time.time()
        self.etag = '"0x%X"' % time.time_ns()


class Share:
    def __init__(self, quota):
        self.quota = quota
        self.folders = {"": ""}  # folded path -> name
        self.files = {}

    def used(self):
        return sum(f.filled for f in self.files.values())


def fold(path):
    return path.casefold()


def parent(path):
    return path.rpartition("/")[0]


class Verifier(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, token=None):
        self.token = token          # a SAS token that is taken as well
        self.key = KEY
        self.quota = 1 << 40        # bytes, of shares to be made
        self.shares = {}
        self.lock = threading.RLock()
        self.violations = []
        self.log = []               # "PUT /share/path?comp=range"
        self.fault = None           # request -> None, "cut", "stall", Refusal
        self.copy_looks = 2         # a copy is pending for so many
        self.clock = 0.0            # the server's is off by so much
        super().__init__(("127.0.0.1", 0), Handler)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.05,),
                         daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        pass  # connections that tests break

    def violate(self, text):
        self.violations.append(text)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_version = "Windows-Azure-File/1.0"

    def log_message(self, *_):
        pass

    # --- what has to hold for all -------------------------------------------

    def query(self):
        """Decoded, by name; names in lower case, as the rules compare."""
        pairs = {}
        for pair in filter(None, urlsplit(self.path).query.split("&")):
            name, _, value = pair.partition("=")
            pairs.setdefault(unquote(name).lower(), []).append(unquote(value))
        return pairs

    def string_to_sign(self):
        h = self.headers
        length = h.get("Content-Length", "")
        lines = [self.command, h.get("Content-Encoding", ""),
                 h.get("Content-Language", ""),
                 "" if length == "0" else length, h.get("Content-MD5", ""),
                 h.get("Content-Type", ""),
                 "" if "x-ms-date" in h else h.get("Date", ""),
                 h.get("If-Modified-Since", ""), h.get("If-Match", ""),
                 h.get("If-None-Match", ""), h.get("If-Unmodified-Since", ""),
                 h.get("Range", "")]
        own = sorted((n.lower(), " ".join(v.split()))
                     for n, v in h.items() if n.lower().startswith("x-ms-"))
        lines += ["%s:%s" % pair for pair in own]
        lines.append("/" + ACCOUNT + urlsplit(self.path).path)
        lines += ["%s:%s" % (n, ",".join(sorted(v)))
                  for n, v in sorted(self.query().items())]
        return "\n".join(lines)

    def authorize(self):
        given = self.headers.get("Authorization")
        if given is None:
            token = self.server.token
            arrived = urlsplit(self.path).query.split("&")
            if not token or any(p not in arrived for p in token.split("&")):
                raise Refusal(403, "AuthenticationFailed",
                              "Signature did not match.")
            return
        text = self.string_to_sign()
        wanted = "SharedKey %s:%s" % (ACCOUNT, base64.b64encode(hmac.new(
            base64.b64decode(self.server.key), text.encode("utf-8"),
            hashlib.sha256).digest()).decode())
        if not hmac.compare_digest(given, wanted):
            raise Refusal(403, "AuthenticationFailed",
                          "Server failed to authenticate the request.")

    def check_head(self):
        h = self.headers
        for name in ("Expect", "Transfer-Encoding"):
            if name in h:
                self.server.violate("%s: %s" % (name, h[name]))
        if self.command == "PUT" and "Content-Length" not in h:
            raise Refusal(411, "MissingContentLengthHeader")
        if not re.fullmatch(r"20\d\d-\d\d-\d\d", h.get("x-ms-version", "")):
            raise Refusal(400, "MissingRequiredHeader", "x-ms-version")
        if "2019-02-02" <= h["x-ms-version"] < "2021-06-08":
            raise Refusal(400, "MissingRequiredHeader",
                          "x-ms-file-permission")
        try:
            at = email.utils.parsedate_to_datetime(h["x-ms-date"]).timestamp()
        except (KeyError, TypeError, ValueError):
            raise Refusal(403, "AuthenticationFailed", "x-ms-date") from None
        if abs(at - time.time() - self.server.clock) > 900:
            raise Refusal(403, "AuthenticationFailed",
                          "Request date header too old.")

    def split(self):
        """Share and path, decoded; names are what they may be."""
        raw = urlsplit(self.path).path
        if "//" in raw or not raw.startswith("/"):
            raise Refusal(400, "InvalidUri")
        try:
            parts = [unquote_to_bytes(p).decode() for p in raw[1:].split("/")]
        except UnicodeDecodeError:
            raise Refusal(400, "InvalidUri") from None
        share, rest = parts[0], parts[1:]
        if not re.fullmatch(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*", share):
            raise Refusal(400, "InvalidResourceName")
        for part in rest:
            if (not part or len(part.encode("utf-16-le")) > 510 or
                    re.search(r'[\x00-\x1f\x7f"\\:|<>*?/]', part) or
                    part.endswith(".") or part.casefold() in DEVICES):
                raise Refusal(400, "InvalidResourceName")
        path = "/".join(rest)
        if len(path) > 2048:
            raise Refusal(400, "InvalidResourceName")
        return share, path

    def share(self, name):
        share = self.server.shares.get(name)
        if share is None:
            raise Refusal(404, "ShareNotFound",
                          "The specified share does not exist.")
        return share

    # --- answering ----------------------------------------------------------

    def answer(self, status, body=b"", headers=None, length=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("x-ms-request-id", "r-1")
        self.send_header("Content-Length",
                         str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def date_time_string(self, timestamp=None):
        return super().date_time_string(
            (timestamp or time.time()) + self.server.clock)

    def refuse(self, refusal):
        text = ('\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>%s'
                "</Code><Message>%s\nRequestId:r-1\nTime:now</Message>"
                "</Error>" % (refusal.code, escape(refusal.message)))
        self.answer(refusal.status, text.encode(), dict(
            refusal.headers, **{"x-ms-error-code": refusal.code,
                                "Content-Type": "application/xml"}))

    def handle_one(self):
        server = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server.log.append("%s %s" % (
            self.command, re.sub(r"\.trialdeck-part-[0-9a-f]+", "PART",
                                 unquote(self.path))))
        fault = server.fault(self) if server.fault else None
        if fault == "stall":
            self.server_stalled = threading.Event().wait(60)
        if fault in ("cut", "stall"):
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        try:
            if isinstance(fault, Refusal):
                raise fault
            self.check_head()
            self.authorize()
            with server.lock:
                self.act(body)
        except Refusal as refusal:
            self.refuse(refusal)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = handle_one

    # --- operations ---------------------------------------------------------

    def act(self, body):
        name, path = self.split()
        query = self.query()
        known = {part.partition("=")[0].lower() for part in
                 (self.server.token or "").split("&")}
        kind = tuple(query.get(n, [""])[0] for n in ("restype", "comp"))
        unknown = set(query) - known - {"restype", "comp", "include",
                                        "marker", "maxresults", "prefix"}
        if unknown:
            raise Refusal(400, "UnsupportedQueryParameter", str(unknown))
        table = {
            ("PUT", "share", ""): self.create_share,
            ("PUT", "directory", ""): self.create_folder,
            ("GET", "directory", "list"): self.list_folder,
            ("DELETE", "directory", ""): self.delete_folder,
            ("PUT", "", "range"): self.put_range,
            ("PUT", "", "rename"): self.rename,
            ("PUT", "", ""): self.create_file,
            ("GET", "", ""): self.get_file,
            ("HEAD", "", ""): self.get_file,
            ("DELETE", "", ""): self.delete_file,
        }
        operation = table.get((self.command,) + kind)
        if not operation:
            raise Refusal(400, "InvalidQueryParameterValue", str(kind))
        if body and operation != self.put_range:
            self.server.violate("a body where none belongs")
        operation(name, path, body)

    def create_share(self, name, path, _):
        if name in self.server.shares:
            raise Refusal(409, "ShareAlreadyExists")
        self.server.shares[name] = Share(self.server.quota)
        self.answer(201)

    def need_parent(self, share, path):
        if fold(parent(path)) not in share.folders:
            raise Refusal(404, "ParentNotFound",
                          "The specified parent path does not exist.")

    def create_folder(self, name, path, _):
        share = self.share(name)
        self.need_parent(share, path)
        if fold(path) in share.folders or fold(path) in share.files:
            raise Refusal(409, "ResourceAlreadyExists")
        share.folders[fold(path)] = path
        self.answer(201)

    def create_file(self, name, path, _):
        share = self.share(name)
        self.need_parent(share, path)
        if "x-ms-copy-source" in self.headers:
            self.copy(share, path)
            return
        if self.headers.get("x-ms-type") != "file":
            raise Refusal(400, "MissingRequiredHeader", "x-ms-type")
        if fold(path) in share.folders:
            raise Refusal(409, "ResourceTypeMismatch")
        size = int(self.headers["x-ms-content-length"])
        if size and ".trialdeck-part-" not in path:
            self.server.violate("%s would be seen before it is whole" % path)
        share.files[fold(path)] = File(path, size)
        self.answer(201)

    def file(self, share, path):
        file = share.files.get(fold(path))
        if not file:
            raise Refusal(404, "ResourceNotFound",
                          "The specified resource does not exist.")
        return file

    def put_range(self, name, path, body):
        share = self.share(name)
        file = self.file(share, path)
        match = re.fullmatch(r"bytes=(\d+)-(\d+)",
                             self.headers.get("x-ms-range", ""))
        if self.headers.get("x-ms-write") != "update" or not match:
            raise Refusal(400, "InvalidHeaderValue")
        first, last = map(int, match.groups())
        if last - first + 1 != len(body) or len(body) > 4 * MIB:
            raise Refusal(400, "InvalidHeaderValue", "length of the range")
        if last >= file.size:
            raise Refusal(416, "InvalidRange")
        if first > file.filled:
            self.server.violate("%s: a range leaves a hole" % path)
        if share.used() + last + 1 - file.filled > share.quota:
            raise Refusal(403, "ShareSizeLimitReached",
                          "The share size limit is reached.")
        file.data[first:last + 1] = body
        file.filled = max(file.filled, last + 1)
        file.touch()
        self.answer(201, headers={"ETag": file.etag})

    def source(self, header):
        """The file that a header's URL names, of this account."""
        url = urlsplit(self.headers[header])
        if url.netloc != self.headers["Host"]:
            raise Refusal(400, "InvalidHeaderValue", header)
        if self.server.token and self.server.token not in url.query and \
                "Authorization" not in self.headers:
            raise Refusal(403, "CannotVerifyCopySource")
        share, _, path = unquote(url.path)[1:].partition("/")
        return self.file(self.share(share), path)

    def rename(self, name, path, _):
        share = self.share(name)
        file = self.source("x-ms-file-rename-source")
        self.need_parent(share, path)
        if fold(path) in share.folders:
            raise Refusal(409, "ResourceTypeMismatch")
        if fold(path) in share.files and self.headers.get(
                "x-ms-file-rename-replace-if-exists") != "true":
            raise Refusal(409, "ResourceAlreadyExists")
        if file.filled != file.size:
            self.server.violate("%s is renamed before it is whole" % path)
        del share.files[fold(file.name)]
        file.name = path
        file.touch()
        share.files[fold(path)] = file
        self.answer(200, headers={"ETag": file.etag})

    def copy(self, share, path):
        file = self.source("x-ms-copy-source")
        twin = File(path, file.size)
        twin.data[:] = file.data
        twin.filled = file.size
        twin.pending = self.server.copy_looks
        share.files[fold(path)] = twin
        self.answer(202, headers={"x-ms-copy-status": "pending"
                                  if twin.pending else "success"})

    def get_file(self, name, path, _):
        file = self.file(self.share(name), path)
        headers = {"ETag": file.etag, "Last-Modified":
                   email.utils.formatdate(file.time, usegmt=True)}
        if hasattr(file, "md5"):
            headers["Content-MD5"] = file.md5
        if hasattr(file, "pending"):
            file.pending -= file.pending > 0
            headers["x-ms-copy-status"] = \
                "pending" if file.pending else "success"
        if self.command == "HEAD":
            self.answer(200, headers=headers, length=file.size)
            return
        match = re.fullmatch(r"bytes=(\d+)-(\d*)",
                             self.headers.get("x-ms-range", ""))
        if not match:
            self.answer(200, bytes(file.data), headers)
            return
        first = int(match[1])
        if first >= file.size:
            raise Refusal(416, "InvalidRange")
        self.answer(206, bytes(file.data[first:]), headers)

    def delete_file(self, name, path, _):
        share = self.share(name)
        if fold(path) in share.folders:
            raise Refusal(409, "ResourceTypeMismatch")
        self.file(share, path)
        del share.files[fold(path)]
        self.answer(202)

    def delete_folder(self, name, path, _):
        share = self.share(name)
        if not path or fold(path) not in share.folders:
            raise Refusal(404, "ResourceNotFound")
        below = fold(path) + "/"
        if any(p.startswith(below) for p in
               list(share.files) + list(share.folders)):
            raise Refusal(409, "DirectoryNotEmpty")
        del share.folders[fold(path)]
        self.answer(202)

    def list_folder(self, name, path, _):
        share = self.share(name)
        query = self.query()
        if fold(path) not in share.folders:
            raise Refusal(404, "ResourceNotFound")
        entries = sorted(
            [(p, None) for p in share.folders if p and
             parent(p) == fold(path)] +
            [(p, f) for p, f in share.files.items() if
             parent(p) == fold(path)], key=lambda e: e[0])
        most = int(query.get("maxresults", ["5000"])[0])
        start = int(query.get("marker", ["m!0"])[0][2:])
        body = ""
        for key, file in entries[start:start + most]:
            leaf = escape((file.name if file else
                           share.folders[key]).rpartition("/")[2])
            body += "<File><Name>%s</Name><Properties><Content-Length>%d" \
                "</Content-Length><LastWriteTime>%s</LastWriteTime>" \
                "</Properties></File>" % (
                    leaf, file.size, time.strftime(
                        "%Y-%m-%dT%H:%M:%S.0000000Z", time.gmtime(file.time))
                ) if file else \
                "<Directory><Name>%s</Name><Properties /></Directory>" % leaf
        more = start + most < len(entries)
        text = ('\ufeff<?xml version="1.0" encoding="utf-8"?>'
                '<EnumerationResults ServiceEndpoint="x" ShareName="%s" '
                'DirectoryPath="%s"><Entries>%s</Entries><NextMarker>%s'
                "</NextMarker></EnumerationResults>" % (
                    name, escape(path, {'"': "&quot;"}), body,
                    "m!%d" % (start + most) if more else ""))
        self.answer(200, text.encode(), {"Content-Type": "application/xml"})
