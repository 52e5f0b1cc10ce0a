"""Starts what an attack needs (Tegl, PostgreSQL, an HTTP store), reads its memory, time and descriptors, and stops it."""
import atexit
import ctypes
import glob
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

WORK = os.path.abspath(os.path.join(os.environ.get("BENCH_DIR", "target/bench"), "attack"))
TEGL = os.path.abspath(os.environ.get("TEGL", "target/release/tegl"))
SCALE = float(os.environ.get("SCALE", "1"))
TICK = os.sysconf("SC_CLK_TCK")
TOKEN = "a-curator-of-the-attack"
HOST = "127.0.0.1"
LIBC = ctypes.CDLL(None)
running = []


def scaled(number):
    return max(1, round(number * SCALE))


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def start(command, log, **options):
    """A process that ends with this one, however that ends: PR_SET_PDEATHSIG is 1."""
    with open(log, "ab") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
            preexec_fn=lambda: LIBC.prctl(1, signal.SIGKILL), **options)
    running.append(process)
    return process


def stop(process, how=signal.SIGKILL):
    for sent in (signal.SIGCONT, how):
        try:
            os.killpg(process.pid, sent)
        except ProcessLookupError:
            pass
    process.wait()
    if process in running:
        running.remove(process)


def stop_all():
    for process in list(running):
        stop(process)


atexit.register(stop_all)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda *_: sys.exit(130))


def eventually(holds, seconds=60, pause=0.05):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(pause)
    return False


def home(name):
    folder = os.path.join(WORK, "run", name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder


def environment(folder, settings):
    """Deaf to the settings of whoever runs this."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("TEGL__", "AWS_"))}
    clean.update(XDG_CACHE_HOME=folder + "/cache", XDG_DATA_HOME=folder + "/data", TEGL__OPERATIONS__LISTEN="",
                 TEGL__CATALOGUE__URL=folder + "/catalogue.db", TEGL__API__TOKENS__CURATOR=TOKEN, TEGL__LOG__LEVEL="warn")
    clean.update(settings)
    return clean


def run(arguments, folder, settings=()):
    done = subprocess.run([TEGL, *arguments], env=environment(folder, dict(settings)), cwd=folder, capture_output=True, text=True)
    if done.returncode > 1:
        raise SystemExit(f"tegl {arguments}: {done.stdout}{done.stderr}")
    return done


class Tegl:
    """A running server; `settings` are environment variables, `before` a shell command in namespaces of its own."""

    def __init__(self, folder, sources, settings=(), before=None, descriptors=None):
        self.port, self.log = free_port(), folder + "/tegl.log"
        command = [TEGL, "serve", "--listen", f"{HOST}:{self.port}", *sources]
        if before:
            command = ["unshare", "-rm", "sh", "-c", before + ' && exec "$@"', "sh", *command]
        if descriptors:
            command = ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh", *command]
        self.process = start(command, self.log, env=environment(folder, dict(settings)), cwd=folder)
        self.pid = self.process.pid
        if not eventually(lambda: self.answers("/health/live") or self.process.poll() is not None) or self.process.poll() is not None:
            raise SystemExit(f"Tegl does not start; see {self.log}")

    def get(self, path, method="GET", headers=(), body=None, timeout=10, source=None):
        """Status, headers and body; status 0 where there was no answer in time."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=timeout, source_address=source)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except (OSError, http.client.HTTPException) as error:
            return 0, {}, str(error).encode()
        finally:
            connection.close()

    def answers(self, path):
        return self.get(path, timeout=2)[0] == 200

    def tag(self, work, label, timeout=10):
        body = json.dumps({"scheme": "motif", "label": {"en": label}})
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
        return self.get(f"/api/v1/works/{work}/tags", "POST", headers, body, timeout)[0]

    def memory(self, field="VmRSS"):
        """In MiB; VmHWM for the peak."""
        for line in open(f"/proc/{self.pid}/status"):
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
        return 0.0

    def reset_peak(self):
        with open(f"/proc/{self.pid}/clear_refs", "w") as file:
            file.write("5")

    def cpu(self):
        """Seconds of processor time so far."""
        fields = open(f"/proc/{self.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def stop(self):
        stop(self.process)


class Store:
    """An HTTP store over a folder, in a process of its own, that can be slow, down or silent."""

    def __init__(self, folder, delay_ms=0):
        self.port = free_port()
        here = os.path.dirname(os.path.abspath(__file__))
        self.process = start([sys.executable, here + "/store.py", folder, str(self.port)], WORK + "/store.log")
        if not eventually(lambda: self.tell() is not None):
            raise SystemExit(f"the store does not start; see {WORK}/store.log")
        self.tell(delay_ms=delay_ms)
        self.url = f"http://{HOST}:{self.port}"

    def tell(self, **what):
        """Changes its behaviour: mode=ok|error|hole|refuse, delay_ms, only=part of a path. Returns its counts, and sets them back with reset=1."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/.control?" + "&".join(f"{k}={v}" for k, v in what.items()))
            return json.loads(connection.getresponse().read())
        except (OSError, ValueError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def stop(self):
        stop(self.process)


class Postgres:
    """A PostgreSQL server in a folder that goes with it, or `None` from `start` where it is not installed."""

    @staticmethod
    def start():
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb") + glob.glob("/usr/local/pgsql/bin/initdb"))
        return Postgres(os.path.dirname(found[-1])) if found else None

    def __init__(self, programs):
        # Its user has to be able to enter the folder, which those below a home are often closed to.
        self.folder = f"/tmp/tegl-attack-{os.getpid()}"
        data = self.folder + "/data"
        os.makedirs(data)
        atexit.register(shutil.rmtree, self.folder, True)
        as_user = []
        if os.geteuid() == 0:
            as_user = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--"]
            for path in (self.folder, data):
                shutil.chown(path, "postgres")
        subprocess.run([*as_user, programs + "/initdb", "--auth=trust", "--username=tegl", "--encoding=UTF8", "--locale=C",
                        "--no-sync", "-D", data], check=True, stdout=subprocess.DEVNULL, cwd="/")
        port = free_port()
        self.process = start([*as_user, programs + "/postgres", "-D", data, "-c", "fsync=off", "-c", f"listen_addresses={HOST}",
                              "-c", "unix_socket_directories=", "-c", f"port={port}"], WORK + "/postgres.log", cwd="/")
        self.url = f"postgres://tegl@{HOST}:{port}/postgres"

        def listens():
            with socket.socket() as probe:
                return probe.connect_ex((HOST, port)) == 0
        eventually(listens)
        time.sleep(1)

    def pids(self):
        children = open(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read().split()
        return [self.process.pid, *map(int, children)]

    def halt(self):
        for pid in self.pids():
            os.kill(pid, signal.SIGSTOP)

    def go_on(self):
        for pid in self.pids():
            os.kill(pid, signal.SIGCONT)

    def stop(self):
        self.go_on()
        stop(self.process, signal.SIGINT)
