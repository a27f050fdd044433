"""Convolution by the Fourier transform: a shift in the plane is a factor in the spectrum.

With X, W, Y for the two-dimensional transforms of the zero-padded x, w, out, and * for the complex conjugate, the
cross-correlation that networks call convolution and its two gradients are, at every frequency,
    Y[n, f] = Σ_c X[n, c] W[f, c]*,   dX[n, c] = Σ_f dY[n, f] W[f, c],   dW[f, c] = Σ_n dY[n, f]* X[n, c]:
products of small matrices. The stride is made by leaving values out (forward) or putting zeros in (backward), the
dilation by putting zeros into the kernel. The results are rounded, even for integers.
"""

from array_api_compat import array_namespace, device


def fft_forward(x, w, b, geo):
    """out (N, F, H_out, W_out) of x (N, C, H, W), w (F, C/G, KH, KW), b (F,) or None."""
    xp = array_namespace(x, w)
    X, W = _spectra(_padded(x, geo), geo), _spectra(_spread_kernel(w, geo), geo, by_filter=True)
    dense = _planes(xp.matmul(X, xp.conj(_transpose(W))), geo)
    SH, SW = geo.stride
    height, width = (geo.out_height - 1) * SH + 1, (geo.out_width - 1) * SW + 1
    return dense[:, :, :height:SH, :width:SW] + (0 if b is None else xp.reshape(b, (1, -1, 1, 1)))


def fft_dx(dout, w, geo):
    """dx (N, C, H, W) from dout (N, F, H_out, W_out) and w (F, C/G, KH, KW)."""
    xp = array_namespace(dout, w)
    dY, W = _spectra(_spread(dout, geo), geo), _spectra(_spread_kernel(w, geo), geo, by_filter=True)
    padded = _planes(xp.matmul(dY, W), geo)
    top, _, left, _ = geo.padding
    return xp.asarray(padded[:, :, top : top + geo.height, left : left + geo.width], copy=True)


def fft_dw(dout, x, geo):
    """dw (F, C/G, KH, KW) from dout (N, F, H_out, W_out) and x (N, C, H, W)."""
    xp = array_namespace(dout, x)
    dY, X = _spectra(_spread(dout, geo), geo), _spectra(_padded(x, geo), geo)
    planes = _planes(xp.matmul(xp.conj(_transpose(dY)), X), geo, by_filter=True)
    (KH, KW), (DH, DW) = geo.kernel, geo.dilation
    return xp.asarray(planes[:, :, : (KH - 1) * DH + 1 : DH, : (KW - 1) * DW + 1 : DW], copy=True)


def fft_size(geo):
    """Height and width of the transforms: at least the padded input, with no prime factor above 5."""
    return tuple(_smooth(size) for size in geo.padded)


def _smooth(size):
    while True:
        rest = size
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return size
        size += 1


def _spectra(planes, geo, by_filter=False):
    """Transforms of planes (A, B, h, w) as matrices (frequencies, G, A, B/G), or (frequencies, G, A/G, B)."""
    xp = array_namespace(planes)
    spectra = xp.fft.rfftn(planes, s=fft_size(geo), axes=(2, 3))
    A, B, *frequencies = spectra.shape
    shape = (geo.groups, A // geo.groups, B) if by_filter else (A, geo.groups, B // geo.groups)
    order = (3, 4, 0, 1, 2) if by_filter else (3, 4, 1, 0, 2)
    spectra = xp.permute_dims(xp.reshape(spectra, (*shape, *frequencies)), order)
    return xp.reshape(spectra, (frequencies[0] * frequencies[1], *spectra.shape[2:]))


def _planes(spectra, geo, by_filter=False):
    """Planes (A, B, h, w) of matrices (frequencies, G, A, B/G), or (frequencies, G, A/G, B) by filter."""
    xp = array_namespace(spectra)
    height, width = fft_size(geo)
    _, groups, A, B = spectra.shape
    spectra = xp.reshape(spectra, (height, width // 2 + 1, groups, A, B))
    spectra = xp.permute_dims(spectra, (2, 3, 4, 0, 1) if by_filter else (3, 2, 4, 0, 1))
    shape = (groups * A, B) if by_filter else (A, groups * B)
    spectra = xp.reshape(spectra, (*shape, height, width // 2 + 1))
    return xp.fft.irfftn(spectra, s=(height, width), axes=(2, 3))


def _padded(x, geo):
    """x with its padding before the first row and column; what follows the last is the transform's own zeros."""
    top, _, left, _ = geo.padding
    padded = _zeros(x, (geo.images, geo.channels, geo.height + top, geo.width + left))
    padded[:, :, top:, left:] = x
    return padded


def _spread(dout, geo):
    """dout with stride − 1 zeros between its entries."""
    (SH, SW), (height, width) = geo.stride, dout.shape[2:]
    spread = _zeros(dout, (*dout.shape[:2], (height - 1) * SH + 1, (width - 1) * SW + 1))
    spread[:, :, ::SH, ::SW] = dout
    return spread


def _spread_kernel(w, geo):
    """w with dilation − 1 zeros between its entries."""
    (KH, KW), (DH, DW) = geo.kernel, geo.dilation
    spread = _zeros(w, (*w.shape[:2], (KH - 1) * DH + 1, (KW - 1) * DW + 1))
    spread[:, :, ::DH, ::DW] = w
    return spread


def _zeros(like, shape):
    return array_namespace(like).zeros(shape, dtype=like.dtype, device=device(like))


def _transpose(matrices):
    return array_namespace(matrices).permute_dims(matrices, (0, 1, 3, 2))
