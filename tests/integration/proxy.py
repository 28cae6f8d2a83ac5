"""A way to the API server on which requests can be refused, with pages of one object and streams that can be ended."""

import contextlib
import http.client
import http.server
import json
import re
import ssl
import threading
import urllib.parse

from harness import LOOPBACK

PASSED_ON = ("Authorization", "Accept", "Content-Type", "User-Agent")


class Proxy:
    """Serves https://127.0.0.1:PORT with the certificate of a run."""

    def __init__(self, run, server):
        self._run, self._server = run, urllib.parse.urlsplit(server)
        self._refusals = []  # (pattern of "METHOD path", status)
        self._streams = []
        self._lock = threading.Lock()

    def __enter__(self):
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            log_message = lambda *_: None

            def handle_one(self):
                with contextlib.suppress(OSError, http.client.HTTPException):
                    proxy._handle(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def finish_request(self, request, client_address):
                """The handshake is a matter of the connection's own thread."""
                with contextlib.suppress(OSError):
                    super().finish_request(context.wrap_socket(request, server_side=True), client_address)

            def handle_error(self, request, client_address):
                """Clients go when they want."""

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._run.certificates / "tls.crt", self._run.certificates / "tls.key")
        self._listener = Server((LOOPBACK, 0), Handler)
        threading.Thread(target=self._listener.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.end_streams()
        self._listener.shutdown()
        self._listener.server_close()

    def kubeconfig(self, original, path):
        """Writes that kubeconfig with this way in it."""
        authority = (self._run.certificates / "ca.crt").resolve()
        text = re.sub(r"certificate-authority-data: \S+", f"certificate-authority: {authority}", original.read_text())
        path.write_text(re.sub(r"https://[^\s\"]+", f"https://{LOOPBACK}:{self._listener.server_address[1]}", text))
        return path

    # Faults.

    def refuse(self, pattern, status):
        """Requests "METHOD path?query" in which the pattern is found."""
        with self._lock:
            self._refusals.append((re.compile(pattern), status))

    def allow(self):
        with self._lock:
            self._refusals = []

    def end_streams(self):
        """Breaks off the watches that run."""
        with self._lock:
            streams, self._streams = self._streams, []
        for connection in streams:
            with contextlib.suppress(OSError, AttributeError):
                connection.sock.shutdown(2)

    # Requests.

    def _refusal(self, text):
        with self._lock:
            return next((status for pattern, status in self._refusals if pattern.search(text)), None)

    def _handle(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        path = request.path.replace("limit=500", "limit=1")
        status = self._refusal(f"{request.command} {path}")
        if status:
            answer = {"kind": "Status", "code": status, "reason": "Ordered", "message": "ordered by the test"}
            self._answer(request, status, json.dumps(answer).encode())
            return
        context = ssl.create_default_context(cafile=self._run.control_plane.folder / "pki" / "ca.crt")
        connection = http.client.HTTPSConnection(self._server.hostname, self._server.port, context=context, timeout=700)
        with contextlib.closing(connection):
            headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
            connection.request(request.command, path, body or None, headers)
            answer = connection.getresponse()
            if "watch=true" in path and answer.status == 200:
                self._stream(request, connection, answer)
            else:
                self._answer(request, answer.status, answer.read())

    @staticmethod
    def _answer(request, status, body):
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _stream(self, request, connection, answer):
        with self._lock:
            self._streams.append(connection)
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        request.close_connection = True
        while data := answer.read1(65536):
            request.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            request.wfile.flush()
        request.wfile.write(b"0\r\n\r\n")
