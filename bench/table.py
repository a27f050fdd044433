"""Rows of results as Markdown, and their geometric means."""

from math import exp, log


def geometric_mean(values):
    values = list(values)
    return exp(sum(map(log, values)) / len(values))


def summary(rows):
    """(kind, dtype, threads) → geometric means of ours / PyTorch: forward, backward and both together."""
    keys = sorted({(row["kind"], row["dtype"], row["threads"]) for row in rows}, reverse=True)
    means = []
    for key in keys:
        chosen = [row for row in rows if (row["kind"], row["dtype"], row["threads"]) == key]
        ratios = {
            f"{part}_ratio": geometric_mean(row[f"{part}_ratio"] for row in chosen)
            for part in ("forward", "backward", "total")
        }
        means.append({"kind": key[0], "dtype": key[1], "threads": key[2], "cases": len(chosen), **ratios})
    return means


def markdown(rows):
    """The whole table, times in milliseconds, memory in MiB, ratios ours / PyTorch."""
    lines = [
        "| layer | batch | dtype | threads | algorithm | forward ms | PyTorch | backward ms | PyTorch | "
        "memory MiB | PyTorch | forward | backward | both |",
        "|---|--:|---|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        ours, torch = row["ours"], row["torch"]
        times = [f"{1e3 * library[part]:.2f}" for part in ("forward", "backward") for library in (ours, torch)]
        memory = ["–" if m["memory"] is None else f"{m['memory'] / 2**20:.1f}" for m in (ours, torch)]
        ratios = [f"{row[f'{part}_ratio']:.2f}" for part in ("forward", "backward", "total")]
        cells = [row["layer"], row["batch"], row["dtype"], row["threads"], row["algorithm"], *times, *memory, *ratios]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    lines += ["", "Geometric means of time, ours / PyTorch:", ""]
    lines += ["| layers | dtype | threads | cases | forward | backward | both |", "|---|---|--:|--:|--:|--:|--:|"]
    for mean in summary(rows):
        ratios = [f"{mean[f'{part}_ratio']:.2f}" for part in ("forward", "backward", "total")]
        lines.append(
            f"| {mean['kind']} | {mean['dtype']} | {mean['threads']} | {mean['cases']} | {' | '.join(ratios)} |"
        )
    return "\n".join(lines) + "\n"
