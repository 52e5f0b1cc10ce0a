#!/usr/bin/env python3
"""Asks two builds of Tegl the same questions and says where their answers differ.

    benches/same_answers.py OLD_BINARY NEW_BINARY [--addresses 500] [--images FOLDER]... [--records FILE]...

OLD_BINARY paints a sample, reads its records into a catalogue and makes the index of works. Both builds then serve the
same masters with a copy of that catalogue and that index each, make their pyramids, and are asked for the same
addresses: descriptions, pixels of every kind, tiles, Deep Zoom, manifests and their parts, collections, searches, the
open APIs, pages, downloads, parts of files, conditional requests, HEAD, and what is wrong. Status, headers and bytes
have to be equal, and so have the names and bytes of all pyramids. For changes that are to change no answer: a
renaming, a move of code. The exit code is 1 where anything differs.

Only Python's standard library is needed. 500 addresses lead to some 1,600 questions, which take two release builds two
minutes.
"""
import argparse
import hashlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from urllib.parse import quote, urlsplit

BASE = "http://tegl.example"
# What differs between two answers to one question asked twice.
PASSING = {"date", "connection", "keep-alive", "server-timing", "age"}
PATIENCE_S = 300
SETTINGS = f"""
[web]
base_url = "{BASE}"
[presentation]
name = {{ en = "Sample", da = "Prøve" }}
[credit]
line = "Photo: \\"Sample\\" – Købke's\\\\"
rights = "http://creativecommons.org/publicdomain/zero/1.0/"
[pyramids]
location = "pyramids"
wait_s = 120
from_megapixels = 0.3
[catalogue]
url = "sqlite://catalogue.db"
[search]
folder = "index"
[operations]
listen = ""
[log]
level = "error"
"""


def png(path, width, height, bits, channels):
    """A PNG of slopes and stripes."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            for c in range(channels):
                value = (x * 7 + y * (3 + c) + (40 if (x // 16 + y // 16) % 2 else 0)) % 256
                rows += bytes([value]) if bits == 8 else bytes([value, (x * y) & 255])

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    kind = {1: 0, 3: 2, 4: 6}[channels]
    head = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(rows), 6)) + chunk(b"IEND", b"")
    )


def tiff(path, width, height, samples=3, orientation=1, sample_format=1):
    """An uncompressed TIFF in one strip."""
    data = bytes((x * (c + 2) + y * 5) & 255 for y in range(height) for x in range(width) for c in range(samples))
    bits = 8 + 12 * 12 + 6
    entries = [
        (256, 3, 1, width), (257, 3, 1, height), (258, 3, samples, bits if samples > 2 else 8), (259, 3, 1, 1),
        (262, 3, 1, 2 if samples == 3 else 1), (273, 4, 1, bits + 8), (274, 3, 1, orientation), (277, 3, 1, samples),
        (278, 3, 1, height), (279, 4, 1, len(data)), (284, 3, 1, 1), (339, 3, 1, sample_format),
    ]
    out = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    for tag, kind, count, value in entries:
        out += struct.pack("<HHI", tag, kind, count)
        out += struct.pack("<I", value) if kind == 4 or count > 2 else struct.pack("<HH", value, 0)
    out += struct.pack("<I", 0)
    out += struct.pack("<4H", 8, 8, 8, 8)
    assert len(out) == bits + 8, (len(out), bits)
    path.write_bytes(out + data)


def masters(folder):
    """Kinds of masters that the sample has not."""
    folder.mkdir(parents=True, exist_ok=True)
    png(folder / "rgb.png", 900, 700, 8, 3)
    png(folder / "alpha.png", 130, 90, 8, 4)
    png(folder / "gray16.png", 301, 203, 16, 1)
    tiff(folder / "strip.tif", 800, 600)
    tiff(folder / "gray æ 1.tif", 333, 217, samples=1)
    for orientation in (3, 6, 7):
        tiff(folder / f"turned-{orientation}.tif", 210, 130, orientation=orientation)
    # 8-bit floats: of no use, and refused.
    tiff(folder / "floats.tif", 64, 64, sample_format=3)
    (folder / "broken.tif").write_bytes(b"II*\0\xff\xff\xff\x7f" + b"\0" * 64)
    (folder / "cut.png").write_bytes((folder / "rgb.png").read_bytes()[:3000])
    (folder / "words.txt").write_text("no image")


class Server:
    """One build, with a folder of its own, that is asked for the same things as the other."""

    def __init__(self, binary, home, sources):
        self.binary, self.home, self.sources = binary, home, sources
        self.process, self.port = None, 0

    def environment(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TEGL__")}
        return kept | {"XDG_CACHE_HOME": str(self.home / "cache"), "XDG_DATA_HOME": str(self.home / "data")}

    def run(self, *arguments):
        done = subprocess.run(
            [self.binary, *arguments], cwd=self.home, env=self.environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        return done.returncode, done.stdout

    def start(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = open(self.home / "log", "a")
        command = [self.binary, "serve", *self.sources, "--listen", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(
            command, cwd=self.home, env=self.environment(), stdout=self.log, stderr=self.log
        )
        self.wait("/health/ready", lambda answer: answer[0] == 200)
        self.wait("/api/v1/works?limit=1", lambda answer: answer[0] == 200)
        return self

    def wait(self, path, is_there):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                if is_there(self.ask("GET", path, {})):
                    return
            except OSError:
                pass
            time.sleep(0.2)
        sys.exit(f"{self.binary} does not answer {path}; see {self.home}/log")

    def ask(self, method, path, headers, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True, skip_host=True)
            for name, value in ({"Host": "tegl.example"} | headers).items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            try:
                text = answer.read()
            except http.client.IncompleteRead as broken:
                text = b"BROKEN OFF " + broken.partial
            found = [(name.lower(), value) for name, value in answer.getheaders()]
            return answer.status, sorted(pair for pair in found if pair[0] not in PASSING), text
        finally:
            connection.close()

    def answer(self, question):
        """An answer that holds: whoever is told to come back does so."""
        end = time.monotonic() + PATIENCE_S
        while True:
            found = self.ask(*question)
            if found[0] not in (429, 503) or time.monotonic() > end:
                return found
            time.sleep(0.3)

    def json(self, path):
        status, _, text = self.answer(("GET", path, {}))
        return json.loads(text) if status == 200 else {}

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None


REGIONS = ["full", "square", "0,0,64,64", "10,20,100,80", "pct:10,10,50,50", "pct:0,0,33.3,66.7", "50,50,9999,9999",
           "0,0,512,512", "256,0,256,256"]
SIZES = ["max", "^max", "64,", ",50", "pct:25", "pct:12.5", "80,60", "!90,90", "^!120,120", "^200,", "^,150", "^pct:120",
         "256,256", "128,", "1,1"]
ROTATIONS = ["0", "90", "180", "270", "!0", "!90", "!180", "22.5", "!45.5", "359.9"]
QUALITIES = ["default", "color", "gray", "bitonal"]
FORMATS = ["jpg", "png", "webp", "gif", "tif", "jp2", "pdf", "avif"]
WRONG = ["full/max/0/default.bmp", "full/max/0/other.jpg", "full/max/360.5/default.jpg", "full/max/-1/default.jpg",
         "full/0,/0/default.jpg", "full/,0/0/default.jpg", "0,0,0,10/max/0/default.jpg", "9999999,0,10,10/max/0/default.jpg",
         "pct:0,0,0,0/max/0/default.jpg", "pct:-1,0,10,10/max/0/default.jpg", "full/99999999,/0/default.jpg",
         "full/pct:101/0/default.jpg", "full/^pct:9999999/0/default.jpg", "1,2,3/max/0/default.jpg", "full/max/0/default",
         "full/max/0", "ful/max/0/default.jpg", "full/!,/0/default.jpg", "full/full/0/default.jpg", "full/max/!/default.jpg",
         "full/1e3,/0/default.jpg", "full/+10,/0/default.jpg", "%ff/max/0/default.jpg", "full/max/0/default.jpg/x"]
API_QUERIES = ["", "q=sea", "q=k%C3%B8bke%20heste", "q=%22the%20sea%22", "q=-sea", "q=maleri&lang=da", "limit=3", "limit=0",
               "limit=3&sort=title", "limit=3&sort=-title", "limit=3&sort=creator", "limit=2&sort=date", "limit=2&sort=-date",
               "limit=2&sort=newest", "limit=2&sort=hue", "limit=2&sort=number", "limit=2&sort=-number", "sort=size",
               "facet=creator&facet=motif", "facet=type&facet_limit=2", "histogram=50", "years=1800/2030", "years=x",
               "has_image=true", "public_domain=true", "public_domain=false", "colour=3f6fb5", "colour=3f6fb5&colour=e2c04a",
               "colour=nothing", "fields=object_number,titles,thumbnail", "fields=nothing", "nothing=1", "cursor=x",
               "any=creator:nobody", "all=motif:sea", "none=motif:sea", "not=motif:sea"]
API_PATHS = ["/api/v1", "/api/v1/openapi.json", "/api/v1/creators", "/api/v1/creators?limit=2", "/api/v1/creators?q=a",
             "/api/v1/tags", "/api/v1/tags?lang=da", "/api/v1/tags/creator", "/api/v1/tags/motif?limit=2", "/api/v1/tags/nothing",
             "/api/v1/suggest?q=s", "/api/v1/suggest?q=an&lang=da", "/api/v1/suggest", "/api/v1/random?nothing=1",
             "/api/v1/dump", "/api/v1/nothing", "/api/v2", "/api"]
DUMPS = ["works.jsonl", "works.csv", "manifests.txt", "works.jsonl.gz", "works.csv.gz", "manifests.txt.gz", "nothing"]
SMK_QUERIES = ["art/search?keys=*", "art/search/?keys=*&offset=0&rows=3", "art/search/?keys=sea&rows=2&lang=en",
               "art/search/?keys=*&facets=creator,techniques", "art/search/?keys=*&filters=%5Bhas_image:true%5D",
               "art/search/?keys=*&filters=%5Bpublic_domain:true%5D&sort=titles&sort_type=desc",
               "art/search/?keys=*&range=%5Bproduction_dates_end:%7B1800;2030%7D%5D", "art/search/?keys=*&rows=9999999",
               "art/search/?keys=*&filters=%5Bnothing:1%5D", "art/search/?nothing=1", "art/search/", "art/?object_number=x",
               "art/all_ids", "iiif/manifest?id=x", "iiif/manifest", "person/search?keys=*", "person/search?keys=a&filters=x",
               "person?id=x", "person", "nothing"]
PAGES = ["/", "/?q=sea", "/?lang=da", "/?lang=xx", "/?q=nothing%20at%20all", "/?sort=title", "/?facet=motif", "/robots.txt",
         "/sitemap.xml", "/sitemap/1.xml", "/sitemap/99.xml", "/health/live", "/assets/nothing", "/assets/../x", "/nothing",
         "/favicon.ico", "/works/", "/works/nothing", "/view/mirador/nothing", "/view/openseadragon/nothing", "/search/3/x",
         "/discovery/1/changes", "/discovery/1/changes/0", "/discovery/1/changes/1", "/discovery/1/changes/99",
         "/iiif/3/", "/iiif/3/nothing", "/iiif/3/nothing/info.json", "/iiif/2/nothing/full/max/0/default.jpg",
         "/iiif/4/x/info.json", "/iiif/3/..%2Fx/info.json", "/iiif/3/%00/info.json", "/iiif/3/%ff/info.json",
         "/deepzoom/nothing.dzi", "/deepzoom/x_files/0/0_0.jpg", "/download/nothing", "/download/work/nothing.zip",
         "/presentation/3/nothing/manifest", "/presentation/1/x/manifest", "/presentation/3/collections/nothing",
         "/" + "x" * 5000]


def get(path, **headers):
    return "GET", path, {name.replace("_", "-"): value for name, value in headers.items()}


def identifiers(sources):
    """Every file below the sources, as identifiers."""
    found = []
    for source in sources:
        files = sorted(file for file in Path(source).rglob("*") if file.is_file() and not file.name.startswith("."))
        found += [str(file.relative_to(source)) for file in files]
    return found


def of_image(name, info):
    """Questions about one image: its description, its tiles, other forms of it, its original."""
    raw = quote(name, safe="")
    width, height = info.get("width", 100), info.get("height", 100)
    for version in "23":
        yield get(f"/iiif/{version}/{raw}/info.json")
        yield get(f"/iiif/{version}/{raw}/info.json", Accept="application/ld+json")
    yield get(f"/iiif/3/{raw}/info.json", Accept="application/json", Accept_Encoding="gzip")
    yield get(f"/iiif/3/{raw}")
    yield get(f"/iiif/1.1/{raw}/full/!80,/0/native.jpg")
    yield get(f"/deepzoom/{raw}.dzi")
    levels = max(width, height, 1).bit_length()
    for level in (0, levels - 3, levels - 1, levels):
        yield get(f"/deepzoom/{raw}_files/{max(level, 0)}/0_0.jpg")
    yield get(f"/deepzoom/{raw}_files/{levels}/1_1.jpg")
    yield get(f"/deepzoom/{raw}_files/{levels}/999_0.jpg")
    for tiles in info.get("tiles", [])[:1]:
        side = tiles["width"]
        for factor in tiles["scaleFactors"]:
            for x, y in ((0, 0), (width // (side * factor), height // (side * factor))):
                x, y = x * side * factor, y * side * factor
                if x >= width or y >= height:
                    continue
                w, h = min(side * factor, width - x), min(side * factor, height - y)
                size = f"{-(-w // factor)},{-(-h // factor)}"
                yield get(f"/iiif/3/{raw}/{x},{y},{w},{h}/{size}/0/default.jpg")
                yield get(f"/iiif/2/{raw}/{x},{y},{w},{h}/{-(-w // factor)},/0/default.jpg")
    yield get(f"/download/{raw}")
    yield get(f"/download/{raw}", Range="bytes=0-99")
    yield get(f"/download/{raw}", Range="bytes=-50")
    yield get(f"/download/{raw}", Range="bytes=999999999-")
    for form in ("jpg", "tif"):
        if width * height < 3_000_000:
            yield get(f"/download/{raw}.{form}")
            yield get(f"/download/{raw}.{form}", Range="bytes=5-40")
    yield get(f"/view/mirador/{raw}")
    yield get(f"/view/openseadragon/{raw}")
    yield get(f"/presentation/3/{raw}/manifest")
    yield "HEAD", f"/iiif/3/{raw}/full/64,/0/default.jpg", {}
    yield "HEAD", f"/download/{raw}", {}
    yield "OPTIONS", f"/iiif/3/{raw}/info.json", {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}


def of_pixels(name, chance, how_many):
    """Every word of the Image API, each with others by chance."""
    raw = quote(name, safe="")
    words = [(REGIONS, 0), (SIZES, 1), (ROTATIONS, 2), (QUALITIES, 3), (FORMATS, 4)]
    for all_words, at in words:
        for word in all_words:
            parts = [chance.choice(list_) for list_, _ in words]
            parts[at] = word
            yield raw, parts
    for _ in range(how_many):
        yield raw, [chance.choice(list_) for list_, _ in words]


def pixels(name, chance, how_many=0):
    for raw, (region, size, rotation, quality, form) in of_pixels(name, chance, how_many):
        # A large answer in a slow format says no more than a small one.
        if size in ("max", "^max") and form in ("avif", "jp2", "png", "gif"):
            size = "100,"
        version = chance.choice("233")
        yield get(f"/iiif/{version}/{raw}/{region}/{size}/{rotation}/{quality}.{form}")
    for wrong in WRONG:
        yield get(f"/iiif/{chance.choice('23')}/{raw}/{wrong}")


def of_work(number, manifest, tags):
    """Questions about one work: its documents in both versions, searches within it, its record, page and archive."""
    raw = quote(number, safe="")
    for version in "23":
        place = f"/presentation/{version}/{raw}"
        yield get(f"{place}/manifest")
        yield get(f"{place}/manifest", Accept="application/json", Accept_Encoding="br")
        for number in range(1, min(len(manifest.get("items", [])), 3) + 2):
            for path in (f"canvas/{number}", f"canvas/{number}/page", f"canvas/{number}/painting",
                         f"annotations/{number}", f"range/{number}"):
                yield get(f"{place}/{path}")
        for tag in tags[:4] + ["00ff", "%22"]:
            yield get(f"{place}/tag/{tag}")
    for version in "12":
        for query in ("?q=a", "?q=sea", "", "?motivation=tagging", "?q=x&nothing=1"):
            yield get(f"/search/{version}/{raw}{query}")
        yield get(f"/search/{version}/{raw}/autocomplete?q=s")
    for path in ("", "?lang=da", "?fields=titles,images", "?nothing=1", "/tags", "/tags/00ff", "/nothing"):
        yield get(f"/api/v1/works/{raw}{path}")
    for tag in tags[:3]:
        yield get(f"/api/v1/works/{raw}/tags/{tag}")
        yield get(f"/api/v1/works/{raw}/tags/{tag}/history")
    yield get(f"/works/{raw}")
    yield get(f"/works/{raw}?lang=da", Accept_Encoding="gzip")
    yield get(f"/works/{raw}", Accept_Language="da")
    yield "HEAD", f"/download/work/{raw}.zip", {}
    yield get(f"/api/smk/v1/art?object_number={raw}&lang=en")
    yield get(f"/api/smk/v1/art/?object_number={raw}")
    yield get(f"/api/smk/v1/iiif/manifest?id={raw}")
    yield "DELETE", f"/api/v1/works/{raw}", {}
    yield "POST", f"/api/v1/works/{raw}/tags", {"Content-Type": "application/json"}, b'{"scheme":"motif","label":"x"}'
    yield "PUT", f"/works/{raw}", {}


def general():
    """Questions about no work and no image."""
    yield from map(get, PAGES)
    yield from map(get, API_PATHS)
    yield from (get(f"/api/v1/works?{query}") for query in API_QUERIES)
    yield from (get(f"/api/smk/v1/{query}") for query in SMK_QUERIES)
    for name in DUMPS:
        yield get(f"/api/v1/dump/{name}")
        yield get(f"/api/v1/dump/{name}", Range="bytes=10-99")
        yield "HEAD", f"/api/v1/dump/{name}", {}
    for version in "23":
        for path in ("", "/all", "/all/all", "/all/all/0-4", "/all/-/0-99", "/motif", "/creator", "/motif/-/0-99", "/a/b/9-1"):
            yield get(f"/presentation/{version}/collections{path}")
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE"):
        yield method, "/", {}


def questions(old, names, chance, wanted):
    """The list: a share of every kind, then pixels until there are as many as wanted."""
    infos = {name: old.json(f"/iiif/3/{quote(name, safe='')}/info.json") for name in names}
    images = [name for name in names if infos[name]]
    works = [work["object_number"] for work in old.json("/api/v1/works?limit=100").get("items", [])]
    works = works or [work["object_number"] for work in old.json("/api/v1/works?limit=100").get("works", [])]
    found = list(general())
    kinds = [list(of_image(name, infos[name])) for name in names]
    for number in works:
        raw = quote(number, safe="")
        manifest = old.json(f"/presentation/3/{raw}/manifest")
        tags = [tag["id"] for tag in old.json(f"/api/v1/works/{raw}").get("tags", [])]
        kinds.append(list(of_work(number, manifest, tags)))
    kinds += [list(pixels(name, chance)) for name in images]
    rest = [question for kind in kinds for question in kind]
    chance.shuffle(rest)
    found += rest[: max(wanted - len(found), 0)]
    while images and len(found) < wanted:
        found += list(pixels(chance.choice(images), chance, 20))
    return images, works, found


def following(old, question, found):
    """What an answer leads to: the same again by its tag, a part of it by `If-Range`, its next page."""
    headers = dict(found[1])
    method, path, asked = question[:3]
    if method != "GET" or found[0] != 200:
        return
    if tag := headers.get("etag"):
        yield method, path, asked | {"If-None-Match": tag}
        yield method, path, asked | {"If-None-Match": f'W/{tag}, "x"'}
        yield method, path, asked | {"If-Match": '"x"'}
        yield method, path, asked | {"If-Range": tag, "Range": "bytes=0-9"}
    if path.startswith("/api/v1/works?") and "json" in headers.get("content-type", ""):
        following_page = json.loads(found[2]).get("next") if "content-encoding" not in headers else None
        if isinstance(following_page, str):
            parts = urlsplit(following_page)
            yield get(f"{parts.path}?{parts.query}")


def shown(question):
    return " ".join([question[0], question[1][:200], *(f"{name}={value}" for name, value in question[2].items())])


def difference(one, other):
    """What two answers differ in, in a line; nothing where they do not."""
    if one[0] != other[0]:
        return f"status {one[0]} and {other[0]}: {one[2][:200]!r} and {other[2][:200]!r}"
    if one[1] != other[1]:
        return f"headers {sorted(set(one[1]) - set(other[1]))} and {sorted(set(other[1]) - set(one[1]))}"
    if one[2] != other[2]:
        at = next((at for at, (a, b) in enumerate(zip(one[2], other[2])) if a != b), min(len(one[2]), len(other[2])))
        parts = [text[max(at - 30, 0): at + 50] for text in (one[2], other[2])]
        return f"bytes from {at} of {len(one[2])} and {len(other[2])}: {parts[0]!r} and {parts[1]!r}"
    return None


def contents(folder):
    """Every file below a folder with its digest."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file() and ".tegl-unfinished" not in file.parts)
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def prepare(arguments, place):
    """The masters, and a home with catalogue and index for each build."""
    sample, first = place / "sample", Server(arguments.old, place / "old", [])
    first.home.mkdir()
    (first.home / "tegl.toml").write_text(SETTINGS)
    code, text = first.run("sample", str(sample), "--max-megapixels", str(arguments.megapixels))
    if code:
        sys.exit(f"no sample was painted:\n{text}")
    masters(place / "kinds")
    sources = [str(sample), str(place / "kinds"), *map(os.path.abspath, arguments.images)]
    records = [str(file) for file in sorted(sample.rglob("*.json*"))] + list(map(os.path.abspath, arguments.records))
    for file in records:
        code, text = first.run("ingest", *sources, "--records", file, "--json")
        if '"works"' not in text and '"read"' not in text:
            sys.exit(f"{file} was not read:\n{text}")
    first.sources = sources
    first.start()
    first.stop()
    second = place / "new"
    shutil.copytree(first.home, second, ignore=shutil.ignore_patterns("pyramids"))
    return first, Server(arguments.new, second, sources)


def compare_pyramids(old, new):
    """Makes both builds' pyramids; how many there are, and what differs."""
    for server in (old, new):
        code, text = server.run("ingest", *server.sources, "--json")
        (server.home / "ingest").write_text(text)
    one, other = contents(old.home / "pyramids"), contents(new.home / "pyramids")
    wrong = [f"pyramid {name} has only the old build" for name in sorted(one.keys() - other.keys())]
    wrong += [f"pyramid {name} has only the new build" for name in sorted(other.keys() - one.keys())]
    wrong += [f"pyramid {name} has other bytes" for name in sorted(one.keys() & other.keys()) if one[name] != other[name]]
    for name in one.keys() & other.keys():
        # The tags of files come from where they lie: what is one file has one tag.
        (new.home / "pyramids" / name).unlink()
        os.link(old.home / "pyramids" / name, new.home / "pyramids" / name)
    return len(one), wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", metavar="OLD_BINARY", type=os.path.abspath)
    parser.add_argument("new", metavar="NEW_BINARY", type=os.path.abspath)
    parser.add_argument("--addresses", type=int, default=500, help="how many addresses are asked for at least [500]")
    parser.add_argument("--images", action="append", default=[], metavar="FOLDER", help="more masters, below a folder")
    parser.add_argument("--records", action="append", default=[], metavar="FILE", help="more records, as `tegl ingest` reads")
    parser.add_argument("--megapixels", type=float, default=1.0, help="how large the sample's works are at most [1]")
    parser.add_argument("--seed", type=int, default=1, help="another seed asks for another choice of addresses [1]")
    parser.add_argument("--keep", action="store_true", help="leave what was made where it is, and say where")
    arguments = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="same-answers-"))
    servers = []
    try:
        servers = prepare(arguments, place)
        return compare(arguments, *servers)
    finally:
        for server in servers:
            server.stop()
        if arguments.keep:
            print(f"everything is in {place}")
        else:
            shutil.rmtree(place, ignore_errors=True)


def compare(arguments, old, new):
    pyramids, wrong = compare_pyramids(old, new)
    print(f"{pyramids} pyramids, {len(wrong)} differ", flush=True)
    old.start()
    new.start()
    chance = random.Random(arguments.seed)
    images, works, asked = questions(old, identifiers(old.sources), chance, arguments.addresses)
    print(f"{len(images)} images, {len(works)} works", flush=True)
    statuses, count, kinds = {}, 0, set()
    for question in asked:
        found = old.answer(question)
        for question, one in [(question, found), *((q, old.answer(q)) for q in following(old, question, found))]:
            count += 1
            statuses[one[0]] = statuses.get(one[0], 0) + 1
            kinds.add(dict(one[1]).get("content-type", "").split(";")[0])
            if differs := difference(one, new.answer(question)):
                wrong.append(f"{shown(question)}: {differs}")
                print(wrong[-1], flush=True)
    later = contents(old.home / "pyramids"), contents(new.home / "pyramids")
    if later[0] != later[1]:
        wrong.append("pyramids that were made on demand differ")
    print(f"{len(asked)} addresses, {count} questions: statuses {dict(sorted(statuses.items()))}")
    print("media types: " + ", ".join(sorted(filter(None, kinds))))
    print("\n".join([f"{len(wrong)} differences", *wrong]))
    return 1 if wrong or count < arguments.addresses else 0


if __name__ == "__main__":
    sys.exit(main())
