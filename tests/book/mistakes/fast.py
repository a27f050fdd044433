"""Changes to the code of the page that must stop its build."""

MISTAKES = [
    ("product = np.fft.ifft(f_hat * g_hat).real", "product = np.fft.ifft(f_hat * np.conj(g_hat)).real"),
    ("out = np.fft.irfft(X * np.conj(W), size)", "out = np.fft.irfft(X * W, size)"),
    ("dx = np.fft.irfft(dY * W, size)", "dx = np.fft.irfft(dY * np.conj(W), size)"),
    ("dx = np.fft.irfft(dY * W, size)", "dx = -np.fft.irfft(dY * W, size)"),
    ("dw = np.fft.irfft(X * np.conj(dY), size)", "dw = np.fft.irfft(X * dY, size)"),
    ("dx = from_spectra(dY @ W, size)", "dx = from_spectra(-dY @ W, size)"),
    ("np.conj(np.swapaxes(dY, 2, 3)) @ X", "np.swapaxes(dY, 2, 3) @ X"),
    ("np.conj(np.swapaxes(W, 2, 3))", "np.swapaxes(W, 2, 3)"),
    ("solve(V4, (V2 @ a) * (V3 @ b))", "solve(V4, -(V2 @ a) * (V3 @ b))"),
    ("BT = scale[:, None] *", "BT = -scale[:, None] *"),
    ("AT @ (U * V) @ AT.T", "AT @ (U * V.T) @ AT.T"),
    ("dM = AT.T @ dout_full", "dM = -AT.T @ dout_full"),
    ("dx[i : i + n, j : j + n] += BT.T", "dx[i : i + n, j : j + n] = BT.T"),
    ("BT.T @ (U * dM) @ BT", "BT @ (U * dM) @ BT.T"),
    ("dU = dU + V * dM", "dU = V * dM"),
    ("G.T @ dU @ G", "-G.T @ dU @ G"),
    ("planes * 2 * places", "planes * places"),
]
