"""The client of the API server against a server that misbehaves on purpose. That it understands a real one is for tests/kube."""

import collections
import http.server
import json
import os
import pathlib
import subprocess
import threading
import urllib.parse

import pytest

from kube_driver import Driver
from private_redis import DEADLINE_S, wait_until

BUILD = pathlib.Path(os.environ["ARK_BUILD"])
THINGS = "/apis/example.org/v1/things"


def item(name, version):
    return {"metadata": {"name": name, "resourceVersion": str(version)}}


def event(kind, name, version):
    return json.dumps({"type": kind, "object": item(name, version)}) + "\n"


def page(items, version, more=""):
    return {"metadata": {"resourceVersion": str(version), "continue": more}, "items": items}


def status(code, reason):
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": f"it is {reason}"}


class Server(http.server.ThreadingHTTPServer):
    """Answers what a test has laid ready, in order: `lists` and `watches`; then it lets watches wait. What was asked for is
    in `asked`. A list is (code, JSON[, headers]); a watch is the same, or a text that is streamed and then ended, or one in
    a tuple ("cut", text) that breaks off."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lists, self.watches = collections.deque(), collections.deque()
        self.others = collections.deque()
        self.asked = []
        self.tokens = []
        self.closing = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def asked_for(self, word):
        return [q for q in self.asked if word in q]

    def close(self):
        self.closing.set()
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, code, body, headers=()):
        data = json.dumps(body).encode()
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def stream(self, text, cut):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if text:
            data = text.encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        if cut:
            self.close_connection = True
            return
        if text is None:
            self.server.closing.wait()
        self.wfile.write(b"0\r\n\r\n")

    def do_GET(self):
        self.handle_any()

    def do_PATCH(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.handle_any()

    def handle_any(self):
        s = self.server
        query = urllib.parse.urlsplit(self.path).query
        s.asked.append(f"{self.command} {urllib.parse.unquote(self.path)}")
        s.tokens.append(self.headers.get("Authorization"))
        if "watch=true" in query:
            todo = s.watches.popleft() if s.watches else None
            if isinstance(todo, tuple) and todo[0] == "cut":
                self.stream(todo[1], True)
            elif isinstance(todo, tuple):
                self.answer(*todo)
            else:
                self.stream(todo, False)
        elif self.command == "GET" and self.path.startswith(THINGS):
            self.answer(*(s.lists.popleft() if s.lists else (200, page([], 1))))
        else:
            self.answer(*s.others.popleft())


def kubeconfig(folder, server, user):
    config = folder / "kubeconfig"
    config.write_text(json.dumps({
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "users": [{"name": "u", "user": user}],
    }))
    return config


@pytest.fixture
def server():
    s = Server()
    yield s
    s.close()


@pytest.fixture
def start(tmp_path, server):
    drivers = []

    def start(**user):
        drivers.append(Driver(BUILD, kubeconfig(tmp_path, server, user or {"token": "t"}), THINGS))
        return drivers[-1]

    yield start
    for d in drivers:
        d.close()


def test_pages_then_events_then_the_next_watch(server, start):
    server.lists += [(200, page([item("a", 1)], 5, "next/page")), (200, page([item("b", 2)], 5))]
    server.watches += [event("ADDED", "c", 6) + event("BOOKMARK", "", 9) + event("DELETED", "a", 11)]
    d = start()
    assert d.next(5) == ["begin", "object a 1", "object b 2", "listed", "object c 6"]
    assert d.next() == "deleted a"
    wait_until(lambda: len(server.asked_for("watch=true")) == 2)
    first, second = server.asked_for("watch=true")
    assert "resourceVersion=5&" in first and "allowWatchBookmarks=true" in first
    assert "resourceVersion=11&" in second
    assert "continue=next/page" in server.asked_for("limit=")[1]
    assert server.tokens[0] == "Bearer t"


@pytest.mark.parametrize("expired", [
    json.dumps({"type": "ERROR", "object": status(410, "Expired")}) + "\n",
    (410, status(410, "Gone")),
    "this is no JSON\n",
    '{"type":"ADDED","object":{]}\n',
])
def test_what_is_forgotten_or_unreadable_is_listed_anew(server, start, expired):
    server.lists += [(200, page([item("a", 1)], 5)), (200, page([item("b", 7)], 8))]
    server.watches += [expired]
    d = start()
    assert d.next(3) == ["begin", "object a 1", "listed"]
    lines = d.until("listed")
    assert lines[-3:] == ["begin", "object b 7", "listed"]
    assert all(line.startswith("failed expired") for line in lines[:-3])
    wait_until(lambda: any("resourceVersion=8&" in q for q in server.asked_for("watch=true")))


def test_a_stream_cut_in_the_middle_of_an_event_goes_on_from_the_last_whole_one(server, start):
    whole, half = event("ADDED", "a", 6), event("ADDED", "b", 7)
    server.watches += [("cut", whole + half[:20]), half]
    d = start()
    assert d.next(3) == ["begin", "listed", "object a 6"]
    assert d.next().startswith("failed later: ")
    assert d.next() == "object b 7"
    assert "resourceVersion=6&" in server.asked_for("watch=true")[1]
    assert len(server.asked_for("limit=")) == 1


def test_an_expired_page_starts_from_the_beginning(server, start):
    server.lists += [(200, page([item("a", 1)], 5, "x")), (410, status(410, "Expired")), (200, page([item("b", 2)], 6))]
    d = start()
    assert d.next(2) == ["begin", "object a 1"]
    assert d.next() == "failed expired: it is Expired"
    assert d.next(3) == ["begin", "object b 2", "listed"]


def test_a_new_token_is_read_after_401(server, start, tmp_path):
    token = tmp_path / "token"
    token.write_text("old\n")
    server.lists += [(200, page([], 1))]
    d = start(tokenFile=str(token))
    assert d.next(2) == ["begin", "listed"]
    token.write_text("new\n")
    server.others += [(401, status(401, "Unauthorized")), (200, {})]
    d.send("PATCH /apis/example.org/v1/namespaces/d/things/a application/apply-patch+yaml {}")
    assert d.next() == "answer 200 fine"
    assert server.tokens[-2:] == ["Bearer old", "Bearer new"]


def test_answers_say_what_to_do(server, start):
    d = start()
    assert d.next(2) == ["begin", "listed"]
    for code, reason, want in [(404, "NotFound", "not found"), (409, "Conflict", "conflict"), (403, "Forbidden", "denied"),
                               (422, "Invalid", "refused"), (429, "TooManyRequests", "later"), (500, "InternalError", "later")]:
        server.others += [(code, status(code, reason))]
        d.send("PATCH /x application/merge-patch+json {}")
        assert d.next() == f"answer {code} {want} {reason}"


def test_a_warning_is_told_once(server, start):
    d = start()
    assert d.next(2) == ["begin", "listed"]
    for _ in range(2):
        server.others += [(200, {}, [("Warning", '299 - "old"')])]
        d.send("PATCH /x application/merge-patch+json {}")
    assert d.next(3) == ['warning 299 - "old"', "answer 200 fine", "answer 200 fine"]


def test_a_server_that_is_away_is_asked_again(server, start):
    server.lists += [(503, status(503, "ServiceUnavailable")), (200, page([], 1))]
    d = start()
    assert d.next(4) == ["begin", "failed later: it is ServiceUnavailable", "begin", "listed"]


def test_a_kubeconfig_that_is_wrong_is_named(tmp_path):
    config = tmp_path / "kubeconfig"
    config.write_text("current-context: x\n")
    p = subprocess.run([BUILD / "tests/tools/kube_driver", config, THINGS], capture_output=True, text=True, timeout=DEADLINE_S)
    assert p.returncode == 2
    assert p.stderr == f"{config}: there is no context 'x'\n"
