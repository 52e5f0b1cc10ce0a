"""Starts Tegl over a folder and over a bucket in turns, requests each tile once, and prints medians; see disk_cache.sh."""
import glob
import hashlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time

serve, local, disk = sys.argv[1:]
port, tiles, side, rounds = (int(os.environ[name]) for name in ("PORT", "TILES", "TILE", "ROUNDS"))
clients = 8


def cpu_ns():
    pid = open(os.environ["PIDFILE"]).read().strip()
    return sum(int(open(path).read().split()[0]) for path in glob.glob(f"/proc/{pid}/task/*/schedstat"))


def metrics():
    connection = http.client.HTTPConnection("127.0.0.1", port + 1)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))


def reads(found, kind):
    return sum(int(float(value)) for name, value in found.items() if name.startswith("tegl_store_reads_total") and f'"{kind}"' in name)


def start(source, **environment):
    subprocess.run([serve], check=True, env={**os.environ, "IMAGE_DIR": source, **environment})


def get_all():
    """Requests all tiles, and returns the hash of their bytes, the server's CPU in ns, and the time taken."""
    found = [None] * tiles

    def client(first):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for number in range(first, tiles, clients):
            x, y = number % across * side, number // across * side
            connection.request("GET", f"/iiif/3/master.tif/{x},{y},{side},{side}/{side},{side}/0/default.jpg")
            response = connection.getresponse()
            found[number] = response.read()
            assert response.status == 200, found[number]

    before, began = cpu_ns(), time.monotonic()
    threads = [threading.Thread(target=client, args=(first,)) for first in range(clients)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    took = time.monotonic() - began
    return hashlib.sha256(b"".join(found)).hexdigest(), cpu_ns() - before, took


start(local)
connection = http.client.HTTPConnection("127.0.0.1", port)
connection.request("GET", "/iiif/3/master.tif/info.json")
info = json.loads(connection.getresponse().read())
across = info["width"] // side
assert across * (info["height"] // side) >= tiles, "the master has too few tiles"
on_disk = {"TEGL__CACHE__DISK__FOLDER": disk}
start("s3://masters", **on_disk)
get_all()
while float(metrics()["tegl_disk_cache_queued_bytes"]) > 0:
    time.sleep(0.05)

kinds = [
    ("a local folder", local, {}),
    ("S3, restarted, disk cache", "s3://masters", on_disk),
    ("S3, restarted, no disk cache", "s3://masters", {}),
]
rows = {name: [] for name, *_ in kinds}
hashes = set()
for _ in range(rounds):
    for name, source, environment in kinds:
        start(source, **environment)
        before = metrics()
        digest, cpu, took = get_all()
        after = metrics()
        hashes.add(digest)
        asked = [reads(after, kind) - reads(before, kind) for kind in ("range", "head")]
        rows[name].append((cpu / 1e6 / tiles, took * 1e3 / tiles, *asked))
assert len(hashes) == 1, "the tiles differ"
base = statistics.median(row[0] for row in rows["a local folder"])
print(f"{tiles} tiles, each once after a start; medians of {rounds}")
print("| tiles from | CPU ms per tile | beside a local folder | ms per tile | GETs | HEADs |\n|---|--:|--:|--:|--:|--:|")
for name, found in rows.items():
    cpu, took, ranges, heads = (statistics.median(column) for column in zip(*found))
    gets = "–" if name == "a local folder" else f"{ranges:.0f} | {heads:.0f}"
    print(f"| {name} | {cpu:.4f} | {cpu / base:.2f} | {took:.2f} | {gets if '|' in gets else '– | –'} |")
