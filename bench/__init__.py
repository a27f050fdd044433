"""Time and memory of `solutions` beside PyTorch on the CPU: `python -m bench --help`."""
