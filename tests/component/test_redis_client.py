"""The Redis client against real servers: killed, stopped, renamed, behind TLS, behind Sentinels."""

import queue
import subprocess
import threading

import pytest

from private_redis import DEADLINE_S, die_with_parent, free_port, wait_until
from sentinels import Sentinel, sentinel_url, watched_pair

FAST = ("reply_deadline_ms=500", "connect_deadline_ms=1000")


class Driver:
    """tests/tools/redis_driver: lines in, lines out."""

    def __init__(self, build, url, *options):
        self.process = subprocess.Popen(
            [build / "tests/tools/redis_driver", url, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent,
        )
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.ids = 0

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def line(self, deadline_s=DEADLINE_S):
        line = self.lines.get(timeout=deadline_s)
        assert line is not None, f"the driver ended with {self.process.wait()}"
        return line

    def until(self, prefix):
        """The next line that begins with prefix; those before it are passed over."""
        while True:
            line = self.line()
            if line.startswith(prefix):
                return line

    def send(self, *words):
        self.ids += 1
        self.process.stdin.write(" ".join([str(self.ids), *words]) + "\n")
        self.process.stdin.flush()
        return f"{self.ids} "

    def call(self, *words):
        mark = self.send(*words)
        return self.until(mark)[len(mark):]

    def close(self):
        self.process.stdin.close()
        code = self.process.wait(DEADLINE_S)
        self.process.stdout.close()
        assert code == 0, "the driver (with sanitizers: a leak or worse)"


@pytest.fixture
def drive(build):
    drivers = []

    def start(url, *options):
        drivers.append(Driver(build, url, *options))
        return drivers[-1]

    yield start
    for driver in drivers:
        driver.close()


def test_says_whom_it_met(drive, redis_server):
    d = drive(redis_server.url + "?db=3", "name=ark-test")
    info = redis_server.client.info()
    assert d.line() == (
        f"up {info['redis_version']} {info['run_id']} valkey=0 aof=1 policy=noeviction changed=0"
    )
    (me,) = [c for c in redis_server.client.client_list() if c["name"] == "ark-test"]
    assert me["db"] == "3"


def test_answers_keep_their_order(drive, redis_server):
    d = drive(redis_server.url)
    d.until("up")
    assert d.call("!burst", "10000", "n") == "ordered 10000"
    assert d.call("GET", "n") == "10000"


def test_one_write_per_turn(drive, redis_server):
    """10 000 calls of one turn reach the server in far fewer reads."""
    d = drive(redis_server.url)
    d.until("up")
    before = redis_server.client.info("stats")["total_reads_processed"]
    assert d.call("!burst", "10000", "n") == "ordered 10000"
    assert redis_server.client.info("stats")["total_reads_processed"] - before < 100


def test_kinds_of_replies(drive, redis_server):
    d = drive(redis_server.url)
    d.until("up")
    assert d.call("SET", "a", "1") == "OK"
    assert d.call("GET", "none") == "nil"
    assert d.call("MGET", "a", "none") == "[1,nil]"
    assert d.call("LPUSH", "a", "x").startswith("error bug WRONGTYPE")
    assert d.call("FCALL", "nope", "0") == "error no-function ERR Function not found"
    assert d.call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM") == "OK"
    assert d.call("XGROUP", "CREATE", "s", "g", "$").startswith("error busygroup")
    assert d.call("XADD", "s", "5-1", "f", "v") == "5-1"
    assert d.call("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">") == "[[s,[[5-1,[f,v]]]]]"


def test_large_texts(drive, redis_server):
    d = drive(redis_server.url)
    d.until("up")
    assert d.call("SET", "a", "x" * 1_000_000) == "OK"
    assert redis_server.client.strlen("a") == 1_000_000
    redis_server.client.setrange("b", 20_000_000 - 1, "x")
    assert d.call("GET", "b") == "20000000 bytes"
    # Beyond the limit of one reply, which a value of ours never is.
    redis_server.client.setrange("c", 70_000_000 - 1, "x")
    assert d.call("GET", "c") == "lost"
    assert "larger than the limit" in d.line()
    d.until("up")


def test_reconnects_after_kill(drive, redis_server):
    d = drive(redis_server.url)
    first = d.until("up").split()[2]
    assert d.call("SET", "a", "1") == "OK"
    mark = d.send("!block", "60000", "BLPOP", "q", "0")
    wait_until(lambda: redis_server.client.info("clients")["blocked_clients"] == 1)
    redis_server.kill()
    assert d.line() == mark + "lost"
    assert d.line().startswith(f"down {redis_server.url}: the server closed the connection")
    assert d.call("GET", "a") == "error refused REFUSED not connected to Redis"
    redis_server.start()
    up = d.until("up")
    assert up.split()[2] != first and up.endswith("changed=1")
    assert d.call("GET", "a") == "1"


def test_same_reason_is_told_once(drive, redis_server):
    d = drive(redis_server.url)
    d.until("up")
    redis_server.kill()
    d.until("down")
    # Many attempts fail in the same way before the server is back.
    assert "Connection refused" in d.line()
    for _ in range(3):
        assert d.call("PING").startswith("error refused")
    redis_server.start()
    assert d.line().startswith("up")


def test_same_server_is_not_changed(drive, redis_server):
    d = drive(redis_server.url)
    d.until("up")
    redis_server.client.client_kill_filter(_type="normal", skipme=True)
    d.until("down")
    assert d.until("up").endswith("changed=0")


def test_stopped_server_is_left(drive, redis_server):
    d = drive(redis_server.url, *FAST)
    d.until("up")
    redis_server.pause()
    mark = d.send("PING")
    assert d.line() == mark + "lost"
    assert d.line() == f"down {redis_server.url}: no answer for 500 ms"
    # The kernel still accepts connections for it; nobody answers.
    assert d.call("PING").startswith("error refused")
    redis_server.resume()
    d.until("up")
    assert d.call("PING") == "PONG"


def test_blocking_read_has_its_own_deadline(drive, redis_server):
    d = drive(redis_server.url, *FAST)
    d.until("up")
    # Longer than the usual deadline of 500 ms, and still alive.
    assert d.call("!block", "5000", "BLPOP", "q", "1") == "nil"
    assert d.call("PING") == "PONG"


def test_idle_connection_stays(drive, redis_server):
    d = drive(redis_server.url, "reply_deadline_ms=100")
    d.until("up")
    assert d.call("PING") == "PONG"
    with pytest.raises(queue.Empty):
        d.line(deadline_s=0.5)
    assert d.call("PING") == "PONG"


def test_too_many_calls_are_refused(drive, redis_server):
    d = drive(redis_server.url, "max_pending=10")
    d.until("up")
    redis_server.pause()
    marks = [d.send("PING") for _ in range(12)]
    refusal = "error refused REFUSED too much waits for Redis already"
    assert d.line() == marks[10] + refusal
    assert d.line() == marks[11] + refusal
    redis_server.resume()
    for mark in marks[:10]:
        assert d.line() == mark + "PONG"


def test_password(drive, make_redis, tmp_path):
    server = make_redis(password="s3cret:@/")
    d = drive(f"unix://:s3cret%3A%40%2F@{server.socket}")
    d.until("up")

    d = drive(f"unix://:wrongpassword@{server.socket}")
    down = d.line()
    assert down.startswith(f"down {server.url}: the login was refused: WRONGPASS")
    assert "wrongpassword" not in down

    d = drive(server.url)
    assert "NOAUTH" in d.line()

    # The file is read at each attempt, so a password can change without a restart.
    file = tmp_path / "password"
    d = drive(server.url, f"password_file={file}")
    assert "No such file" in d.line()
    file.write_text("wrong\n")
    assert "WRONGPASS" in d.until("down")
    file.write_text("s3cret:@/\n")
    d.until("up")


def test_user(drive, make_redis):
    server = make_redis()
    server.client.acl_setuser("worker", enabled=True, passwords=["+pw"], keys=["t:*"],
                              commands=["+@all", "-config"])
    d = drive(f"unix://worker:pw@{server.socket}")
    d.until("up")
    assert d.call("ACL", "WHOAMI") == "worker"
    assert d.call("GET", "other").startswith("error denied NOPERM")


def test_messages(drive, redis_server):
    d = drive(redis_server.url)
    d.until("up")
    assert d.call("SUBSCRIBE", "a", "b") == "[subscribe,b,2]"
    assert d.call("PSUBSCRIBE", "c*") == "[psubscribe,c*,3]"
    redis_server.client.publish("a", "one")
    redis_server.client.publish("nobody", "x")
    redis_server.client.publish("cat", "two")
    assert d.line() == "message a one"
    assert d.line() == "message cat two"
    assert d.call("UNSUBSCRIBE", "a") == "[unsubscribe,a,2]"
    redis_server.client.publish("a", "three")
    redis_server.client.publish("b", "four")
    assert d.line() == "message b four"


def test_freed_client_says_nothing_more(drive, redis_server):
    d = drive(redis_server.url)
    d.until("up")
    redis_server.pause()
    d.send("PING")
    d.process.stdin.write("!free\n")
    d.process.stdin.flush()
    assert d.line() == "freed"
    redis_server.resume()
    with pytest.raises(queue.Empty):
        d.line(deadline_s=0.3)
    # The call was dropped with the client; its record is the driver's to lose.
    d.process.kill()
    d.process.wait()
    d.close = lambda: None


def test_replica_is_not_used(drive, make_redis):
    primary = make_redis(port=free_port())
    replica = make_redis(port=free_port(), replicaof=f"127.0.0.1 {primary.port}")
    d = drive(replica.url)
    # (While it loads what the primary sent it may say so first.)
    while not d.until("down").endswith("the server is a replica, not a primary"):
        pass
    replica.client.execute_command("REPLICAOF", "NO", "ONE")
    d.until("up")
    assert d.call("SET", "a", "1") == "OK"


def test_readonly_looks_for_the_primary(drive, make_redis):
    primary = make_redis(port=free_port())
    other = make_redis(port=free_port())
    d = drive(primary.url)
    d.until("up")
    primary.client.execute_command("REPLICAOF", "127.0.0.1", str(other.port))
    assert d.call("SET", "a", "1").startswith("error readonly READONLY")
    assert d.until("down").endswith("the server is no primary any more")
    primary.client.execute_command("REPLICAOF", "NO", "ONE")
    assert d.until("up").endswith("changed=1")  # another master_replid
    assert d.call("SET", "a", "1") == "OK"


def test_tcp_by_name(drive, make_redis):
    server = make_redis(port=free_port())
    d = drive(f"redis://localhost:{server.port}/0")
    d.until("up")
    assert d.call("PING") == "PONG"
    d = drive("redis://no-such-host.invalid:1/0")
    assert d.line().startswith("down redis://no-such-host.invalid:1/0: ")
    d = drive(f"redis://127.0.0.1:{free_port()}/0")
    assert d.line().endswith("Connection refused")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """An authority, a certificate of it for localhost, and an authority that nobody asked."""
    folder = tmp_path_factory.mktemp("tls")

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    for name in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=redis")
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", "server.pem", "-extfile", "names")
    return folder


def test_tls(drive, make_redis, certificates):
    port = free_port()
    server = make_redis(tls_port=port, tls_auth_clients="no",
                        tls_cert_file=certificates / "server.pem",
                        tls_key_file=certificates / "server.key",
                        tls_ca_cert_file=certificates / "ca.pem")
    d = drive(f"rediss://localhost:{port}/1", f"ca={certificates / 'ca.pem'}")
    d.until("up")
    assert d.call("!burst", "10000", "n") == "ordered 10000"
    server.kill()
    assert d.until("down").startswith(f"down rediss://localhost:{port}/1: ")
    server.start()
    assert d.until("up").endswith("changed=1")

    for url, ca, words in (
        (f"rediss://localhost:{port}", "other.pem", "certificate is not accepted"),
        (f"rediss://127.0.0.1:{port}", "ca.pem", "IP address mismatch"),
        (f"rediss://localhost:{port}", "missing.pem", "authorities"),
    ):
        d = drive(url, f"ca={certificates / ca}")
        down = d.line()
        assert down.startswith("down rediss://") and words in down
    d = drive(f"rediss://localhost:{port}")
    assert "certificate is not accepted" in d.line()


@pytest.fixture
def sentinel_set(make_redis):
    with watched_pair(make_redis) as (primary, replica, sentinels):
        yield primary, replica, sentinels


def test_sentinel_failover(drive, sentinel_set):
    primary, replica, sentinels = sentinel_set
    d = drive(sentinel_url(sentinels), *FAST)
    assert primary.client.info()["run_id"] in d.until("up")
    assert d.call("SET", "a", "1") == "OK"
    # Stopped, not killed: connections to it stay open, only the Sentinels know.
    primary.pause()
    d.until("down")
    assert replica.client.info()["run_id"] in d.until("up")
    assert d.call("SET", "a", "2") == "OK"
    primary.resume()


def test_sentinel_switch_is_followed_at_once(drive, sentinel_set):
    primary, replica, sentinels = sentinel_set
    # A deadline so long that only +switch-master can be the reason to leave.
    d = drive(sentinel_url(sentinels), "reply_deadline_ms=600000")
    d.until("up")
    primary.pause()
    mark = d.send("PING")
    assert d.line() == mark + "lost"
    assert d.line().endswith("the Sentinels switched to another primary")
    assert replica.client.info()["run_id"] in d.until("up")
    primary.resume()


def test_sentinel_that_is_away_is_passed_over(drive, sentinel_set):
    primary, replica, sentinels = sentinel_set
    sentinels[0].pause()
    sentinels[1].kill()
    d = drive(sentinel_url(sentinels), *FAST)
    d.until("up")
    assert d.call("PING") == "PONG"
    d = drive(sentinel_url(sentinels[2:], "unknown"), *FAST)
    assert d.line().endswith("it does not know the primary of this name")
    sentinels[0].resume()


def test_sentinel_that_wants_a_password(drive, make_redis):
    primary = make_redis(port=free_port(), password="pw")
    with Sentinel(primary, password="pw") as sentinel:
        hosts = f"127.0.0.1:{sentinel.port}/main"
        d = drive(f"redis+sentinel://:pw@{hosts}", *FAST)
        d.until("up")
        assert d.call("PING") == "PONG"
        d = drive(f"redis+sentinel://:other@{hosts}", *FAST)
        down = d.line()
        assert "NOAUTH" in down and "other" not in down
