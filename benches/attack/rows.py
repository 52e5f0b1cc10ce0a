"""Attacks on memory, time, connections and the store. Each row yields (what, measured, goal, whether it was met)."""
import itertools
import os
import random
import time

import clients
import masters
import rig
from rig import Store, Tegl, scaled

# What may be kept beside the renderings' budget (work.memory_mib), by default: answers, indexes, decoded masters.
BUDGET_MIB, CACHES_MIB, CONNECTION_MIB = 512, 128 + 64 + 256, 0.125
# Where a server takes more than this, the attack has shown what it was to show.
ENOUGH_MIB = 6000


def readers():
    """Slow readers of `full/max.tif` of 48 megapixels: peak of the resident set, and what stays."""
    folder = rig.home("readers")
    tegl = Tegl(folder, [masters.masters(folder + "/masters", a=(8000, 6000))])
    number = scaled(1500)
    idle = tegl.memory()
    crowd = clients.crowd(tegl.port, number, clients.request("/iiif/3/a.tif/full/max/0/default.tif"), receive_buffer=65536)
    slow = clients.SlowReaders(crowd, 16384)
    rig.eventually(lambda: tegl.memory() > ENOUGH_MIB, seconds=45, pause=0.1)
    peak, answers = tegl.memory("VmHWM"), tegl.get("/iiif/3/a.tif/info.json", timeout=5)[0]
    slow.stop()
    clients.close(crowd)
    time.sleep(10)
    goal = BUDGET_MIB + CACHES_MIB + CONNECTION_MIB * number
    yield f"{number} readers at 16 KiB/s", f"peak {peak:.0f} MiB (idle {idle:.0f}); {slow.read >> 20} MiB read, {slow.ended} ended", f"≤ {goal:.0f} MiB", peak <= goal
    yield "10 s after they left", f"{tegl.memory():.0f} MiB", f"≤ {idle + CACHES_MIB:.0f} MiB", tegl.memory() <= idle + CACHES_MIB
    yield "info.json meanwhile", f"status {answers}", "200", answers == 200
    tegl.stop()


def busy_afterwards(tegl, most=60):
    """Processor seconds that are used from now until half a second is idle."""
    began, last, quiet = tegl.cpu(), tegl.cpu(), 0
    until = time.monotonic() + most
    while quiet < 5 and time.monotonic() < until:
        time.sleep(0.1)
        now = tegl.cpu()
        quiet, last = (quiet + 1 if now - last <= 0.01 else 0), now
    return last - began


def leavers():
    """300 askers of `full/max` of 300 megapixels leave: processor time used for them afterwards."""
    folder = rig.home("leavers")
    tegl = Tegl(folder, [masters.masters(folder + "/masters", a=(20000, 15000), b=(20000, 15000))])
    number, formats = scaled(300), ["jpg", "png", "tif"]
    alone = time.monotonic()
    first_byte(tegl, "/iiif/3/b.tif/full/max/0/default.jpg", timeout=60)
    most = 2 + 2 * (time.monotonic() - alone)
    time.sleep(1)
    for each in ([f] for f in formats) if os.environ.get("EACH") else [formats]:
        crowd = clients.crowd(tegl.port, number, lambda n: clients.request(f"/iiif/3/a.tif/full/max/0/default.{each[n % len(each)]}"))
        time.sleep(5)
        clients.close(crowd)
        began = time.monotonic()
        status, tried, refused = 0, 0, 0
        while status != 200 and time.monotonic() - began < 60:
            status, tried = first_byte(tegl, "/iiif/3/b.tif/full/max/0/default.jpg"), tried + 1
            refused += status == 503
            time.sleep(0.2 if status != 200 else 0)
        waited, used = time.monotonic() - began, busy_afterwards(tegl)
        what = "/".join(each)
        yield f"{number} askers of {what} leave: another large request", f"answered after {waited:.1f} s, {refused} refused", f"≤ {most:.1f} s (2 s and twice alone)", waited <= most
        crowd = clients.crowd(tegl.port, number, lambda n: clients.request(f"/iiif/3/a.tif/full/max/0/default.{each[n % len(each)]}"))
        time.sleep(5)
        clients.close(crowd)
        used = busy_afterwards(tegl)
        yield f"{number} askers of {what} leave: processor time afterwards", f"{used:.1f} s", "≤ 1 s", used <= 1
    tegl.stop()


def first_byte(tegl, path, timeout=15):
    """The status, as soon as the head is there; 0 without one."""
    import http.client
    connection = http.client.HTTPConnection(rig.HOST, tegl.port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status if answer.read(1) else 0
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def hot_paths(names, side=512, across=6):
    tiles = [(x * side, y * side) for y in range(across) for x in range(across)]
    return [f"/iiif/3/{name}.tif/{x},{y},{side},{side}/{side},/0/default.jpg" for name in names for x, y in tiles]


def black_hole():
    """Hits while the store accepts connections and never answers: median and p99, against alone."""
    folder = rig.home("hole")
    store = Store(masters.masters(folder + "/masters", **{f"m{n}": (8000, 6000) for n in range(4)}))
    tegl = Tegl(folder, [store.url], {"TEGL__MASTERS__REVALIDATE_S": "2"})
    names = [f"m{n}" for n in range(4)]
    for what, paths in (("tiles", hot_paths(names)), ("info.json", [f"/iiif/3/{n}.tif/info.json" for n in names]),
                        ("renderings", [f"/iiif/3/{n}.tif/full/{w},/0/default.jpg" for n in names for w in (300, 400)])):
        store.tell(mode="ok")
        clients.closed_loop(tegl.port, iter(paths), 4, 60)
        alone = clients.closed_loop(tegl.port, paths, 4, 4)
        store.tell(mode="hole")
        time.sleep(3)
        hole = clients.closed_loop(tegl.port, paths, 4, 10)
        before, after = (clients.percentile(a.good(), 0.5) * 1000 for a in (alone, hole))
        late = clients.percentile([took for _, took, _ in hole.all], 0.99) * 1000
        measured = f"median {after:.1f} ms (alone {before:.1f}), p99 {late:.0f} ms, {hole.share():.0%} answered {hole.statuses()}"
        yield f"hits of {what}", measured, "median ≤ 2x alone, all answered", after <= max(2 * before, before + 1) and hole.share() > 0.999
    tegl.stop()
    store.stop()


def outage():
    """Requests that the store gets for each miss while it answers 503."""
    folder = rig.home("outage")
    store = Store(masters.masters(folder + "/masters", **{f"m{n}": (8000, 6000) for n in range(40)}))
    tegl = Tegl(folder, [store.url])
    for n in range(20):
        tegl.get(f"/iiif/3/m{n}.tif/info.json")
    store.tell(mode="error")
    for what, names in (("tiles of opened masters", range(20)), ("regions of opened masters", range(20)),
                         ("masters not opened yet", range(20, 40)), ("masters that are not there", range(40, 60))):
        paths = [f"/iiif/3/m{n}.tif/{x * 512},2048,512,512/512,/0/default.jpg" for n in names for x in range(4)]
        if what.startswith("regions"):
            paths = [f"/iiif/3/m{n}.tif/{x * 500 + 7},999,1500,1500/1500,/0/default.jpg" for n in names for x in range(4)]
        store.tell(reset=1)
        got = clients.closed_loop(tegl.port, iter(paths), 8, 120)
        each = store.tell()["requests"] / len(paths)
        bad = [s for s in got.statuses() if s not in (502, 503, 504)]
        yield f"misses, {what}", f"{each:.2f} store requests each; {got.statuses()}", "≤ 2.2, 502 to 504", each <= 2.2 and not bad
    store.tell(mode="ok")
    time.sleep(2)
    healed = clients.closed_loop(tegl.port, iter(hot_paths(["m0", "m30"], across=3)), 4, 30)
    yield "2 s after it", f"{healed.share():.0%} answered {healed.statuses()}", "100 %", healed.share() == 1
    tegl.stop()
    store.stop()


def one_object():
    """One object of the store fails, or is never answered, and is asked for all the time: the others."""
    folder = rig.home("object")
    store = Store(masters.masters(folder + "/masters", **{n: (8000, 6000) for n in ("bad", *(f"m{k}" for k in range(8)))}))
    for mode in ("error", "hole", "refuse"):
        tegl = Tegl(folder, [store.url], {"TEGL__STORE__TIMEOUT_MS": "1000", "TEGL__STORE__DEADLINE_MS": "2000"})
        store.tell(mode=mode, only="bad")
        bad = [f"/iiif/3/bad.tif/{x * 512},0,512,512/512,/0/default.jpg" for x in range(12)]
        good = iter([path for k in range(8) for path in hot_paths([f"m{k}"], across=10)] * 2)
        _, others = clients.together([lambda: clients.closed_loop(tegl.port, bad, 16, 8), lambda: time.sleep(3) or clients.closed_loop(tegl.port, good, 4, 5)])
        yield f"others while one object answers with {mode}", f"{others.share():.1%} answered {others.statuses()}", "100 %", others.share() >= 0.999
        tegl.stop()
    store.stop()


def newcomers():
    """A newcomer while 10,000 idle connections, or 8,300 unfinished bodies, hang; from one address and from many."""
    folder = rig.home("newcomers")
    source = masters.masters(folder + "/masters", a=(8000, 6000))
    post = clients.request("/api/v1/works/X/tags", "POST", "Content-Length: 10\r\nContent-Type: application/json\r\n", b"{")
    many = [f"127.0.{n // 200 + 1}.{n % 200 + 10}" for n in range(1000)]
    for what, number, sent in (("idle connections", scaled(10000), clients.request("/health/live")), ("silent connections", scaled(10000), b""),
                               ("unfinished bodies", scaled(8300), post),
                               ("unfinished heads", scaled(8300), b"GET / HTTP/1.1\r\nHost: x\r\n")):
        for where, sources in (("one address", ["127.0.0.66"]), ("1,000 addresses", many)):
            tegl = Tegl(folder, [source])
            crowd = clients.crowd(tegl.port, number, sent, sources)
            waits, began = [], time.monotonic()
            while time.monotonic() - began < 30:
                at = time.monotonic()
                status = tegl.get("/iiif/3/a.tif/info.json", timeout=5)[0]
                waits.append(time.monotonic() - at if status == 200 else 99)
                time.sleep(0.5)
            clients.close(crowd)
            tegl.stop()
            none = sum(wait == 99 for wait in waits)
            longest = max((w for w in waits if w < 99), default=float("nan"))
            measured = f"{len(waits) - none} of {len(waits)} answered within 5 s, the slowest after {longest:.2f} s"
            yield f"{number} {what}, {where}", measured, "all within 1 s", none == 0 and longest <= 1


def renderings(name="a", width=20000, height=15000, side=900):
    """Paths of distinct regions, without end."""
    dice = random.Random(11)
    for n in itertools.count():
        x, y = dice.randrange(width - side), dice.randrange(height - side)
        yield f"/iiif/3/{name}.tif/{x},{y},{side},{side}/{side - n % 7},/0/default.jpg"


def overload():
    """Ten times the capacity over an HTTP store with 20 ms a request: goodput, descriptors, refusals."""
    folder = rig.home("overload")
    source = masters.masters(folder + "/masters", a=(20000, 15000))
    store, paths = Store(source, delay_ms=20), renderings()
    tegl = Tegl(folder, [store.url])
    clients.closed_loop(tegl.port, itertools.islice(paths, 8), 2, 30)
    alone = clients.closed_loop(tegl.port, itertools.islice(paths, 10**6), 8, 15)
    capacity = len(alone.good()) / alone.seconds
    store.tell(reset=1)
    files = clients.Sampler(tegl.descriptors)
    hit = clients.open_loop(tegl.port, paths, capacity * 10 * SCALE_OR_ONE, 20)
    most, sockets = files.stop(), store.tell()["most_open"]
    share = len(hit.good()) / 20 / capacity
    refusals = [(took, headers) for status, took, headers in hit.all if status == 503]
    late = clients.percentile([took for took, _ in refusals], 0.99)
    told = sum(bool(headers.get("Retry-After")) for _, headers in refusals)
    yield f"goodput at 10x of {capacity:.0f}/s", f"{share:.0%} of capacity; {hit.statuses()}", "≥ 80 %", share >= 0.8
    yield "descriptors", f"{most} ({sockets} connections to the store)", "≤ 2,000", most <= 2000
    yield "refusals", f"{told} of {len(refusals)} with Retry-After, p99 {late:.1f} s", "all with Retry-After", told == len(refusals)
    files = clients.Sampler(tegl.descriptors)
    store.tell(reset=1)
    left, until = 0, time.monotonic() + 10
    while time.monotonic() < until:
        crowd = clients.crowd(tegl.port, 200, lambda _: clients.request(next(paths)))
        time.sleep(0.3)
        clients.close(crowd)
        left += 200
    most = files.stop()
    used = busy_afterwards(tegl)
    yield f"200 clients that leave after 0.3 s, {left} in all", f"{most} descriptors, {used:.1f} CPU s afterwards", "≤ 2,000; ≤ 2 s", most <= 2000 and used <= 2
    tegl.stop()
    tegl = Tegl(folder, [store.url], descriptors=1024)
    clients.open_loop(tegl.port, paths, capacity * 10 * SCALE_OR_ONE, 10)
    status = tegl.get("/iiif/3/a.tif/info.json", timeout=5)[0]
    failed = open(tegl.log).read().count("Too many open files")
    yield "10x with a limit of 1,024 descriptors", f"then status {status}; «Too many open files» {failed} times in the log", "200, 0 times", status == 200 and not failed
    tegl.stop()
    store.stop()


SCALE_OR_ONE = min(1, rig.SCALE)


def bombs():
    """24 files at once that cost far more to decode than to send: peak of the resident set, processor time."""
    made = masters.bombs()
    size = lambda name: "max" if name.startswith(("profile", "strip")) else "400,"
    runs = {**{name: [name] for name in made}, "all kinds": list(made)}
    for what, names in runs.items():
        folder = rig.home("bombs")
        os.makedirs(folder + "/masters")
        copies = []
        for n in range(24):
            stem, kind = names[n % len(names)].split(".")
            copies.append(f"{stem}{n}.{kind}")
            with open(f"{folder}/masters/{copies[-1]}", "wb") as file:
                file.write(made[names[n % len(names)]])
        tegl = Tegl(folder, [folder + "/masters"])
        idle, began = tegl.memory(), tegl.cpu()
        got = clients.together([lambda c=c: clients.ask(tegl.port, f"/iiif/3/{c}/full/{size(c)}/0/default.jpg", 60)[0] for c in copies])
        statuses = {s: got.count(s) for s in sorted(set(got))}
        used = tegl.cpu() - began + busy_afterwards(tegl, 30)
        peak, goal = tegl.memory("VmHWM") - idle, BUDGET_MIB
        yield f"24 of {what}", f"{peak:.0f} MiB above idle, {used:.1f} CPU s, {statuses}", f"≤ {goal} MiB", peak <= goal
        tegl.stop()


ROWS = {"readers": readers, "leavers": leavers, "hole": black_hole, "outage": outage, "object": one_object, "newcomers": newcomers, "overload": overload, "bombs": bombs}
