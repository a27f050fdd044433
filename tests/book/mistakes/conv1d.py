"""Changes to the code of the page that must stop its build."""

MISTAKES = [
    ("return w * dout, dout @ x", "return w * dout, -dout @ x"),
    ("return w * dout, dout @ x", "return dout, dout @ x"),
    ("out[i] += w[k] * x_pad[i + k]", "out[i] -= w[k] * x_pad[i + k]"),
    ("dw[k] += dout[i] * x_pad[i + k]", "dw[k] -= dout[i] * x_pad[i + k]"),
    ("return forward(x, dout, padding)", "return forward(x, -dout, padding)"),
    ("dx[j] += dout[j + padding - k] * w[k]", "dx[j] -= dout[j + padding - k] * w[k]"),
    ("+= dout[i] * w", "= dout[i] * w"),
    ("return forward(dout, w[::-1], more)", "return forward(dout, w, more)"),
    ("dout, more = dout[-more:more], 0", "more = 0"),
    ("T[i, i : i + len(w)] = w", "T[i, i : i + len(w)] = -w"),
    ("return dout * (x > 0)", "return dout * (x < 0)"),
    ("dx[np.argmax(x)] = dout", "dx[np.argmin(x)] = dout"),
    ("rows.argmax(axis=1)] = dout", "rows.argmax(axis=1)] = -dout"),
]
