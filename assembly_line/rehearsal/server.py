"""The loopback Messages API: answers every request from a script, and records it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from assembly_line.rehearsal import conversation
from assembly_line.rehearsal.wire import Json, Reply, error, events, message

Script = Callable[[Json], Reply]

MAX_BODY = 64 * 1024 * 1024  # bytes
LIMIT = 2000  # requests per server, so that a script that never ends cannot exhaust memory


class Server(NamedTuple):
    """A running server: its address, and its requests, oldest first."""

    url: str
    requests: list[Json]  # {"serial", "method", "path", "whose", "headers", "body"}
    faults: list[str]  # errors in the script itself, one line each
    stop: threading.Event


@contextmanager
def serve(script: Script, log: Path | None = None) -> Iterator[Server]:
    """Serve on 127.0.0.1 until the block ends; `log` gets one JSON line per request."""
    seen: list[Json] = []
    faults: list[str] = []
    stop = threading.Event()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._send(200, b"")

        def do_GET(self) -> None:
            self._record({})
            self._json(404, error(404))

        def do_POST(self) -> None:
            body = self._body()
            serial = self._record(body)
            path = self.path.partition("?")[0]
            if path.endswith("/count_tokens"):
                self._json(200, {"input_tokens": max(1, conversation.size(body) // 4)})
            elif path != "/v1/messages":
                self._json(200, {})
            elif serial > LIMIT:
                self._json(400, error(400))
            else:
                self._reply(body, self._scripted(body))

        def _scripted(self, body: Json) -> Reply:
            try:
                return script(body)
            except Exception as problem:  # a broken script must not look like a slow network
                faults.append(f"{conversation.label(body)}: {type(problem).__name__}: {problem}")
                return Reply(status=400)

        def _reply(self, body: Json, reply: Reply) -> None:
            if reply.delay:
                stop.wait(reply.delay)
            if reply.hang:
                stop.wait()
            if stop.is_set():
                self.close_connection = True
            elif reply.status != 200:
                self._json(reply.status, error(reply.status))
            elif reply.garbage:
                self._send(200, b"this is not an API message\n", "text/plain")
            else:
                full = message(reply, str(body.get("model", "scripted")), conversation.size(body))
                if body.get("stream"):
                    self._send(200, b"".join(events(full)), "text/event-stream")
                else:
                    self._json(200, full)

        def _body(self) -> Json:
            size = min(int(self.headers.get("content-length") or 0), MAX_BODY)
            try:
                loaded = json.loads(self.rfile.read(size) or b"{}")
            except ValueError:
                return {}
            return loaded if isinstance(loaded, dict) else {}

        def _record(self, body: Json) -> int:
            with lock:
                entry = {
                    "serial": len(seen) + 1,
                    "method": self.command,
                    "path": self.path,
                    "whose": conversation.label(body),
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                    "body": body,
                }
                seen.append(entry)
                if log is not None:
                    with log.open("a", encoding="utf-8") as stream:
                        stream.write(json.dumps(entry) + "\n")
                return len(seen)

        def _json(self, status: int, data: Json) -> None:
            self._send(status, json.dumps(data).encode(), "application/json")

        def _send(self, status: int, data: bytes, kind: str = "application/json") -> None:
            try:
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)
            except OSError:  # the client is gone, for example killed
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Print nothing; requests are recorded instead."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Server(f"http://127.0.0.1:{httpd.server_address[1]}", seen, faults, stop)
    finally:
        stop.set()
        httpd.shutdown()
        httpd.server_close()
        thread.join(timeout=5)
