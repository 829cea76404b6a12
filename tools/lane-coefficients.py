"""Polynomials of the error function for float32, in src/engine/kernels/lane-coefficients.ts; fitted with mpmath and NumPy so that the largest
error is least.

Source of the method: Lawson 1961, "Contributions to the theory of linear least maximum approximation": least squares, weights growing where
the error is large.
"""
from pathlib import Path

import mpmath as mp
import numpy as np

mp.mp.dps = 40


def fit(f, low, high, degree, weight):
    points = 400
    at = [(mp.mpf(low) + high) / 2 + (mp.mpf(high) - low) / 2 * mp.cos(mp.pi * (k + mp.mpf(1) / 2) / points) for k in range(points)]
    x = np.array([float(a) for a in at])
    y = np.array([float(f(a)) for a in at])
    scale = np.array([float(weight(a)) for a in at])
    weights = np.ones(points)
    for _ in range(60):
        rows = np.vander(x, degree + 1) * (scale * np.sqrt(weights))[:, None]
        solution = np.linalg.lstsq(rows, y * scale * np.sqrt(weights), rcond=None)[0]
        error = np.abs((np.polyval(solution, x) - y) * scale)
        weights *= error
        weights /= weights.sum()
    return solution, error.max()


def lines(name, about, found):
    coefficients, error = found
    numbers = ", ".join(f"{c:.12g}" for c in coefficients)
    return f"/** {about}; error at most {error:.0e}. */\nexport const {name}: readonly number[] = [{numbers}]\n"


near = fit(lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, mp.mpf("1e-9"), 1, 6, lambda z: 1)
tail = fit(lambda x: mp.log(mp.erfc(x)), mp.mpf("0.9"), 4, 6, mp.erfc)
text = "// Written by tools/lane-coefficients.py: coefficients of polynomials, the highest power first.\n\n"
text += lines("erfNear", "erf(x)/x − 1 in x², |x| up to 1", near) + "\n"
text += lines("erfTail", "ln erfc(x), x from 1 to 4, as erfc itself", tail)
Path(__file__).parent.parent.joinpath("src/engine/kernels/lane-coefficients.ts").write_text(text)
