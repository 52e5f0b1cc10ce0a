"""The rows of benches/overload.sh: run.py TEGL FOLDER SECONDS ROW…"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request

TEGL, FOLDER, SECONDS = sys.argv[1], sys.argv[2], float(sys.argv[3])
LOAD = f"{FOLDER}/load"
CPUS = sorted(os.sched_getaffinity(0))
OF_LOAD, OF_SERVER = (CPUS[-1:], CPUS[:-1]) if len(CPUS) > 1 else (CPUS, CPUS)
PORT, STORE_PORT, STORE_DELAY_MS = 18470, 18475, 20
MEMORY_MIB = 256
CLIENTS = 40
MODES = os.environ.get("MODES", "on off").split()
FLOODS = {"region": 1500, "full2000": 300, "max": 50, "build": 20}
missed = []


def pinned(cpus, command, **more):
    return subprocess.Popen(["taskset", "-c", ",".join(map(str, cpus)), *command], **more)


def get(url):
    with urllib.request.urlopen(url, timeout=60) as response:
        return response.read().decode()


class Server:
    """`tegl serve` with an empty cache."""

    def __init__(self, source, admission):
        self.state = f"{FOLDER}/state"
        shutil.rmtree(self.state, ignore_errors=True)
        os.makedirs(self.state)
        environment = os.environ | {
            "TEGL__OPERATIONS__LISTEN": f"127.0.0.1:{PORT + 1}",
            "TEGL__WEB__TRUSTED_PROXIES": "127.0.0.1",
            "TEGL__WORK__MEMORY_MIB": str(MEMORY_MIB),
            "TEGL__CACHE__ANSWERS_MIB": "32",
            "TEGL__MASTERS__MAX_AREA": "400000000",
            "TEGL__PYRAMIDS__LOCATION": f"{self.state}/pyramids",
            "TEGL__CATALOGUE__URL": f"{self.state}/catalogue.db",
            "TEGL__SEARCH__FOLDER": f"{self.state}/index",
            "TEGL__CACHE__DISK__FOLDER": "none",
            "HOME": self.state,
        }
        if admission != "unset":
            environment["TEGL__WORK__ADMISSION"] = admission
        records = f"{FOLDER}/records.jsonl"
        with open(records, "w") as file:
            for number in range(2000):
                record = {"object_number": f"K{number}", "titles": {"en": f"Work {number} of art"}, "images": [{"file": "a.tif"}]}
                file.write(json.dumps(record) + "\n")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([TEGL, "ingest", f"{FOLDER}/masters", "--records", records], env=environment, **quiet)
        # They are built when they are requested.
        shutil.rmtree(f"{self.state}/pyramids", ignore_errors=True)
        self.log = open(f"{FOLDER}/{admission}.log", "w")
        serve = [TEGL, "serve", "--listen", f"127.0.0.1:{PORT}", source]
        self.process = pinned(OF_SERVER, serve, env=environment, stdout=subprocess.DEVNULL, stderr=self.log)
        while self.process.poll() is None:
            try:
                get(f"http://127.0.0.1:{PORT}/api/v1/works?q=art")
                get(f"http://127.0.0.1:{PORT}/iiif/3/a.tif/info.json")
                return
            except OSError:
                time.sleep(0.1)
        sys.exit(f"the server does not start: {FOLDER}/{admission}.log")

    def metrics(self, name):
        lines = get(f"http://127.0.0.1:{PORT + 1}/metrics").splitlines()
        return [line for line in lines if re.match(rf"{name}(\{{| )", line)]

    def status(self, key):
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith(key))

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()


class Paths:
    """Distinct requests, so that no response is cached."""

    def __init__(self):
        self.next = 0

    def write(self, kind, count):
        name = f"{FOLDER}/{kind}.paths"
        with open(name, "w") as file:
            for _ in range(int(count)):
                file.write(self.path(kind) + "\n")
        return name

    def path(self, kind):
        self.next += 1
        number = self.next
        x, y = number * 37 % 17000, number * 53 % 13000
        match kind:
            case "region":
                return f"/iiif/3/a.tif/{x},{y},1700,1500/{850 + number % 100},/0/default.jpg"
            case "full2000":
                return f"/iiif/3/a.tif/{number % 100},{number // 100 % 5000},19900,9900/2000,/0/default.jpg"
            case "max":
                kind = ("jpg", "png", "tif")[number % 3]
                return f"/iiif/3/a.tif/{number % 1000},{number // 1000},19000,14900/max/0/default.{kind}"
            case "build":
                return f"/iiif/3/s{number % 16}.tif/{number % 1000},0,5000,4000/500,/0/default.jpg"
            case "info":
                return "/iiif/3/a.tif/info.json"
            case "tile":
                return f"/iiif/3/a.tif/{number % 40 * 256},{number // 40 % 30 * 256},256,256/256,/0/default.jpg"
            case "manifest":
                return f"/presentation/3/K{number % 2000}/manifest"
            case "search":
                return f"/api/v1/works?q=work%20{number % 2000}"


paths = Paths()


def load(kind, seconds, rate, connections=512, clients=CLIENTS, count=None):
    name = paths.write(kind, count or (rate * seconds + 10 if rate != "closed" else 20_000))
    command = [LOAD, f"127.0.0.1:{PORT}", name, str(seconds), str(rate), str(connections), str(clients)]
    return pinned(OF_LOAD, command, stdout=subprocess.PIPE, text=True)


def result(process):
    return json.loads(process.communicate()[0])


def goal(holds, text):
    if not holds:
        missed.append(text)
    return "" if holds else "  MISSED: " + text


def overload(kind, source, requests=lambda: 0):
    """Ten times the capacity, with admission and without."""
    for admission in MODES:
        with Server(source, admission) as server:
            result(load(kind, 3, "closed", 8))
            reads = requests()
            alone = result(load(kind, SECONDS, "closed", 8))
            capacity = alone["good_per_s"]
            each = (requests() - reads) / max(alone["good"]["count"], 1)
            usual = result(load(kind, 4, max(capacity * 0.3, 1), 64))
            before, reads, cpu = server.status("VmRSS"), requests(), server.cpu()
            under = result(load(kind, SECONDS, capacity * 10, 512))
            cpu = server.cpu() - cpu
            time.sleep(2)
            reads = (requests() - reads) / max(under["good"]["count"], 1)
            after = result(load(kind, 4, max(capacity * 0.3, 1), 64))
            good, refused, peak = under["good_per_s"] / capacity, under["refused"], server.status("VmHWM")
            print(f"{kind}, {admission}: capacity {capacity:.1f}/s, sent {under['sent'] / SECONDS:.0f}/s")
            print(f"  answered {good:.2f} of the capacity: p50 {under['good']['p50_ms']} ms, p99 {under['good']['p99_ms']} ms; {cpu / SECONDS:.2f} processors")
            print(f"  refused {refused['count']}: p50 {refused['p50_ms']} ms, p99 {refused['p99_ms']} ms; without Retry-After {under['untold']}; failed {under['failed']}")
            print(f"  usual p99 {usual['good']['p99_ms']} ms; two seconds later {after['good']['p99_ms']} ms, refused {after['refused']['count']}")
            print(f"  memory {before:.0f} MiB, at most {peak:.0f} MiB" + (f"; reads of the store per answer {reads:.2f}, alone {each:.2f}" if each else ""))
            for line in server.metrics("tegl_shed_total") + server.metrics("tegl_work_cost_seconds"):
                print("   ", line)
            if admission == "on":
                print(goal(good >= 0.95, f"{kind}: {good:.2f} of the capacity is answered, not 0.95"))
                print(goal(refused["p99_ms"] <= 50, f"{kind}: refusals take {refused['p99_ms']} ms, not 50"))
                print(goal(under["untold"] + under["failed"] == 0, f"{kind}: some fail, or say not when to come back"))
                print(goal(after["refused"]["count"] == 0, f"{kind}: refusals two seconds after the overload"))
                print(goal(peak - before <= MEMORY_MIB + 64, f"{kind}: {peak - before:.0f} MiB more, of {MEMORY_MIB}"))
            sys.stdout.flush()


STEADY = {"tile": 40, "info": 20, "manifest": 20, "search": 20}


def steady(seconds):
    running = {kind: load(kind, seconds, rate, 16, 1) for kind, rate in STEADY.items()}
    return {kind: result(process) for kind, process in running.items()}


def floods(source):
    """Stored tiles, manifests and searches at a steady rate, alone and beside floods."""
    for admission in MODES:
        for flood in os.environ.get("FLOODS", " ".join(FLOODS)).split():
            rate = FLOODS[flood]
            with Server(source, admission) as server:
                steady(3)
                alone = steady(SECONDS)
                flooding = load(flood, SECONDS + 2, rate, 512)
                time.sleep(1)
                beside = steady(SECONDS)
                under = result(flooding)
                print(f"flood of {flood} at {rate}/s, {admission}: {under['good']['count']} answered, p99 {under['good']['p99_ms']} ms; {under['refused']['count']} refused, p99 {under['refused']['p99_ms']} ms; {under['failed']} failed; at most {server.status('VmHWM'):.0f} MiB")
                for line in server.metrics("tegl_shed_total") + server.metrics("tegl_pyramids_total"):
                    print("   ", line)
                goal(under["failed"] == 0, f"the flood of {flood} is answered by errors")
                for kind in STEADY:
                    before, now = alone[kind], beside[kind]
                    answered = now["good"]["count"] / now["sent"]
                    ratio = now["good"]["p99_ms"] / max(before["good"]["p99_ms"], 0.1)
                    print(f"  {kind}: {answered:.1%} answered; p50 {before['good']['p50_ms']} to {now['good']['p50_ms']} ms, p99 {before['good']['p99_ms']} to {now['good']['p99_ms']} ms")
                    if admission == "on":
                        goal(answered >= 0.99, f"{kind} beside {flood}: {answered:.1%}")
                        goal(ratio <= 2, f"{kind} beside {flood}: p99 {ratio:.1f} times as long")
                sys.stdout.flush()


for row in sys.argv[4:]:
    if row == "regions":
        overload("region", f"{FOLDER}/masters")
    elif row == "store":
        store = pinned(OF_LOAD, [LOAD, "serve", str(STORE_PORT), f"{FOLDER}/masters", str(STORE_DELAY_MS)])
        try:
            time.sleep(0.5)
            overload("region", f"http://127.0.0.1:{STORE_PORT}/", lambda: int(get(f"http://127.0.0.1:{STORE_PORT}/count")))
        finally:
            store.terminate()
    elif row == "floods":
        floods(f"{FOLDER}/masters")
    else:
        sys.exit(f"there is no row {row}")
print("\n".join(["goals missed:", *missed]) if missed else "all goals are met")
sys.exit(1 if missed else 0)
