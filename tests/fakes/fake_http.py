"""A small HTTP/1.1 server for fakes: real sockets, every request recorded, answers written byte by byte if need be.

A fake is a subclass with `async def answer(self, request, reply)`. It runs in a thread of its own (`with Fake() as fake:`)
or alone (`python3 fake.py --port 0`, which prints its URL). Three paths belong to the tests, so that a fake in another
process is driven the same way: GET /control/requests lists what came, POST /control/script replaces the script, POST
/control/reset does that and forgets the requests.
"""

import argparse
import asyncio
import json
import threading
import time

REASONS = {200: "OK", 202: "Accepted", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
           413: "Content Too Large", 422: "Unprocessable Content", 429: "Too Many Requests", 500: "Internal Server Error",
           503: "Service Unavailable", 529: "Overloaded"}
MAX_BODY = 64 << 20


class Broken(Exception):
    """The script says that the connection breaks here."""


class Request:
    """One request: method, path, query, headers (lower case names), body (bytes), at (seconds)."""

    def __init__(self, method, target, headers, body):
        self.method = method
        self.path, _, self.query = target.partition("?")
        self.headers = headers
        self.body = body
        self.at = time.time()

    def json(self):
        return json.loads(self.body)

    def record(self):
        """The form that /control/requests lists."""
        text = self.body.decode(errors="replace")
        try:
            parsed = json.loads(text)
        except ValueError:
            parsed = None
        return {"method": self.method, "path": self.path, "query": self.query, "headers": self.headers, "body": text,
                "json": parsed, "at": self.at}


class Reply:
    """The way back. `send` is a whole answer; `begin`, `write` and `end` a chunked one."""

    def __init__(self, writer):
        self.writer = writer
        self.keep_alive = True

    def head(self, status, headers):
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.writer.write("\r\n".join(lines + ["", ""]).encode())

    async def send(self, status, body=b"", headers=None):
        if isinstance(body, str):
            body = body.encode()
        self.head(status, {"content-length": len(body), **(headers or {})})
        self.writer.write(body)
        await self.writer.drain()

    async def send_json(self, status, value, headers=None):
        await self.send(status, json.dumps(value), {"content-type": "application/json", **(headers or {})})

    async def begin(self, status, headers):
        self.head(status, {"transfer-encoding": "chunked", **headers})
        await self.writer.drain()

    async def write(self, data):
        if data:
            self.writer.write(b"%x\r\n%s\r\n" % (len(data), data))
            await self.writer.drain()

    async def end(self):
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    def abort(self):
        """Closes the connection in the middle of whatever was said, with a reset."""
        self.keep_alive = False
        self.writer.transport.abort()


class FakeServer:
    def __init__(self, script=None, host="127.0.0.1", port=0):
        self.host, self.port = host, port
        self.requests = []
        self.lock = threading.Condition()
        self.load(script or {})

    def load(self, script):
        """Takes a new script; subclasses look at self.script."""
        self.script = script
        self.used = {}

    def take(self, key, times):
        """Whether a rule may be used once more."""
        if times is None:
            return True
        self.used[key] = self.used.get(key, 0) + 1
        return self.used[key] <= times

    async def answer(self, request, reply):
        raise NotImplementedError

    # --- what tests ask

    @property
    def url(self):
        return f"http://{self.host}:{self.port}"

    def seen(self, path=None):
        """The recorded requests, as /control/requests lists them; those of one path if given."""
        with self.lock:
            return [r.record() for r in self.requests if path in (None, r.path)]

    def wait_for(self, count, path=None, timeout=10):
        """Waits until that many requests have come and returns them; AssertionError after timeout seconds."""
        with self.lock:
            if not self.lock.wait_for(lambda: len(self.seen(path)) >= count, timeout):
                raise AssertionError(f"{len(self.seen(path))} of {count} requests within {timeout} s")
        return self.seen(path)

    # --- serving

    async def control(self, request, reply):
        if request.path == "/control/requests":
            await reply.send_json(200, self.seen())
        elif request.path in ("/control/script", "/control/reset"):
            self.load(request.json() if request.body else {})
            if request.path == "/control/reset":
                with self.lock:
                    self.requests.clear()
            await reply.send_json(200, {})
        else:
            await reply.send_json(404, {"error": "no such control"})

    async def read_request(self, reader):
        line = await reader.readline()
        if not line.strip():
            return None
        method, target, _ = line.decode().split(" ", 2)
        headers = {}
        while (line := await reader.readline()).strip():
            name, _, value = line.decode().partition(":")
            headers[name.strip().lower()] = value.strip()
        body = b""
        if headers.get("transfer-encoding", "").lower() == "chunked":
            while size := int((await reader.readline()).split(b";")[0], 16):
                body += await reader.readexactly(size)
                await reader.readline()
            await reader.readline()
        elif "content-length" in headers:
            body = await reader.readexactly(min(int(headers["content-length"]), MAX_BODY))
        return Request(method, target, headers, body)

    async def handle(self, request, reply):
        if request.path.startswith("/control/"):
            await self.control(request, reply)
            return
        with self.lock:
            self.requests.append(request)
            self.lock.notify_all()
        await self.answer(request, reply)

    async def serve_connection(self, reader, writer):
        reply = Reply(writer)
        try:
            while reply.keep_alive and (request := await self.read_request(reader)):
                await self.handle(request, reply)
                if request.headers.get("connection", "").lower() == "close":
                    break
        except Broken:
            reply.abort()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def serve(self, started):
        server = await asyncio.start_server(self.serve_connection, self.host, self.port, limit=MAX_BODY)
        self.port = server.sockets[0].getsockname()[1]
        self.stop = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        started()
        async with server:
            await self.stop.wait()
            server.close()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

    # --- as a thread

    def __enter__(self):
        ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve(ready.set)), daemon=True)
        self.thread.start()
        if not ready.wait(10):
            raise RuntimeError("the fake did not start")
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.stop.set)
        self.thread.join(10)

    # --- as a program

    @classmethod
    def main(cls):
        args = argparse.ArgumentParser(description=cls.__doc__)
        args.add_argument("--host", default="127.0.0.1")
        args.add_argument("--port", type=int, default=0)
        args.add_argument("--script", type=argparse.FileType(), help="JSON")
        args = args.parse_args()
        fake = cls(json.load(args.script) if args.script else {}, args.host, args.port)
        try:
            asyncio.run(fake.serve(lambda: print(fake.url, flush=True)))
        except KeyboardInterrupt:
            pass
