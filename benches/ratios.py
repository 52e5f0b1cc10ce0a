#!/usr/bin/env python3
"""Prints the side-by-side run as one Markdown table: ratios.py ROWS.jsonl QUALITY.jsonl"""
import json
import os
import sys

SCENARIOS = {
    "hot": "64 tiles, again and again",
    "cold": "every tile once, in random order, server just started",
    "zoom": "viewer sessions",
    "info": "info.json",
    "crop": "random region to 512 px",
    "thumb": "full to 400 px",
    "deriv": "full to 2,000 px",
}
PEERS = {"static": "nginx, static tiles", "iipsrv": "iipsrv (Debian)", "node_file": "sharp behind Node"}


def lines(path):
    return [json.loads(line) for line in open(path)] if os.path.exists(path) else []


def figure(value):
    return "–" if value is None else f"{value:.3f}" if value < 10 else f"{value:.1f}"


def ratio(ours, theirs):
    return f"{ours / theirs:.2f}×" if ours and theirs else "–"


def main():
    rows = lines(sys.argv[1])
    cpu = {(r["name"], r["scenario"]): r["cpu_ms_per_req"] for r in rows if r.get("requests")}
    own = {r["scenario"]: r for r in rows if r["name"] == "tegl" and r.get("requests")}

    print("CPU milliseconds a request, all processes of the server; Tegl's ratio to nginx and iipsrv: less is better.\n")
    print("| requests | " + " | ".join(PEERS.values()) + " | **Tegl** | ÷ nginx | ÷ iipsrv | Tegl req/s | p99 ms | errors |")
    print("|---|" + "--:|" * (len(PEERS) + 6))
    for scenario, words in SCENARIOS.items():
        ours, row = cpu.get(("tegl", scenario)), own.get(scenario, {})
        cells = [figure(cpu.get((peer, scenario))) for peer in PEERS]
        cells += [figure(ours), ratio(ours, cpu.get(("static", scenario))), ratio(ours, cpu.get(("iipsrv", scenario)))]
        cells += [str(row.get(key, "–")) for key in ("req_s", "p99_ms", "errors")]
        print(f"| {words} | " + " | ".join(cells) + " |")

    print("\n| | " + " | ".join([*PEERS.values(), "**Tegl**"]) + " |\n|---|" + "--:|" * (len(PEERS) + 1))
    names = [*PEERS, "tegl"]
    peaks = [max((r["peak_rss_mib"] for r in rows if r["name"] == name and r.get("requests")), default=None) for name in names]
    print("| peak RSS, MiB | " + " | ".join(figure(peak) for peak in peaks) + " |")
    measured = {(r["name"], r["case"]): r.get("psnr_rgb") for r in lines(sys.argv[2])}
    for case in sorted({case for _, case in measured if case.startswith("crop 0") or case.startswith("full")}):
        print(f"| PSNR of {case}, dB | " + " | ".join(figure(measured.get((name, case))) for name in names) + " |")

    unsure = sorted({f"{r['name']} {r['scenario']}" for r in rows if r.get("cpu_bias", 0) > 0.1})
    busy = max((r["other_cpu"] for r in rows if r.get("requests")), default=0)
    print(f"\nOther work on the machine took up to {busy:.2f} cores meanwhile." + (f" Few requests, so rough: {', '.join(unsure)}." if unsure else ""))
    failed = [f"{r['name']} {r['scenario']}: {r['failed']}" for r in rows if "failed" in r]
    print("".join(f"\nFailed: {line}" for line in failed), end="")


main()
