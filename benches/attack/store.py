"""An HTTP store with faults: store.py FOLDER PORT. Answers ranges of files, late, with errors, or never, as it is told."""
import asyncio
import json
import os
import sys
from urllib.parse import parse_qs, unquote, urlsplit

folder, port = sys.argv[1], int(sys.argv[2])
state = {"mode": "ok", "delay_ms": 0.0, "only": ""}
counts = {"requests": 0, "open": 0, "most_open": 0, "paths": {}}
files = {}


def opened(name):
    if name not in files:
        path = os.path.join(folder, unquote(name).lstrip("/"))
        files[name] = (os.open(path, os.O_RDONLY), os.path.getsize(path)) if os.path.isfile(path) else None
    return files[name]


def control(query):
    for key, value in query.items():
        state[key] = float(value[0]) if key == "delay_ms" else value[0]
    told = dict(counts, state=state)
    if state.pop("reset", None):
        counts.update(requests=0, most_open=counts["open"], paths={})
    body = json.dumps(told).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def answer(method, name, headers):
    found = opened(name)
    if not found:
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    file, size = found
    first, last, status = 0, size - 1, b"200 OK"
    asked = headers.get("range", "")
    if asked.startswith("bytes="):
        a, b = asked[6:].split("-")
        first, last = (int(a), min(int(b or last), last)) if a else (max(0, size - int(b)), last)
        if first > last:
            return b"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */%d\r\nContent-Length: 0\r\n\r\n" % size
        status = b"206 Partial Content"
    etag = b'"%d"' % size
    if headers.get("if-none-match", "").encode() == etag:
        return b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % etag
    head = b"HTTP/1.1 %s\r\nETag: %s\r\nAccept-Ranges: bytes\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Length: %d\r\n" % (
        status, etag, last - first + 1)
    if status.startswith(b"206"):
        head += b"Content-Range: bytes %d-%d/%d\r\n" % (first, last, size)
    return head + b"\r\n" + (b"" if method == "HEAD" else os.pread(file, last - first + 1, first))


async def serve(reader, writer):
    counts["open"] += 1
    counts["most_open"] = max(counts["most_open"], counts["open"])
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, _ = head[0].split(" ")
            headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in head[1:] if ":" in line)}
            parts = urlsplit(target)
            if parts.path == "/.control":
                writer.write(control(parse_qs(parts.query)))
                continue
            counts["requests"] += 1
            counts["paths"][parts.path] = counts["paths"].get(parts.path, 0) + 1
            if state["delay_ms"]:
                await asyncio.sleep(state["delay_ms"] / 1000)
            mode = state["mode"] if state["only"] in parts.path else "ok"
            if mode == "hole":
                await asyncio.sleep(3600)
            if mode == "refuse":
                return
            if mode == "error":
                writer.write(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n")
            else:
                writer.write(answer(method, parts.path, headers))
            await writer.drain()
    except (asyncio.IncompleteReadError, OSError, ValueError):
        pass
    finally:
        counts["open"] -= 1
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


asyncio.run(main())
