"""Attacks on the catalogue and on pages: a full disk, a database that stops, records that call elsewhere."""
import json
import os
import shutil
import subprocess
import time

import clients
import masters
import rig
from rig import Postgres, Tegl
from rows import hot_paths


def records(path, works):
    with open(path, "w") as file:
        file.writelines(json.dumps(work) + "\n" for work in works)
    return path


def collection(folder, number):
    """Masters and records of so many works, w0 and on."""
    names = [f"w{n}" for n in range(number)]
    source = masters.masters(folder + "/masters", **{name: (8000, 6000) for name in names})
    works = [{"object_number": n, "titles": n, "images": [{"file": n + ".tif"}], "public_domain": True} for n in names]
    return names, source, records(folder + "/records.jsonl", works)


def full_disk():
    """SQLite's disk is full, a write fails, space is freed: seconds until a write works."""
    folder = rig.home("disk")
    _, source, words = collection(folder, 2)
    os.makedirs(folder + "/small")
    settings = {"TEGL__CATALOGUE__URL": folder + "/small/catalogue.db"}
    rig.run(["ingest", source, "--records", words], folder, settings)
    shutil.move(folder + "/small", folder + "/kept")
    os.makedirs(folder + "/small")
    # A namespace of its own, so that nothing has to be unmounted and no rights are needed.
    before = f"mount -t tmpfs -o size=4m tmpfs {folder}/small && cp {folder}/kept/* {folder}/small/"
    tegl = Tegl(folder, [source], settings, before=before)
    inside = f"/proc/{tegl.pid}/root{folder}/small/filler"
    if not 200 <= tegl.tag("w0", "first") < 300:
        yield "full disk", "no namespaces here", "≤ 2 s", None
        return
    with open(inside, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    statuses = []
    for n in range(60):
        statuses.append(tegl.tag("w1", f"no room {n} " + "x" * 400))
        if len(statuses) > 20 and statuses[-1] >= 500:
            break
    reads = tegl.get("/api/v1/works/w0")[0]
    os.remove(inside)
    freed = time.monotonic()
    works = rig.eventually(lambda: 200 <= tegl.tag("w0", "room again") < 300, seconds=30)
    took = time.monotonic() - freed
    counted = {s: statuses.count(s) for s in sorted(set(statuses))}
    yield "reading while full", f"status {reads}; writes {counted}", "200", reads == 200
    yield "a write after space was freed", f"after {took:.1f} s" if works else "not within 30 s", "≤ 2 s", works and took <= 2
    tegl.stop()


def postgres_stops():
    """PostgreSQL stops right after one tag was accepted: hot tiles in the next 10 s."""
    database = Postgres.start()
    if database is None:
        yield "hot tiles", "PostgreSQL is not installed", "100 %, p99 ≤ 100 ms", None
        return
    folder = rig.home("postgres")
    names, source, words = collection(folder, 12)
    settings = {"TEGL__CATALOGUE__URL": database.url}
    rig.run(["ingest", source, "--records", words], folder, settings)
    tegl = Tegl(folder, [source], settings)
    paths = hot_paths(names)[:384]
    warm = clients.closed_loop(tegl.port, iter(paths), 4, 60)
    time.sleep(1)
    written = tegl.tag("w0", "just before")
    database.halt()
    hot = clients.closed_loop(tegl.port, paths, 4, 10)
    changed = [f"/iiif/3/w0.tif/{p.split('/', 4)[4]}" for p in paths[:8]]
    own = clients.closed_loop(tegl.port, changed, 1, 3)
    late = clients.percentile(hot.good(), 0.99) * 1000
    yield (f"hot tiles ({len(paths)} of 12 works, warm {warm.share():.0%}; tag {written})", f"{hot.share():.1%} answered, p99 {late:.0f} ms, {hot.statuses()}",
           "100 %, p99 ≤ 100 ms", hot.share() >= 0.999 and late <= 100)
    yield "tiles of the work that changed", f"{own.statuses()}", "no goal", True
    began = time.monotonic()
    status = tegl.tag("w1", "while it hangs", timeout=30)
    took = time.monotonic() - began
    database.go_on()
    rig.eventually(lambda: tegl.answers("/api/v1/works/w1/tags"), 15)
    time.sleep(3)
    held = b"while it hangs" in tegl.get("/api/v1/works/w1/tags")[2]
    yield "a POST meanwhile", f"status {status} after {took:.1f} s; {'written' if held else 'not written'} in the end", "an answer", status != 0
    database.stop()
    tegl.stop()


ELSEWHERE = "http://foreign.test"


def hostile(n):
    """A record each text of which asks another host, if it is shown as HTML."""
    away = f"{ELSEWHERE}/{n}"
    texts = [f'<img src="{away}/img">', f'&lt;img src="{away}/entity"&gt;', f'<b>bold</b> <img srcset="{away}/srcset 1x">', f'«<img src="{away}/quotes">»',
             f'<p style="background:url({away}/style)">p</p>', f'<img src="//foreign.test/{n}/relative">', f'<svg><image href="{away}/svg"/></svg>',
             f'<link rel="stylesheet" href="{away}/css">', f'<video poster="{away}/poster"></video>', f'<iframe src="{away}/frame"></iframe>',
             f'"><img src={away}/attribute>', f'<span><img src="{away}/span" alt="x"></span>', f'<a href="{away}/a"><img src="{away}/link"></a>']
    text = " ".join(texts)
    each = lambda k: texts[(n + k) % len(texts)]
    return {
        "object_number": f"h{n}", "images": [{"file": "a.tif", "label": {"en": each(0)}}], "titles": [{"text": {"en": f"Work {n} {each(1)}"}}],
        "creators": [{"name": f"Ann ⟨{each(2)}⟩ <{away}/angle> {each(3)}", "nationality": each(4), "role": each(5)}],
        "description": {"en": f"<p>{text}</p>", "da": text}, "credit_line": {"en": text}, "location": {"none": each(6)}, "department": {"en": each(7)},
        "object_type": [each(8)], "materials": [each(9)], "techniques": [each(10)], "inscriptions": [each(11)], "homepage": f"{away}/homepage",
        "rights": f"{away}/rights", "extra_metadata": [{"label": {"en": each(1)}, "value": {"en": text}}], "production": {"text": {"en": each(2)}},
        "tags": [{"scheme": "motif", "label": {"en": f"tag {each(3)}"}, "concept": f"{away}/concept"}], "related": [{"id": f"{away}/related", "label": {"en": each(4)}}],
    }


def foreign_requests():
    """Chromium opens every page over hostile records: requests to other hosts."""
    here = os.path.dirname(os.path.abspath(__file__))
    script = os.path.join(here, "foreign.mjs")
    modules = os.path.join(here, "../../tests/viewers/node_modules")
    if not os.path.exists(modules + "/playwright-core") or not shutil.which(os.environ.get("CHROMIUM", "chromium")):
        yield "requests to other hosts", "no Chromium, or no tests/viewers/node_modules", "0", None
        return
    folder = rig.home("foreign")
    source = masters.masters(folder + "/masters", a=(8000, 6000))
    plain = [{"object_number": f"h{n}", "titles": f"Work {n}", "images": [{"file": "a.tif"}]} for n in range(13)]
    done = rig.run(["ingest", source, "--records", records(folder + "/records.jsonl", map(hostile, range(13)))], folder)
    taken = json.loads(done.stdout) if done.stdout.startswith("{") else done.stderr.strip().splitlines()[-1:]
    tegl = Tegl(folder, [source])
    rig.eventually(lambda: tegl.answers("/works"), 10)
    pages = ["/", "/works", "/works?q=work", "/?q=work", "/view/openseadragon/a.tif", "/api/", "/nothing/here"]
    pages += [f"/works/{w['object_number']}" for w in plain] + [f"/view/mirador/h{n}" for n in range(13)]
    out = subprocess.run(["node", script, f"http://{rig.HOST}:{tegl.port}", *pages], capture_output=True, text=True)
    lines = [json.loads(line) for line in out.stdout.splitlines() if line.startswith("{")]
    asked = sum(line["foreign"] for line in lines)
    statuses = sorted({line["status"] for line in lines})
    for line in lines:
        if line["foreign"]:
            rig.say(f"    {line['page']}: {line['foreign']} {line['which'][:4]}")
    yield "requests to other hosts", f"{asked} on {len(lines)} of {len(pages)} pages (status {statuses}; {taken})", "0", asked == 0 and len(lines) == len(pages)
    tegl.stop()


ROWS = {"disk": full_disk, "postgres": postgres_stops, "foreign": foreign_requests}
