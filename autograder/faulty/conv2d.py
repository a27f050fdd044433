"""Wrong implementations for unit conv2d: they make the mistakes that its misconceptions name."""

import numpy as np


def correlate(x, w):
    """The kernel, as it is, over x without padding."""
    (H, W), (KH, KW) = x.shape, w.shape
    out = np.zeros((H - KH + 1, W - KW + 1))
    for kh in range(KH):
        for kw in range(KW):
            out += w[kh, kw] * x[kh : kh + H - KH + 1, kw : kw + W - KW + 1]
    return out


def spread(dout, w, overwrite=False):
    """Each entry of dout times the kernel, added up where they overlap: the gradient of the padded x."""
    (H_out, W_out), (KH, KW) = dout.shape, w.shape
    full = np.zeros((H_out + KH - 1, W_out + KW - 1))
    for i in range(H_out):
        for j in range(W_out):
            if overwrite:
                full[i : i + KH, j : j + KW] = dout[i, j] * w
            else:
                full[i : i + KH, j : j + KW] += dout[i, j] * w
    return full


def forward_faulty(x, w, *, padding=0, slips=frozenset()):
    """A right forward pass, but for the `slips`."""
    if "kernel-flipped" in slips:
        w = w[::-1, ::-1]
    elif "kernel-transposed" in slips:
        w = w.T
    rows = columns = padding
    if "always-same" in slips:
        rows, columns = w.shape[0] // 2, w.shape[1] // 2
    if "padding-ignored" in slips:
        rows = columns = 0
    elif "padded-above-and-below-only" in slips:
        columns = 0
    if "padded-at-one-corner" in slips:
        x_pad = np.pad(x, ((2 * rows, 0), (2 * columns, 0)))
    else:
        x_pad = np.pad(x, ((rows, rows), (columns, columns)))
    if "overwritten" in slips:
        KH, KW = w.shape
        out = w[-1, -1] * x_pad[KH - 1 :, KW - 1 :]
    else:
        out = correlate(x_pad, w)
    if "last-row-and-column-missing" in slips:
        out = out[:-1, :-1]
    if "integer-output" in slips:
        out = np.trunc(out)
    return out.T if "output-transposed" in slips else out


def turned(w, slips):
    """The kernel that meets dout in place of the one flipped over both axes, flipped once more."""
    if "kernel-not-flipped" in slips:
        return w[::-1, ::-1]
    if "kernel-transposed" in slips:
        return w.T
    if "flipped-over-rows-only" in slips:
        return w[:, ::-1]
    if "flipped-over-columns-only" in slips:
        return w[::-1]
    return w


def cropped(full, size, padding, slips):
    """The gradient of the padded x without its border, but for the `slips`."""
    if "padding-not-cropped" in slips:
        return full
    if "cropped-at-one-corner" in slips:
        return full[: size[0], : size[1]]
    if "cropped-by-negative-indices" in slips:
        return full[padding:-padding, padding:-padding]
    return full[padding : full.shape[0] - padding, padding : full.shape[1] - padding]


def half_a_kernel(dout, w):
    """The right answer if half a kernel of zeros is right."""
    rows, columns = w.shape[0] // 2, w.shape[1] // 2
    return correlate(np.pad(dout, ((rows, rows), (columns, columns))), w[::-1, ::-1])


def backward_faulty(dout, x, w, *, padding=0, slips=frozenset()):
    """A right backward pass, but for the `slips`."""
    if "dout-taken-as-ones" in slips:
        dout = np.ones_like(dout)
    kernel = turned(w, slips)
    if "always-half-a-kernel" in slips:
        dx = half_a_kernel(dout, kernel)
    else:
        dx = cropped(spread(dout, kernel, "overlaps-overwritten" in slips), x.shape, padding, slips)
    dw = dw_faulty(dout, x, w, padding, slips)
    return (dw, dx) if "gradients-swapped" in slips else (dx, dw)


def dw_faulty(dout, x, w, padding, slips):
    dw, (H_out, W_out) = np.zeros(w.shape), dout.shape
    x_pad = x if "dw-from-unpadded-x" in slips else np.pad(x, padding)
    if "dw-overwritten" in slips:
        dout = np.pad(dout[-1:, -1:], ((H_out - 1, 0), (W_out - 1, 0)))
    for kh in range(len(dw)):
        for kw in range(len(dw[0])):
            seen = x_pad[kh : kh + H_out, kw : kw + W_out]
            dw[kh, kw] = np.sum(dout[: seen.shape[0], : seen.shape[1]] * seen)
    if "dw-flipped" in slips:
        dw = dw[::-1, ::-1]
    if "dw-averaged" in slips:
        dw = dw / dout.size
    return dw


def transpose_faulty(x, w, *, padding=0, slips=frozenset()):
    """A right transposed convolution, but for the `slips`."""
    kernel = turned(w, slips)
    if "always-half-a-kernel" in slips:
        return half_a_kernel(x, kernel)
    full = spread(x, kernel, "overlaps-overwritten" in slips)
    if "padding-added" in slips:
        return np.pad(full, padding)
    return cropped(full, (full.shape[0] - 2 * padding, full.shape[1] - 2 * padding), padding, slips)


def pooled(f, slips):
    """One number for a map: the largest entry of its ReLU, but for the `slips`."""
    if "relu-forgotten" not in slips:
        f = np.maximum(f, 0)
    if "mean-for-maximum" in slips:
        return np.mean(f)
    return np.sum(f) if "sum-for-maximum" in slips else np.max(f)


def scores_faulty(x, w1, w2, W, *, slips=frozenset()):
    """Right scores, but for the `slips`."""
    if "first-kernel-twice" in slips:
        w2 = w1
    if "kernels-flipped" in slips:
        w1, w2 = w1[::-1, ::-1], w2[::-1, ::-1]
    if "maps-padded" in slips:
        x = np.pad(x, ((len(w1) // 2,) * 2, (w1.shape[1] // 2,) * 2))
    h = np.array([pooled(correlate(x, w), slips) for w in (w1, w2)])
    s = h @ W if "W-transposed" in slips else W @ h
    if "softmax-applied" in slips:
        s = np.exp(s - s.max()) / np.exp(s - s.max()).sum()
    return s


def share(f, dh, slips):
    """The gradient of a map, from that of its maximum, but for the `slips`."""
    a = np.maximum(f, 0)
    largest = a == a.max()
    if "shared-out-among-maxima" in slips:
        df = dh * largest / largest.sum()
    elif "whole-to-all-maxima" in slips:
        df = dh * largest
    else:
        df = np.zeros(a.size)
        df[np.flatnonzero(largest)[-1 if "last-maximum" in slips else 0]] = dh
        df = df.reshape(a.shape)
    return df if "relu-mask-forgotten" in slips else df * (f > 0)


def gradients_faulty(x, w1, w2, W, y, *, slips=frozenset()):
    """Right gradients of the classifier, but for the `slips`."""
    maps = [correlate(x, w) for w in (w1, w2)]
    h = np.array([max(f.max(), 0) for f in maps])
    s = W @ h
    ds = np.exp(s - s.max()) / np.exp(s - s.max()).sum()
    if "label-not-subtracted" not in slips:
        ds[y - 1 if "classes-counted-from-one" in slips else y] -= 1
    if "sign-turned" in slips:
        ds = -ds
    dh = W @ ds if "W-not-transposed" in slips else W.T @ ds
    df = [share(f, d, slips) for f, d in zip(maps, dh, strict=True)]
    dx1, dx2 = spread(df[0], w1), spread(df[1], w2)
    dW = np.outer(h, ds) if "dW-transposed" in slips else np.outer(ds, h)
    dx = dx2 if "dx-of-the-last-kernel-only" in slips else dx1 + dx2
    return dx, correlate(x, df[0]), correlate(x, df[1]), dW
