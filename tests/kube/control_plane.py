"""A real Kubernetes control plane on this machine, for tests: etcd, kube-apiserver, the controllers, the scheduler, and kwok,
which makes scheduled pods Running and Ready. All of it listens on 127.0.0.1, trusts a CA of its own, enforces RBAC, and is
gone with the object.

    with ControlPlane() as plane:
        plane.kubectl("get", "namespaces")
"""

import base64
import http.client
import json
import pathlib
import secrets
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import urllib.parse

import programs
from private_redis import die_with_parent, free_port, wait_until

START_DEADLINE_S = 120
START_ATTEMPTS = 3  # a free port may be taken by another before we listen
CONTROLLERS = (
    "deployment-controller,replicaset-controller,disruption-controller,garbage-collector-controller,"
    "namespace-controller,serviceaccount-controller,serviceaccount-token-controller,root-ca-certificate-publisher-controller,"
    "statefulset-controller,job-controller,endpointslice-controller,clusterrole-aggregation-controller,"
    "persistentvolume-binder-controller,validatingadmissionpolicy-status-controller"
)
NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {
        "name": "node",
        "annotations": {"kwok.x-k8s.io/node": "fake"},
        "labels": {"kubernetes.io/hostname": "node", "kubernetes.io/os": "linux", "type": "kwok"},
    },
    "status": {
        "allocatable": {"cpu": "1000", "memory": "4Ti", "pods": "10000", "ephemeral-storage": "10Ti"},
        "capacity": {"cpu": "1000", "memory": "4Ti", "pods": "10000", "ephemeral-storage": "10Ti"},
    },
}


class ApiError(Exception):
    def __init__(self, code, status):
        self.code = code
        self.status = status
        super().__init__(f"{code}: {status.get('message') if isinstance(status, dict) else status}")


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, stderr=subprocess.PIPE)


class ControlPlane:
    """controllers=False: etcd and kube-apiserver only. Further flags of kube-apiserver as keywords."""

    def __init__(self, controllers=True, **apiserver_flags):
        self.programs = programs.provide()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ark-kube-", dir="/tmp"))
        self.with_controllers = controllers
        self.flags = apiserver_flags
        self.processes = {}
        self.admin_token = secrets.token_hex(16)
        self.port = None
        self.etcd_port = None

    # --- certificates and credentials

    def path(self, name):
        return str(self.folder / name)

    def new_ca(self, name="ca"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", f"/CN=ark test {name}", "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                "-keyout", self.path(f"{name}.key"), "-out", self.path(f"{name}.crt"))

    def new_cert(self, name, subject, names=None, ca="ca"):
        extensions = ["-addext", "extendedKeyUsage=serverAuth,clientAuth"]
        if names:
            extensions += ["-addext", f"subjectAltName={names}"]
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-CA", self.path(f"{ca}.crt"), "-CAkey", self.path(f"{ca}.key"), "-subj", subject,
                "-addext", "basicConstraints=critical,CA:FALSE", *extensions,
                "-keyout", self.path(f"{name}.key"), "-out", self.path(f"{name}.crt"))

    def new_serving_cert(self, ca="ca"):
        self.new_cert("apiserver", "/CN=kube-apiserver",
                      "IP:127.0.0.1,IP:10.96.0.1,DNS:localhost,DNS:kubernetes.default.svc", ca)

    def kubeconfig(self, name, **user):
        """A kubeconfig file. Without user: the administrator's, by client certificate."""
        user = user or {"client-certificate": self.path("admin.crt"), "client-key": self.path("admin.key")}
        user = {k.replace("_", "-") if k != "tokenFile" else k: v for k, v in user.items()}
        config = {
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            "clusters": [{"name": "test", "cluster": {
                "server": self.url, "certificate-authority": self.path("ca.crt")}}],
            "users": [{"name": "test", "user": user}],
        }
        file = self.folder / f"{name}.kubeconfig"
        file.write_text(json.dumps(config, indent=1))
        return file

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    # --- processes

    def launch(self, name, *flags):
        log = open(self.folder / f"{name}.log", "ab")
        self.processes[name] = subprocess.Popen(
            [self.programs[name], *flags], stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            cwd=self.folder, preexec_fn=die_with_parent)
        log.close()

    def alive(self, name):
        if self.processes[name].poll() is not None:
            lines = (self.folder / f"{name}.log").read_text(errors="replace").splitlines()
            raise AssertionError(f"{name} ended:\n" + "\n".join(lines[-15:]))
        return True

    def send(self, name, number):
        self.processes[name].send_signal(number)

    def end(self, name, number=signal.SIGKILL):
        process = self.processes.get(name)
        if process and process.poll() is None:
            process.send_signal(number)
            process.wait(timeout=60)

    def start_etcd(self):
        self.etcd_port = self.etcd_port or free_port()
        peer = f"http://127.0.0.1:{free_port()}"
        client = f"http://127.0.0.1:{self.etcd_port}"
        self.launch("etcd", "--data-dir", self.path("etcd"), "--unsafe-no-fsync",
                    "--listen-client-urls", client, "--advertise-client-urls", client,
                    "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                    "--initial-cluster", f"default={peer}", "--log-level", "warn")

    def start_apiserver(self):
        """Also after kill_apiserver: at the same address."""
        self.port = self.port or free_port()
        flags = {
            "etcd-servers": f"http://127.0.0.1:{self.etcd_port}",
            "bind-address": "127.0.0.1", "advertise-address": "127.0.0.1", "secure-port": self.port,
            "tls-cert-file": self.path("apiserver.crt"), "tls-private-key-file": self.path("apiserver.key"),
            "client-ca-file": self.path("ca.crt"), "token-auth-file": self.path("tokens.csv"),
            "authorization-mode": "RBAC", "anonymous-auth": "false",
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": self.path("sa.key"), "service-account-signing-key-file": self.path("sa.key"),
            "service-cluster-ip-range": "10.96.0.0/16", "cert-dir": self.path("certs"),
            "allow-privileged": "true", "profiling": "false",
            **{k.replace("_", "-"): v for k, v in self.flags.items()},
        }
        self.launch("kube-apiserver", *(f"--{k}={v}" for k, v in flags.items()))
        wait_until(self.ready, "kube-apiserver is ready", START_DEADLINE_S)

    def ready(self):
        self.alive("etcd")
        self.alive("kube-apiserver")
        try:
            return self.api("GET", "/readyz", text=True) == "ok"
        except (OSError, ApiError, http.client.HTTPException):
            return False

    def kill_apiserver(self, number=signal.SIGKILL):
        self.end("kube-apiserver", number)

    def start_controllers(self):
        config = f"--kubeconfig={self.path('admin.kubeconfig')}"
        self.launch("kube-controller-manager", config, "--leader-elect=false", "--secure-port=0",
                    f"--controllers={CONTROLLERS}", "--use-service-account-credentials=true",
                    f"--service-account-private-key-file={self.path('sa.key')}", f"--root-ca-file={self.path('ca.crt')}",
                    "--kube-api-qps=200", "--kube-api-burst=400", "--concurrent-gc-syncs=5")
        self.launch("kube-scheduler", config, "--leader-elect=false", "--secure-port=0",
                    "--kube-api-qps=200", "--kube-api-burst=400")
        self.launch("kwok", config, "--manage-all-nodes=true", "--node-ip=127.0.0.1", "--cidr=10.0.0.1/16")
        self.api("POST", "/api/v1/nodes", NODE)
        # A new node is tainted until the controller that watches over nodes has seen it ready. It is not here, since it would
        # evict pods whenever a busy machine keeps kwok from its heartbeats.
        self.api("PATCH", "/api/v1/nodes/node", {"spec": {"taints": None}}, type="application/merge-patch+json")

    def start(self):
        self.new_ca()
        self.new_serving_cert()
        self.new_cert("admin", "/O=system:masters/CN=admin")
        openssl("genrsa", "-out", self.path("sa.key"), "2048")
        (self.folder / "tokens.csv").write_text(f"{self.admin_token},admin,admin,system:masters\n")
        for attempt in range(START_ATTEMPTS):
            try:
                self.start_etcd()
                self.start_apiserver()
                break
            except AssertionError as e:
                self.end("kube-apiserver")
                self.end("etcd")
                if attempt == START_ATTEMPTS - 1 or "address already in use" not in str(e):
                    raise
                self.port = self.etcd_port = None
                shutil.rmtree(self.folder / "etcd", ignore_errors=True)
        self.kubeconfig("admin")
        if self.with_controllers:
            self.start_controllers()
        wait_until(self.has_default_account, "the default service account", START_DEADLINE_S)
        return self

    def has_default_account(self):
        if not self.with_controllers:
            return True
        for name in self.processes:
            self.alive(name)
        return self.get("/api/v1/namespaces/default/serviceaccounts/default")

    def close(self):
        for name in ("kwok", "kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"):
            self.end(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()

    # --- talking to it

    def request(self, method, path, body=None, token=None, type="application/json", timeout=30):
        """(status, headers, bytes), as the administrator or by a token."""
        context = ssl.create_default_context(cafile=self.path("ca.crt"))
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=context)
        headers = {"Authorization": f"Bearer {token or self.admin_token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = type
            body = body if isinstance(body, (str, bytes)) else json.dumps(body)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def api(self, method, path, body=None, text=False, **more):
        status, _, data = self.request(method, path, body, **more)
        if text and status < 400:
            return data.decode()
        try:
            value = json.loads(data)
        except ValueError:
            value = data.decode(errors="replace")
        if status >= 400:
            raise ApiError(status, value)
        return value

    def post_many(self, path, bodies, connections=8):
        """Makes many objects, on a few connections that stay open."""
        waiting = iter(bodies)
        lock = threading.Lock()
        failed = []

        def work():
            connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=60, context=ssl.create_default_context(cafile=self.path("ca.crt")))
            headers = {"Authorization": f"Bearer {self.admin_token}", "Content-Type": "application/json"}
            while not failed:
                with lock:
                    body = next(waiting, None)
                if body is None:
                    return
                connection.request("POST", path, json.dumps(body), headers)
                answer = connection.getresponse()
                data = answer.read()
                if answer.status != 201:
                    failed.append(data)

        threads = [threading.Thread(target=work) for _ in range(connections)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert not failed, failed[0]

    def get(self, path, **more):
        """The object, or None."""
        try:
            return self.api("GET", path, **more)
        except ApiError as e:
            if e.code == 404:
                return None
            raise

    def apply(self, path, body, manager="test", **more):
        """Server-side apply."""
        query = urllib.parse.urlencode({"fieldManager": manager, "force": "true"})
        return self.api("PATCH", f"{path}?{query}", body, type="application/apply-patch+yaml", **more)

    def kubectl(self, *args, input=None, check=True, kubeconfig=None):
        """The output of kubectl; with check=False the finished process."""
        done = subprocess.run(
            [self.programs["kubectl"], f"--kubeconfig={kubeconfig or self.path('admin.kubeconfig')}",
             f"--cache-dir={self.path('kubectl-cache')}", *map(str, args)],
            input=input, capture_output=True, text=True, timeout=120)
        if not check:
            return done
        assert done.returncode == 0, f"kubectl {' '.join(map(str, args))}: {done.stderr}"
        return done.stdout

    def new_namespace(self, prefix="test", labels=None):
        name = f"{prefix}-{secrets.token_hex(4)}"
        self.api("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace",
                                                "metadata": {"name": name, "labels": labels or {}}})
        return name

    def account_token(self, namespace, name, bound=None):
        """A token of a service account, which is made when missing; valid while the object `bound` exists."""
        base = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        if not self.get(f"{base}/{name}"):
            self.api("POST", base, {"metadata": {"name": name}})
        spec = {"expirationSeconds": 3600}
        if bound:
            spec["boundObjectRef"] = bound
        answer = self.api("POST", f"{base}/{name}/token", {"spec": spec})
        return answer["status"]["token"]

    def compact(self):
        """Makes etcd forget every past version: watches that resume from one get 410."""
        def etcd(path, body):
            connection = http.client.HTTPConnection("127.0.0.1", self.etcd_port, timeout=30)
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            return json.loads(connection.getresponse().read())

        key = base64.b64encode(b"none").decode()
        revision = int(etcd("/v3/kv/range", {"key": key})["header"]["revision"])
        etcd("/v3/kv/compaction", {"revision": str(revision), "physical": True})
