#!/usr/bin/env python3
"""hecate against the floor: CPU time of the whole chain divided by that of libdeflate alone.

    bench/floor.py [--events N] [--runs N] [--lines FILE ...] [--config FILE]

Generates archives of every format, checks that hecate reads exactly what was generated, and only then
times both, in turn, on the same files: one worker, null: destination, bodies not compressed. Prints a
ratio for each shape: the median over the pairs, with minimum and maximum. Whole processes are
measured, start-up included; the page cache is warm.
"""
import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHAPES = ["cloudwatch", "cloudwatch-export", "cloudtrail", "json-lines", "text"]


def cpu_seconds(command, stdin=None, env=None):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, input=stdin, env=env, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, done.stdout


class Shape:
    def __init__(self, name, folder, env, build):
        self.name, self.folder, self.env, self.build = name, folder, env, build
        self.files = "\n".join(str(p) for p in sorted(folder.rglob("*")) if p.suffix == ".gz").encode()

    def hecate(self, config):
        command = [self.build / "hecate", "backfill", self.folder, "--to", "null:", "--workers", "1",
                   "--gzip", "off", "--progress", "never", "--summary", "json"]
        if config:
            command += ["--config", config]
        seconds, out = cpu_seconds(command, env=self.env)
        return seconds, json.loads(out.decode().splitlines()[-1])

    def floor(self):
        seconds, out = cpu_seconds([self.build / "bench" / "bench_floor"], stdin=self.files)
        return seconds, int(out)

    def check(self, events, config):
        """Before anything is timed: hecate reads every event, and the floor every byte."""
        _, summary = self.hecate(config)
        assert summary["events_read"] == events, (self.name, summary, events)
        _, text_bytes = self.floor()
        # Objects that hold no gzip (a probe of export tasks) are not the floor's to read.
        assert 0 <= summary["bytes_uncompressed"] - text_bytes < 1000, (self.name, summary, text_bytes)
        return text_bytes

    def ratios(self, config, runs):
        return [self.hecate(config)[0] / self.floor()[0] for _ in range(runs)]


def generate(build, folder, name, events, lines):
    command = [build / "hecate", "generate", "--out", folder, "--format", name, "--events", str(events)]
    for path in lines:
        command += ["--lines", path]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["events"]


def measure(options):
    """Rows of (shape, text MB, ratios without rules, ratios with the rules of --config)."""
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        env = dict(os.environ, XDG_CACHE_HOME=f"{scratch}/cache", XDG_STATE_HOME=f"{scratch}/state")
        for name in options.shapes:
            folder = pathlib.Path(scratch) / name
            events = generate(options.build, folder, name, options.events, options.lines)
            shape = Shape(name, folder, env, options.build)
            shape.check(events, None)
            text_bytes = shape.check(events, options.config)
            rows.append((name, text_bytes / 1e6, shape.ratios(None, options.runs),
                         shape.ratios(options.config, options.runs)))
    return rows


def show(ratios):
    return f"{statistics.median(ratios):5.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--events", type=int, default=400_000, help="of each shape")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--lines", nargs="*", default=[], help="messages from these files")
    parser.add_argument("--config", default=str(ROOT / "examples" / "config" / "fifty-rules.yaml"))
    parser.add_argument("--shapes", nargs="*", default=SHAPES)
    options = parser.parse_args()
    print("hecate's CPU time / libdeflate's: median (min-max) of the pairs")
    print("| shape | text, MB | no rules | 50 rules |\n|---|---|---|---|")
    for name, megabytes, plain, ruled in measure(options):
        print(f"| {name} | {megabytes:.0f} | {show(plain)} | {show(ruled)} |", flush=True)


if __name__ == "__main__":
    main()
