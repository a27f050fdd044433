"""Changes to the code of the page that must stop its build."""

MISTAKES = [
    ("by_planes = b0 + sum(", "by_planes = 2 * b0 + sum("),
    ("out[n, f, i, j] += w[f, c, k, l] * seen", "out[n, f, i, j] -= w[f, c, k, l] * seen"),
    ("out[n, f, i, j] = np.sum(w[f] * window) + b[f]", "out[n, f, i, j] = np.sum(w[f] * window)"),
    ("out += w[:, :, k, l] @ shifted", "out = w[:, :, k, l] @ shifted"),
    ("db[f] += dout[n, f, i, j]", "db[f] = dout[n, f, i, j]"),
    ("return dout.sum(axis=(0, 2, 3))", "return dout.mean(axis=(0, 2, 3))"),
    ("return dout.sum(axis=(0, 2, 3))", "return -dout.sum(axis=(0, 2, 3))"),
    ("dw[f, c, k, l] += dout[n, f, i, j] *", "dw[f, c, k, l] -= dout[n, f, i, j] *"),
    ("dw[f, c, k, l] += dout[n, f, i, j] *", "dw[f, c, k, l] = dout[n, f, i, j] *"),
    ("dw[f, c] += conv(x_pad[n, c], dout[n, f])", "dw[f, c] = conv(x_pad[n, c], dout[n, f])"),
    ('"nfij,ncijkl->fckl", dout', '"nfij,ncijkl->fckl", -dout'),
    ("dx[n, c, r, s] += dout[n, :, i, j] @", "dx[n, c, r, s] -= dout[n, :, i, j] @"),
    ("i, j = r + padding - k, s + padding - l", "i, j = r + padding + k, s + padding + l"),
    ("+= dout[n, f, i, j] * w[f]", "= dout[n, f, i, j] * w[f]"),
    ("w.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]", "w.transpose(1, 0, 2, 3)"),
    ("w.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]", "w.transpose(1, 0, 2, 3)[::-1, ::-1, ::-1, ::-1]"),
    ("c * length + i + k] = w[f, c, k]", "c * length + i + k] = -w[f, c, k]"),
]
