"""Command line: measure, print the table, write table.md, results.json and the plots."""

import argparse
import json
import os
import platform
import time
from pathlib import Path

#: What the page "How fast, and why" shows: results by number of threads.
BOOK = Path(__file__).parents[1] / "book/bench.json"


def arguments(argv=None):
    parser = argparse.ArgumentParser(prog="python -m bench", description="`solutions` beside PyTorch on the CPU.")
    parser.add_argument("--quick", action="store_true", help="batch of 1 and few repeats: less than a minute")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="for both libraries (default: all cores)")
    parser.add_argument("--dtype", choices=["float32", "float64"], nargs="+", default=["float32", "float64"])
    parser.add_argument("--batch", type=int, nargs="+", help="batch sizes (default: 1 8 32, quick: 1)")
    parser.add_argument("--layer", default="", help="only layers whose kind or name contains this")
    parser.add_argument("--repeats", type=int, help="timed turns for each case (default: 9, quick: 3)")
    parser.add_argument("--cpu-time", action="store_true", help="count processor time, for a busy machine, one thread")
    parser.add_argument("--no-scaling", action="store_true", help="leave out the growth and crossing plots")
    parser.add_argument("--out", type=Path, default=Path("_build/bench"), help="folder (default: _build/bench)")
    parser.add_argument("--book", action="store_true", help="also into book/bench.json, for the book's page")
    options = parser.parse_args(argv)
    if options.threads < 1:
        parser.error(f"--threads: expected at least 1, got {options.threads}")
    if options.cpu_time and options.threads != 1:
        parser.error(f"--cpu-time: expected --threads 1, got {options.threads}; more threads share the time out")
    options.batch = options.batch or ([1] if options.quick else [1, 8, 32])
    options.repeats = options.repeats or (3 if options.quick else 9)
    return options


def limit_threads(count):
    """Before NumPy and torch are loaded, which read these once."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(count)


def measure(options):
    """One row of results for each layer, batch and dtype."""
    from .layers import LAYERS, make
    from .measure import medians, peak_bytes

    clock = time.process_time if options.cpu_time else time.perf_counter
    for layer in LAYERS:
        if options.layer.lower() not in f"{layer.kind} {layer.name}".lower():
            continue
        for dtype in options.dtype:
            for batch in options.batch:
                case = make(layer, batch, dtype)
                functions = (case.forward, case.backward, case.torch_forward, case.torch_backward)
                seconds = medians(functions, options.repeats, 1 if options.quick else 8, clock)
                memory = (
                    peak_bytes(lambda case=case: (case.forward(), case.backward())),
                    peak_bytes(lambda case=case: (case.torch_forward(), case.torch_backward())),
                )
                yield row(case, options.threads, seconds, memory)


def row(case, threads, seconds, memory):
    forward, backward, torch_forward, torch_backward = seconds
    return {
        "kind": case.layer.kind, "layer": case.layer.name, "batch": case.batch, "dtype": case.dtype,
        "threads": threads, "algorithm": case.algorithm,
        "ours": {"forward": forward, "backward": backward, "memory": memory[0]},
        "torch": {"forward": torch_forward, "backward": torch_backward, "memory": memory[1]},
        "forward_ratio": forward / torch_forward, "backward_ratio": backward / torch_backward,
        "total_ratio": (forward + backward) / (torch_forward + torch_backward),
    }  # fmt: skip


def main(argv=None):
    options = arguments(argv)
    limit_threads(options.threads)
    import numpy as np
    import torch

    from . import plots, scaling, table

    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for result in measure(options):
        rows.append(result)
        print(f"{result['layer']:28} {result['batch']:3} {result['dtype']} {result['algorithm']:10}"
              f" ours / PyTorch {result['total_ratio']:.2f}", flush=True)  # fmt: skip
    if not rows:
        raise SystemExit(f"--layer: expected part of a layer's kind or name, got {options.layer!r}")
    text = table.markdown(rows)
    results = {
        "machine": platform.processor() or platform.machine(), "cores": os.cpu_count(), "threads": options.threads,
        "clock": "processor" if options.cpu_time else "wall",
        "numpy": np.__version__, "torch": torch.__version__, "rows": rows, "summary": table.summary(rows),
    }  # fmt: skip
    plots.ratios(rows, options.out / "ratios.svg")
    if not options.no_scaling:
        results["exponents"], results["crossings"] = scaling.exponents(options.quick), scaling.crossings(options.quick)
        plots.exponents(results["exponents"], options.out / "exponents.svg")
        plots.crossings(results["crossings"], options.out / "crossings.svg")
    (options.out / "table.md").write_text(text, encoding="utf-8")
    (options.out / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    if options.book:
        keep(results, BOOK)
    print("\n" + text)


def keep(results, file):
    """Put the results into `file`, in place of earlier ones with as many threads."""
    runs = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    runs[str(results["threads"])] = rounded(results)
    file.write_text(json.dumps(runs, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")


def rounded(value):
    """The results with four digits, which is more than a second run would repeat."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(one) for one in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
