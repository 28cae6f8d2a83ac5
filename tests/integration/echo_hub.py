"""A hub that takes nothing, and quotes in its answers whatever it was sent: what a proxy, a careless gateway or an enemy on
the way might do. It is its own authority of Microsoft Entra ID."""

import http.server
import json
import re
import ssl
import threading
import urllib.parse

ANSWERS = (400, 401, 403, 404, 409, 412, 413, 429, 500, 503)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()

    def reply(self, status, text, **headers):
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def quote(self, status, body):
        """Everything back, as the error's text, and a piece of it as its code: the body if there is one, else the token."""
        authorization = self.headers.get("Authorization", "")
        self.server.hub.note(authorization, status)
        proof = authorization.partition("&sig=")[2].partition("&")[0] or authorization.removeprefix("Bearer ")
        secrets = re.findall(r"canary-[0-9a-f]{8}[\w-]*", body)
        code = secrets[0] if secrets else proof
        body = body[body.find(code) - 20 :] if secrets else body  # only the beginning is ever shown
        self.reply(status, json.dumps({"Message": f"ErrorCode:{code};{body or authorization}"}), iothub_errorcode=code[:100])

    def do_GET(self):
        hub = self.server.hub
        if hub.list_status == "garbage":
            hub.note(self.headers.get("Authorization", ""), "garbage")
            self.reply(200, f'[{{"id":"{self.headers.get("Authorization", "")}",')
        elif hub.list_status == 200:
            self.reply(200, "[]")
        else:
            self.quote(hub.list_status, "")

    def do_PUT(self):
        body, hub = self.body(), self.server.hub
        hub.bodies.append(body)
        status = hub.next_put()
        if status == "garbage":
            hub.note(self.headers.get("Authorization", ""), "garbage")
            self.reply(200, body[: len(body) // 2])
        else:
            self.quote(status, body)

    def do_DELETE(self):
        self.quote(400, "")

    def do_POST(self):
        body, hub = self.body(), self.server.hub
        if not self.path.endswith("/oauth2/v2.0/token"):
            self.quote(400, body)
            return
        asserted = urllib.parse.parse_qs(body)["client_assertion"][0]
        hub.tokens_asked += 1
        if hub.token_answer == "given":
            token = f"{hub.access_token}-{hub.tokens_asked}"
            self.reply(200, json.dumps({"token_type": "Bearer", "expires_in": 3599, "access_token": token}))
        elif hub.token_answer == "garbage":
            self.reply(200, f'{{"token_type":"Bearer","access_token":"{hub.access_token}","{asserted}')
        else:
            text = f"AADSTS700213: {asserted} {hub.access_token}"
            self.reply(hub.token_answer, json.dumps({"error": asserted, "error_description": text}))


class EchoHub:
    """As the harness's Emulator where a test class needs that."""

    access_token = "none"

    def __init__(self, run, name, **_):
        self.run, self.name = run, name
        self.ca_file = run.certificates / "ca.crt"
        self.folder = run.folder_for(f"echo-{name}")
        self.list_status, self.token_answer = 200, "given"
        self.bodies, self.authorizations, self.tokens_asked = [], set(), 0
        self.seen = {}  # answers by status
        self._puts = 0
        self._lock = threading.Lock()

    def note(self, authorization, status):
        with self._lock:
            self.authorizations.add(authorization)
            self.seen[status] = self.seen.get(status, 0) + 1

    def next_put(self):
        answers = (*ANSWERS, "garbage")
        with self._lock:
            self._puts += 1
            return answers[self._puts % len(answers)]

    def __enter__(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.run.certificates / "tls.crt", self.run.certificates / "tls.key")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.hub = self
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
