"""Chebyshev coefficients of the functions in src/ops/special.ts and gamma.ts, computed with mpmath to 40 digits; writes src/ops/special-coefficients.ts.

Source of the method: Press et al. 2007, "Numerical Recipes", section 5.8.
"""
from pathlib import Path

import mpmath as mp

mp.mp.dps = 40
MAPPING = 6  # w = 6 v / (1 - v)
MOST = 37  # w of the double next to 1 is 36.04
SCALE = 8  # x = 8 (1 + y) / (1 - y)


def chebyshev(f, count):
    n = 2 * count
    nodes = [mp.cos(mp.pi * (k + mp.mpf(1) / 2) / n) for k in range(n)]
    values = [f(x) for x in nodes]
    series = []
    for j in range(count):
        total = sum(v * mp.cos(mp.pi * j * (k + mp.mpf(1) / 2) / n) for k, v in enumerate(values))
        series.append((2 if j else 1) * total / n)
    top = max(abs(c) for c in series)
    last = max(i for i, c in enumerate(series) if abs(c) > mp.mpf("1e-17") * top)
    return series[: last + 1]


def erfc(y):
    """ln(erfc(z) e^(z^2) / t) by t = 2 / (2 + z) = (y + 1) / 2."""
    t = (y + 1) / 2
    z = 2 / t - 2
    tail = (1 - 1 / (2 * z * z) + mp.mpf(3) / (4 * z**4)) / (z * mp.sqrt(mp.pi)) if z > 1000 else mp.exp(z * z) * mp.erfc(z)
    return mp.log(tail / t)


def inverse(w):
    """erfinv(y) / y of w = -ln(1 - y^2), by Halley's method."""
    y = mp.sqrt(-mp.expm1(-w))
    rest = mp.exp(-w) / (1 + y)
    x = mp.sqrt(w) * mp.mpf("0.95") if w > 1 else y * mp.sqrt(mp.pi) / 2
    for _ in range(60):
        step = (mp.erfc(x) - rest) / (-2 / mp.sqrt(mp.pi) * mp.exp(-x * x))
        x -= step / (1 + x * step)
        if abs(step) < mp.mpf(10) ** -36:
            break
    return x / y


def erfinv(y):
    v = mp.mpf(MOST) / (MOST + MAPPING) * (y + 1) / 2
    w = MAPPING * v / (1 - v)
    return inverse(w) / mp.sqrt(1 + w)


def i0e(y):
    x = SCALE * (1 + y) / (1 - y)
    return mp.exp(-x) * mp.besseli(0, x) * mp.sqrt(x + SCALE)


def i1e(y):
    x = SCALE * (1 + y) / (1 - y)
    return mp.exp(-x) * mp.besseli(1, x) / x * mp.sqrt(x + SCALE) ** 3


def lgamma(y):
    z = mp.mpf(7) / 4 + y * mp.mpf(5) / 4
    return mp.loggamma(z) / ((z - 1) * (z - 2))


def line(name, comment, series):
    numbers = ", ".join(repr(float(c)) for c in series)
    return f"/** {comment} */\nexport const {name}: readonly number[] = [{numbers}]\n"


text = "// Written by tools/coefficients.py: coefficients of Chebyshev series, the first one first.\n\n" + "\n".join(
    [
        line("erfcSeries", "ln(erfc(z) e^(z²)/t) in 2t − 1, t = 2/(2 + z).", chebyshev(erfc, 45)),
        line("erfinvSeries", "erfinv(y)/(y √(1 + w)) in 2v/v₁ − 1, w = −ln(1 − y²), v = w/(w + 6), v₁ = 37/43.", chebyshev(erfinv, 60)),
        line("lgammaSeries", "ln Γ(z)/((z − 1)(z − 2)) in (4z − 7)/5, z from 1/2 to 3.", chebyshev(lgamma, 60)),
        line("i0eSeries", "e⁻ˣ I₀(x) √(x + 8) in 1 − 16/(x + 8).", chebyshev(i0e, 70)),
        line("i1eSeries", "e⁻ˣ I₁(x) √(x + 8)³ / x in 1 − 16/(x + 8).", chebyshev(i1e, 70)),
    ]
)
path = Path(__file__).resolve().parents[1] / "src" / "ops" / "special-coefficients.ts"
path.write_text(text)
print(path)
