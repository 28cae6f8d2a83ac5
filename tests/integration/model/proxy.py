"""What stands between one replica and the API server: it can be cut, lie, refuse and break off, for that replica alone."""

import contextlib
import http.client
import http.server
import json
import socket
import threading
import urllib.parse

from harness import LOOPBACK

# Small pages, so that every list has several.
PAGE = 4
PAGED = ("/deployments", "/configmaps")


class Fault:
    """Of the next `count` calls that fit: `kind` is list, page (a later one of a list), watch, get or any."""

    def __init__(self, kind, action, count=1, collection=""):
        self.kind, self.action, self.count, self.collection = kind, action, count, collection

    def fits(self, call):
        return self.count != 0 and self.collection in call.path and (self.kind in ("any", call.kind))


class Call:
    def __init__(self, method, target):
        self.method, self.target = method, target
        parts = urllib.parse.urlsplit(target)
        self.path, self.query = parts.path, urllib.parse.parse_qs(parts.query)
        self.kind = self._kind()

    def _kind(self):
        if self.method != "GET":
            return "write"
        if "watch" in self.query:
            return "watch"
        if "limit" in self.query:
            return "page" if "continue" in self.query else "list"
        return "get"

    def rewritten(self):
        if self.kind not in ("list", "page") or not self.path.endswith(PAGED):
            return self.target
        query = {**{name: values[0] for name, values in self.query.items()}, "limit": PAGE}
        return f"{self.path}?{urllib.parse.urlencode(query)}"


def status_object(code, reason, name=None):
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason,
              "message": f"{reason}: ordered by the test"}
    if name:
        status["details"] = {"name": name}
    return status


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        self.upstream = None
        self.server.proxy.sockets.add(self.connection)

    def finish(self):
        self.server.proxy.sockets.discard(self.connection)
        if self.upstream:
            self.upstream.close()
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def do_any(self):
        call = Call(self.command, self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
        try:
            self._answer(call, body)
        except (OSError, http.client.HTTPException):
            # The API server is away, or one of the two sides was cut: the replica sees a broken connection.
            self.close_connection = True
            if self.upstream:
                self.upstream.close()
                self.upstream = None

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_any

    def _answer(self, call, body):
        action = self.server.proxy.action_for(call)
        if action == "cut":
            raise OSError("cut")
        if action and action.startswith("status:"):
            self._send_object(int(action[7:]), status_object(int(action[7:]), "Expired" if action.endswith("410") else "InternalError"))
        elif action == "gone-event":
            line = json.dumps({"type": "ERROR", "object": status_object(410, "Expired")}) + "\n"
            self._send(200, line.encode())
        elif action == "empty" and call.kind == "get":
            self._send_object(404, status_object(404, "NotFound", call.path.rsplit("/", 1)[-1]))
        else:
            self._pass_on(call, body, empty=action == "empty")

    def _send_object(self, code, tree):
        self._send(code, json.dumps(tree).encode())

    def _send(self, code, data):
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _pass_on(self, call, body, empty):
        answer = self._ask(call, body)
        if call.kind == "watch" and answer.status == 200:
            self._stream(answer)
            return
        data = answer.read()
        if empty and call.kind in ("list", "page"):
            tree = json.loads(data)
            tree["items"] = []
            tree.get("metadata", {}).pop("continue", None)
            data = json.dumps(tree).encode()
        self._send(answer.status, data)

    def _ask(self, call, body):
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection", "accept-encoding")}
        for fresh in (False, True):
            reused = self.upstream is not None
            if not reused:
                self.upstream = self.server.proxy.connect()
            try:
                self.upstream.request(call.method, call.rewritten(), body, headers)
                return self.upstream.getresponse()
            except (OSError, http.client.HTTPException):
                self.upstream.close()
                self.upstream = None
                if fresh or not reused:
                    raise
        raise OSError("not reached")

    def _stream(self, answer):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.server.proxy.sockets.add(self.upstream.sock)
        while data := answer.read1(65536):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.write(b"0\r\n\r\n")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    allow_reuse_address = True

    def handle_error(self, *_):
        pass


class Proxy:
    """Plain HTTP on a port of its own that leads to the API server."""

    def __init__(self, api):
        self.api = api
        self.sockets = set()
        self.faults = []
        self.met = []  # actions of faults that a call has met
        self._lock = threading.Lock()
        self.port = None
        self.server = None
        self.open()

    def connect(self):
        host, port, context = self.api
        connection = http.client.HTTPSConnection(host, port, timeout=320, context=context)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    @property
    def url(self):
        return f"http://{LOOPBACK}:{self.port}"

    def action_for(self, call):
        with self._lock:
            for fault in self.faults:
                if fault.fits(call):
                    fault.count -= 1
                    self.met.append(f"{fault.kind} {fault.action}")
                    return fault.action
        return None

    def order(self, *faults):
        with self._lock:
            self.faults += faults

    def clear(self):
        with self._lock:
            self.faults = []

    def cut_streams(self):
        """Ends every connection there is now."""
        for one in list(self.sockets):
            with contextlib.suppress(OSError, AttributeError):
                one.shutdown(socket.SHUT_RDWR)

    def open(self):
        if self.server:
            return
        self.server = Server((LOOPBACK, self.port or 0), Handler)
        self.port = self.server.server_address[1]
        self.server.proxy = self
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def shut(self):
        """The API server cannot be reached from there."""
        if not self.server:
            return
        self.server.shutdown()
        self.server.server_close()
        self.server = None
        self.cut_streams()
