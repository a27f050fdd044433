"""The benchmark runs, writes what it promises, and computes its ratios right."""

import json
import math
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits

from bench import scaling, table
from bench.__main__ import arguments, keep
from bench.layers import LAYERS, make
from bench.measure import medians, peak_bytes, wait_for_threads


def test_the_layers_asked_for_are_there():
    names = " ".join(layer.name for layer in LAYERS)
    for word in ("LeNet", "11×11 s4", "5×5 groups 2", "64@56", "128@28", "256@14", "512@7", "7×7 s2", "3×3 s2",
                 "1×1", "depthwise", "dilated", "locally connected", "batch norm"):  # fmt: skip
        assert word in names
    assert arguments([]).batch == [1, 8, 32]


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if layer.size < 56], ids=lambda layer: layer.name)
def test_both_libraries_compute_the_same(layer):
    """Otherwise their times could not be compared. Tolerance: float64 sums in different order."""
    case = make(layer, 2, "float64")
    forward = case.forward()
    out = forward[0] if layer.kind == "batch norm" else forward
    expected = case.torch_forward().detach().numpy()
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-11 * np.abs(expected).max())
    for ours, theirs in zip(case.backward(), case.torch_backward(), strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=0, atol=1e-11 * theirs.abs().max().item())


def test_geometric_means():
    rows = [
        {"kind": "k", "dtype": "float32", "threads": 1, "forward_ratio": a, "backward_ratio": 1.0, "total_ratio": 2 * a}
        for a in (0.5, 2.0)
    ]
    (mean,) = table.summary(rows)
    assert mean["cases"] == 2
    assert math.isclose(mean["forward_ratio"], 1.0)
    assert math.isclose(mean["total_ratio"], 2.0)


@pytest.mark.parametrize("product", [np.matmul, torch.matmul])
def test_threads_that_still_spin_are_waited_for(product):
    """After a product the threads of either library wait actively for more work, on a core that others may need."""
    with threadpool_limits(2):
        a = np.ones((600, 600))
        product(*([a, a] if product is np.matmul else [torch.tensor(a)] * 2))
        wait_for_threads()
        before = time.process_time()
        time.sleep(0.05)
        assert time.process_time() - before < 0.004


def test_medians_take_turns_and_ignore_an_outlier():
    calls = []
    assert len(medians([lambda: calls.append("a"), lambda: calls.append("b")], repeats=3, seconds=9)) == 2
    assert "".join(calls) == "ab" + "aabb" * 3


def test_exponent_of_a_power_law():
    values = (1, 2, 4, 8, 16)
    assert math.isclose(scaling.fit(values, [3 * v**1.7 for v in values]), 1.7)


def test_peak_memory_is_seen():
    peak = peak_bytes(lambda: np.ones(4_000_000))
    if peak is None:
        pytest.skip("this system does not report peak memory")
    assert 30e6 < peak < 60e6


def test_the_book_keeps_one_run_for_each_number_of_threads(tmp_path):
    file = tmp_path / "bench.json"
    for threads, ratio in ((1, 0.123456), (2, 2), (1, 0.987654)):
        keep({"threads": threads, "rows": [{"total_ratio": ratio}]}, file)
    runs = json.loads(file.read_text())
    assert {threads: run["rows"][0]["total_ratio"] for threads, run in runs.items()} == {"1": 0.9877, "2": 2}


def test_no_threads_are_refused_before_anything_is_measured(capsys):
    with pytest.raises(SystemExit):
        arguments(["--threads", "0"])
    assert "--threads: expected at least 1, got 0" in capsys.readouterr().err


@pytest.mark.slow
def test_command_writes_table_results_and_plot(tmp_path):
    command = [sys.executable, "-m", "bench", "--quick", "--threads", "1", "--dtype", "float32", "--layer", "LeNet 5"]
    done = subprocess.run([*command, "--out", tmp_path], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    (row,) = results["rows"]
    ours, torch = row["ours"], row["torch"]
    ratio = (ours["forward"] + ours["backward"]) / (torch["forward"] + torch["backward"])
    assert math.isclose(row["total_ratio"], ratio)
    assert set(results["exponents"]) == set("NCFHK")
    assert "LeNet 5×5" in (tmp_path / "table.md").read_text()
    for name in ("ratios", "exponents", "crossings"):
        assert (tmp_path / f"{name}.svg").read_text().startswith("<?xml")


@pytest.mark.slow
def test_a_layer_that_does_not_exist(tmp_path):
    command = [sys.executable, "-m", "bench", "--quick", "--layer", "transformer", "--out", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert "transformer" in done.stderr
