"""The server of `pynn play`: Python's own http.server on this machine's loopback, a table of paths, JSON.

It listens on loopback alone, and refuses a request whose Host or Origin is another one: so is that of a foreign page,
even if its name was made to point here. A wrong request is answered by a sentence. The page's files are in page/ and
load nothing from elsewhere. Read playground.py for what the paths answer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from ipaddress import ip_address
from typing import Any

from ..arguments import shown
from .playground import Playground

PORT, TRIES = 8421, 20  # the first port that is tried, and how many if none was asked for
MOST_BYTES = 10_000  # of a request's body: settings are a few hundred
PATIENCE = 30.0  # seconds for a request to arrive, or a connection without one is closed
POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)  # inline styles: those of the numbers of a step
HEADERS = {
    "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
}  # fmt: skip
PAGES = {
    "/": ("play.html", "text/html"), "/play.css": ("play.css", "text/css"), "/play.js": ("play.js", "text/javascript"),
    "/paint.js": ("paint.js", "text/javascript"), "/icon.svg": ("icon.svg", "image/svg+xml"),
}  # fmt: skip
ASKED = {"/state": "GET", "/reset": "POST", "/train": "POST", "/trace": "POST", "/step": "POST"}


class Refused(Exception):
    """A request that is not answered: a status and a sentence."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Server(ThreadingHTTPServer):
    """A Playground and the address under which it is asked."""

    daemon_threads = True

    def __init__(self, host: str, port: int) -> None:
        self.playground = Playground()
        super().__init__((host, port), Handler)
        self.names = {f"{name}:{self.server_port}" for name in (host, "localhost", "127.0.0.1")}

    @property
    def address(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks off is no news; anything else is."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def listen(host: str, port: int | None) -> Server:
    """A server on this port, or without one on the first that is free."""
    host = loopback(host)
    for one in range(PORT, PORT + TRIES) if port is None else [port]:
        try:
            return Server(host, one)
        except PermissionError:
            raise ValueError(f"port: {one} may not be used by this user; expected one from 1024 to 65535") from None
        except OSError as error:
            reason = error
    if port is None:
        raise OSError(f"port: none of {PORT} to {PORT + TRIES - 1} is free; give another one by --port")
    raise OSError(f"port: {port} cannot be used ({reason.strerror}); give another one, or none for the first free one")


def loopback(host: str) -> str:
    """The address, if it is this machine's own and nobody else's."""
    name = "127.0.0.1" if host == "localhost" else host
    try:
        found = ip_address(name)
    except ValueError:
        found = None
    if found is None or found.version != 4 or not found.is_loopback:
        raise ValueError(f"host: {shown(host)} is not this machine's loopback; expected 127.0.0.1 or localhost")
    return name


class Handler(BaseHTTPRequestHandler):
    """One connection of a browser."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        try:
            self._check_sender()
            path = self.path.partition("?")[0]
            allowed = "GET" if path in PAGES else ASKED.get(path)
            if allowed is None:
                raise Refused(404, f"path: {shown(path)} is unknown; known are {', '.join([*PAGES, *ASKED])}")
            if method != allowed:
                raise Refused(405, f"method: {method} is not for {path}; expected {allowed}")
            if path in PAGES:
                name, kind = PAGES[path]
                self._send(200, f"{kind}; charset=utf-8", (files(__package__) / "page" / name).read_bytes())
            else:
                asked: Callable[[Any], dict[str, Any]] = getattr(self.server.playground, path[1:])
                self._send_json(200, asked(self._body() if method == "POST" else None))
        except Refused as refused:
            self._refuse(refused.status, str(refused))
        except (ValueError, TypeError, ArithmeticError) as error:
            self._refuse(400, str(error))

    def _check_sender(self) -> None:
        """Host is what the browser took this server for; Origin is the page that asks."""
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        if host.lower() not in self.server.names:
            raise Refused(403, f"Host: {shown(host)} is not this server; expected {self.server.address}")
        if origin is not None and origin.lower().removeprefix("http://") not in self.server.names:
            raise Refused(403, f"Origin: {shown(origin)} may not ask; expected {self.server.address}")

    def _body(self) -> Any:
        """The JSON of the request. A foreign page cannot send this type without asking first, and is not answered."""
        kind, length = self.headers.get("Content-Type", ""), self.headers.get("Content-Length", "")
        if kind.partition(";")[0].strip().lower() != "application/json":
            raise Refused(415, f"Content-Type: {shown(kind)}; expected application/json")
        if not (length.isascii() and length.isdigit()):
            raise Refused(411, f"Content-Length: {shown(length)}; expected the number of bytes of the body")
        if int(length) > MOST_BYTES:
            raise Refused(413, f"body: {length} bytes; expected at most {MOST_BYTES}")
        text = self.rfile.read(int(length))
        try:
            return json.loads(text, parse_constant=_no_number)
        except (ValueError, RecursionError):  # nested thousands deep
            raise Refused(400, f"body: {shown(text)} is not JSON; expected an object") from None

    def _send_json(self, status: int, value: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(value, allow_nan=False).encode())

    def _refuse(self, status: int, words: str) -> None:
        """One sentence; what is left of the request is not read, so the connection ends."""
        self.close_connection = True
        self._send_json(status, {"error": words})

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        if status == 405:
            self.send_header("Allow", "GET" if self.command == "POST" else "POST")
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **HEADERS}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server itself refuses, such as an unknown method or a line that is no request."""
        if code == 501:
            code, message = 405, f"method: {self.command} is not for this server; expected GET or POST"
        self.close_connection = True
        self._send_json(code, {"error": message or self.responses.get(code, ("not possible",))[0]})

    def version_string(self) -> str:
        return "pynn"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal has the address alone."""


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is not JSON")
