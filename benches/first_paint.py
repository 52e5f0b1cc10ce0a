"""Puts latency between Tegl and a store, and measures the first paint of a view; see first_paint.sh."""
import http.client
import json
import os
import queue
import socketserver
import statistics
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

serve, store = sys.argv[1], urlsplit(os.environ["STORE"])
port, rounds, latency = (int(os.environ[name]) for name in ("PORT", "ROUNDS", "LATENCY"))
view = [int(side) for side in os.environ["VIEW"].split("x")]
CONNECTIONS = 6
requests = []


class Delay(BaseHTTPRequestHandler):
    """Forwards a request after the latency."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        began = time.monotonic()
        time.sleep(latency / 1e3)
        upstream = http.client.HTTPConnection(store.hostname, store.port)
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        [upstream.putheader(name, value) for name, value in self.headers.items()]
        upstream.endheaders()
        answer = upstream.getresponse()
        body = answer.read()
        self.send_response_only(answer.status)
        [self.send_header(name, value) for name, value in answer.getheaders() if name.lower() not in ("connection", "transfer-encoding")]
        self.end_headers()
        self.wfile.write(body)
        requests.append((began, self.command, self.path, self.headers.get("Range"), len(body)))

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


class Proxy(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 100


def get(path, connection):
    connection.request("GET", f"/iiif/3/master.tif/{path}")
    response = connection.getresponse()
    body = response.read()
    assert response.status == 200, body
    return body


def paint(info, scale):
    """Requests the tiles of a view in the middle at `1 / scale`, and returns the number of tiles."""
    side = info["tiles"][0]["width"] * scale
    left, top = (max(0, (info[name] - length * scale) // 2) for name, length in zip(("width", "height"), view))
    tiles = queue.SimpleQueue()
    for y in range(top // side * side, min(info["height"], top + view[1] * scale), side):
        for x in range(left // side * side, min(info["width"], left + view[0] * scale), side):
            width, height = min(side, info["width"] - x), min(side, info["height"] - y)
            tiles.put(f"{x},{y},{width},{height}/{-(-width // scale)},{-(-height // scale)}/0/default.jpg")
    count = tiles.qsize()

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while True:
            try:
                tile = tiles.get_nowait()
            except queue.Empty:
                return
            get(tile, connection)

    threads = [threading.Thread(target=client) for _ in range(CONNECTIONS)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return count


def measure(scale):
    subprocess.run([serve], check=True)
    requests.clear()
    began = time.monotonic()
    info = json.loads(get("info.json", http.client.HTTPConnection("127.0.0.1", port)))
    informed, before = time.monotonic(), len(requests)
    tiles = paint(info, scale)
    took = time.monotonic() - informed
    if os.environ.get("SHOW"):
        [print(f"{1e3 * (at - began):.0f} ms: {method} {part or path}, {length} bytes") for at, method, path, part, length in requests]
    return [1e3 * (informed - began), before, tiles, 1e3 * took, len(requests) - before]


proxy = Proxy(("127.0.0.1", port + 2), Delay)
threading.Thread(target=proxy.serve_forever, daemon=True).start()
print(f"A view of {view[0]} x {view[1]}, {latency} ms for each request to the store; medians of {rounds} starts")
print("| level | info.json, ms | its requests to the store | tiles | their ms | their requests | round trips |\n|---|--:|--:|--:|--:|--:|--:|")
for scale in (1, 8):
    rows = [measure(scale) for _ in range(rounds)]
    info, of_info, tiles, took, of_tiles = (statistics.median(column) for column in zip(*rows))
    print(f"| 1/{scale} | {info:.0f} | {of_info:.0f} | {tiles:.0f} | {took:.0f} | {of_tiles:.0f} | {took / latency:.1f} |")
