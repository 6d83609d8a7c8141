"""Measures Vigie, ONNX Runtime and OpenVINO on the same model and descriptions: see ../model.sh."""

import argparse
import contextlib
import gc
import io
import json
import logging
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

import numpy as np

import onnx_graphs
import openvino_graphs
from model_file import Model

SIZES = ((64, 2), (128, 4))
BATCHES = (1, 8, 64)
PACKAGES = ("numpy", "onnx", "onnxruntime", "openvino", "nncf")
TOLERANCE = 1e-4


class Vigie:
    """A short process on the same core; the time is what it measures itself, without its start."""

    name = "vigie int8"

    def __init__(self, program, width, batch, milliseconds):
        self.command = [program, "bench", "model", "--json", "--width", str(width), "--batch", str(batch)]
        self.command += ["--milliseconds", str(milliseconds)]

    def measure(self):
        output = subprocess.run(self.command, check=True, capture_output=True).stdout
        self.report = json.loads(output)
        return self.report["configurations"][0]["median_microseconds"]


def seconds_per_call(run, seconds):
    """Of as many calls as take `seconds`: the median, each call timed by itself."""
    times = []
    clock = time.perf_counter
    end = clock() + seconds
    while True:
        start = clock()
        run()
        now = clock()
        times.append(now - start)
        if now >= end and len(times) >= 3:
            return statistics.median(times)


def check(model, batch, runners):
    """Float32 must be our float32 in log-odds; says how far each one is."""
    faults = {}
    for runner in runners:
        fault = float(np.abs(runner.logits() - model.logits[:batch]).max())
        faults[runner.name] = fault
        if "float32" in runner.name and not fault <= TOLERANCE:
            raise SystemExit(f"{runner.name}: {fault} off the reference's log-odds, {TOLERANCE} is allowed")
    return faults


def compare(model, layers, batch, arguments, folder):
    """All runtimes in turn, round after round."""
    # The quantisers show their progress on standard output.
    with contextlib.redirect_stdout(io.StringIO()):
        runners = onnx_graphs.runners(model, batch, folder) + openvino_graphs.runners(model, batch)
    faults = check(model, batch, runners)
    vigie = Vigie(arguments.program, model.width, batch, arguments.milliseconds)
    times = {runner.name: [] for runner in [vigie] + runners}
    gc.disable()
    for _ in range(arguments.rounds):
        times[vigie.name].append(vigie.measure())
        for runner in runners:
            seconds = seconds_per_call(runner.run, arguments.milliseconds / 1000)
            times[runner.name].append(seconds / batch * 1e6)
    gc.enable()
    medians = {name: statistics.median(values) for name, values in times.items()}
    return {
        "width": model.width,
        "layers": layers,
        "tokens": model.tokens,
        "batch": batch,
        "microseconds_per_transaction": medians,
        "off_reference_log_odds": faults,
        "fraction_of_int8_peak": vigie.report["configurations"][0]["fraction_of_int8_peak"],
        "kernels": vigie.report["kernels"],
        "result_hash": vigie.report["configurations"][0]["result_hash"],
    }


def add_ratios(results):
    """A peer's time at a batch is its best one up to that batch: it may be handed smaller ones in turn."""
    best = {}
    for result in results:
        times = result["microseconds_per_transaction"]
        own = times[Vigie.name]
        fastest = best.setdefault((result["width"], result["layers"]), {})
        for name, microseconds in times.items():
            kind = " ".join(name.split()[:2])
            fastest[kind] = min(microseconds, fastest.get(kind, microseconds))
        peers = {kind: value for kind, value in fastest.items() if kind != Vigie.name}
        result["peer_over_vigie"] = {kind: value / own for kind, value in peers.items()}
        result["best_peer"] = min(peers, key=peers.get)
        result["best_peer_over_vigie"] = min(peers.values()) / own


def table(report):
    lines = ["  ".join(f"{name} {version}" for name, version in report["packages"].items())]
    lines.append(f"{report['processor']}, one core; microseconds a transaction, median of rounds")
    for result in report["configurations"]:
        lines.append("")
        lines.append(
            f"width {result['width']}, {result['layers']} layers, {result['tokens']} phrases, "
            f"batch {result['batch']}:"
        )
        times = sorted(result["microseconds_per_transaction"].items(), key=lambda item: item[1])
        own = result["microseconds_per_transaction"][Vigie.name]
        for name, microseconds in times:
            fault = result["off_reference_log_odds"].get(name)
            suffix = "" if fault is None else f"   off by {fault:.1e}"
            lines.append(f"  {name:38} {microseconds:9.1f}  {microseconds / own:6.2f} ×{suffix}")
        ratio = result["best_peer_over_vigie"]
        lines.append(f"  best peer over vigie: {ratio:.2f} ({result['best_peer']})")
    return "\n".join(lines)


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def versions():
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, help="the vigie to measure")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--milliseconds", type=int, default=40, help="of each runtime in each round")
    parser.add_argument("--width", type=int, action="append", help="only this width")
    parser.add_argument("--batch", type=int, action="append", help="only this batch")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    report = {
        "benchmark": "peers/model",
        "command": "Benchmarks/peers/model.sh " + " ".join(sys.argv[3:]),
        "processor": processor(),
        "cores_used": len(os.sched_getaffinity(0)),
        "packages": versions(),
        "configurations": [],
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [arguments.program, "bench", "model", "--export", name]
        subprocess.run(command, check=True)
        for width, layers in SIZES:
            if arguments.width and width not in arguments.width:
                continue
            model = Model(name, width, layers)
            for batch in BATCHES:
                if not arguments.batch or batch in arguments.batch:
                    report["configurations"].append(compare(model, layers, batch, arguments, folder))
    add_ratios(report["configurations"])
    print(json.dumps(report, indent=2) if arguments.json else table(report))


if __name__ == "__main__":
    main()
