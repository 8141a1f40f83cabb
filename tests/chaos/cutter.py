"""A proxy before Redis that cuts connections in the middle of what they say, holds bytes back, or leads elsewhere.

    with Cutter(server.socket, seed=1) as cutter:      # cutter.url is the way in; a (host, port) or a path is the way out
        cutter.cut_after(200, 5000)                    # each connection ends after so many bytes of answers, at random
        cutter.hold(lambda conn, data: b"publish" in data)   # requests that are held back until release()
        cutter.lead_to(other.socket)                   # for new connections; those that there are end
"""

import asyncio
import os
import random
import tempfile
import threading


class Connection:
    def __init__(self, number, limit):
        self.number = number
        self.limit = limit       # bytes of answers before the cut; None: none
        self.name = b""          # as CLIENT SETNAME said
        self.writers = []

    def abort(self):
        for w in self.writers:
            w.transport.abort()


class Cutter:
    CHUNK = 65536

    def __init__(self, target, seed=0, port=None):
        self.target, self.port = target, port
        self.rng = random.Random(seed)
        self.folder = tempfile.mkdtemp(prefix="ark-cutter-", dir="/tmp")
        self.path = f"{self.folder}/redis.sock"
        self.limits = None
        self.holds = lambda conn, data: False
        self.frozen = False
        self.cuts = self.numbers = self.held = 0
        self.open = set()
        self.waiting = set()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}" if self.port else f"unix://{self.path}"

    # --- what tests say, from any thread

    def cut_after(self, least, most):
        """For connections that are made from now on; None, None: no more cuts."""
        self.limits = (least, most) if least else None

    def hold(self, wanted):
        self.holds = wanted

    def freeze(self):
        """Nothing passes any more, in either direction."""
        self.frozen = True

    def release(self):
        self.holds = lambda conn, data: False
        self.frozen = False
        self.loop.call_soon_threadsafe(self.free.set)

    def lead_to(self, target):
        self.target = target
        self.cut_all()

    def cut_all(self):
        def cut():
            for conn in list(self.open):
                conn.abort()

        self.loop.call_soon_threadsafe(cut)

    # --- the loop

    async def pass_requests(self, conn, reader, writer):
        while data := await reader.read(self.CHUNK):
            if b"SETNAME" in data[:4096]:
                conn.name = data[:4096].split(b"SETNAME\r\n", 1)[1].split(b"\r\n")[1]
            if self.frozen or self.holds(conn, data):
                self.held += 1
                self.free.clear()
                await self.free.wait()
            writer.write(data)
            await writer.drain()

    async def pass_answers(self, conn, reader, writer):
        passed = 0
        while data := await reader.read(self.CHUNK):
            if self.frozen:
                await self.free.wait()
            if conn.limit is not None and passed + len(data) >= conn.limit:
                writer.write(data[:conn.limit - passed])
                await asyncio.wait_for(writer.drain(), 1)
                await asyncio.sleep(0)
                self.cuts += 1
                return
            passed += len(data)
            writer.write(data)
            await writer.drain()

    async def serve(self, reader, writer):
        try:
            to = self.target
            there, back = await (asyncio.open_connection(*to) if isinstance(to, tuple)
                                 else asyncio.open_unix_connection(str(to)))
        except OSError:
            writer.transport.abort()
            return
        self.numbers += 1
        conn = Connection(self.numbers, self.rng.randint(*self.limits) if self.limits else None)
        conn.writers = [writer, back]
        self.open.add(conn)
        both = [asyncio.ensure_future(self.pass_requests(conn, reader, back)),
                asyncio.ensure_future(self.pass_answers(conn, there, writer))]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            for w in conn.writers:
                w.close()
            self.open.discard(conn)

    async def main(self, started):
        self.loop = asyncio.get_running_loop()
        self.stop, self.free = asyncio.Event(), asyncio.Event()
        if self.port:
            server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)
        else:
            server = await asyncio.start_unix_server(self.serve, self.path)
        started()
        await self.stop.wait()
        server.close()
        self.free.set()
        for conn in list(self.open):
            conn.abort()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    def __enter__(self):
        ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.main(ready.set)), daemon=True)
        self.thread.start()
        if not ready.wait(10):
            raise RuntimeError("the proxy did not start")
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.stop.set)
        self.thread.join(10)
        if os.path.exists(self.path):
            os.unlink(self.path)
        os.rmdir(self.folder)
