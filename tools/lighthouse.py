"""Lighthouse's judgement of a chapter, served as tools/serve.py serves it; 1 is the best that there is.

python tools/lighthouse.py SITE    (make lighthouse)

Its network and telephone are simulated, its processor is the computer's own: another heavy program at the same time
costs points. So a run below the goals is repeated, twice at most, and the best one counts.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import serve

LIGHTHOUSE = "lighthouse@12.8.2"  # the last one that Debian 12's Node.js can run
PAGE = "book/ch03_conv2d.html"
GOALS = {"performance": 0.9, "accessibility": 0.95, "best-practices": 0.95, "seo": 0.9}
TIMES = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift")
RUNS = 3


def audit(url, options):
    """One run: what Lighthouse reports.

    Raises:
        RuntimeError: it could not be run.
    """
    command = ["npx", "--yes", LIGHTHOUSE, url, "--quiet", "--output=json", *options]
    command += ["--chrome-flags=--headless --no-sandbox"]
    environment = {"CHROME_PATH": "/usr/bin/chromium", **os.environ}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    if ran.returncode:
        raise RuntimeError(f"{LIGHTHOUSE} ended with {ran.returncode}:\n{ran.stderr}")
    return json.loads(ran.stdout)


def scores(report):
    return {name: report["categories"][name]["score"] for name in GOALS}


def reached(report):
    return all(score >= GOALS[name] for name, score in scores(report).items())


def best(url, options):
    """The best of some runs; the first that reaches the goals is enough."""
    reports = []
    while len(reports) < RUNS and not any(map(reached, reports)):
        reports.append(audit(url, options))
    return max(reports, key=lambda report: (reached(report), scores(report)["performance"]))


def main():
    parser = argparse.ArgumentParser(description="Lighthouse's judgement of a chapter of the built site.")
    parser.add_argument("site", type=Path, help="the folder of the built site")
    server = serve.server(parser.parse_args().site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    good = True
    for device, options in (("telephone", []), ("desktop", ["--preset=desktop"])):
        report = best(f"http://127.0.0.1:{server.server_port}/{PAGE}", options)
        found = ", ".join(f"{name} {score:.2f} (goal {GOALS[name]})" for name, score in scores(report).items())
        times = ", ".join(f"{name} {report['audits'][name]['displayValue']}" for name in TIMES)
        print(f"{PAGE}, {device}: {found}\n  {times}")
        good &= reached(report)
    server.shutdown()
    sys.exit(not good)


if __name__ == "__main__":
    main()
