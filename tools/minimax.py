"""Derives the polynomials of csrc/kernels/vmath.inl.h and prints them as C.

    python tools/minimax.py > csrc/kernels/vmath_coefficients.inl.h

Each polynomial is a weighted least-squares fit at Chebyshev points, in mpmath's arithmetic, which comes
within a small factor of the minimax error. From the constant term up, one coefficient is rounded to the
storage type and the ones above are fitted anew, so that they take up its rounding error. This is no
general tool: it knows the fits listed in fits(), the constants in constants(), and nothing else. Needs
mpmath. What the polynomials are used for: csrc/kernels/vmath.inl.h.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mpmath import mp, mpf

mp.prec = 240

Real = Callable[[mpf], mpf]
DIGITS = {32: 24, 64: 53}  # of the two storage types
TAIL_SCALE = mpf(4)  # K in v = K / (a + K)
# q = v - centre. Below 1/2, since the difference is exact where v >= centre / 2; of such, one whose constant term is
# hardly changed by rounding.
TAIL_CENTRE = {32: mpf(107) / 256, 64: mpf(101) / 256}
TAIL_END = {32: mpf(15), 64: mpf(40)}  # beyond, exp(-a^2/2) is 0 in the type


def round_to(x: mpf, digits: int) -> mpf:
    """x with so many binary digits, ties to even."""
    if x == 0:
        return x
    _, exponent = mp.frexp(x)
    return mp.ldexp(mp.nint(mp.ldexp(x, digits - exponent)), exponent - digits)


def hexadecimal(x: mpf, bits: int) -> str:
    """An exact C literal."""
    assert round_to(x, DIGITS[bits]) == x
    mantissa, exponent = float(x).hex().split("p")
    return f"{mantissa.rstrip('0').rstrip('.')}p{exponent}" + ("f" if bits == 32 else "")


@dataclass
class Fit:
    """p(x) with p ~ f on [low, high], such that weight * (p - f) is small. p(x) = sum of c_i x^i."""

    name: str
    bits: int
    degree: int
    f: Real
    weight: Real
    low: mpf
    high: mpf
    what: str

    def points(self) -> list[mpf]:
        count = 40 * (self.degree + 2)
        middle, half = (self.high + self.low) / 2, (self.high - self.low) / 2
        # Chebyshev points; the small shift keeps removable singularities (x = 0) off the grid.
        return [middle - half * mp.cos(mp.pi * i / count) + half * mpf(2) ** -60 for i in range(count + 1)]


def fit_rounded(fit: Fit) -> tuple[list[mpf], mpf]:
    """Coefficients in the storage type, and the weighted error of their polynomial."""
    grid = fit.points()
    weight = [fit.weight(x) for x in grid]
    rest = [w * fit.f(x) for x, w in zip(grid, weight, strict=True)]  # what is left to fit
    basis = [[w * x**i for x, w in zip(grid, weight, strict=True)] for i in range(fit.degree + 1)]
    products = [[mp.fdot(a, b) for b in basis] for a in basis]
    rounded: list[mpf] = []
    for i in range(fit.degree + 1):
        # Normal equations of the powers i and above; the precision leaves room for their condition.
        matrix = mp.matrix([row[i:] for row in products[i:]])
        c = mp.lu_solve(matrix, mp.matrix([mp.fdot(b, rest) for b in basis[i:]]))
        rounded.append(round_to(c[0], DIGITS[fit.bits]))
        rest = [r - rounded[-1] * b for r, b in zip(rest, basis[i], strict=True)]
    return rounded, max(abs(r) for r in rest)


def exp_rest(r: mpf) -> mpf:
    return (mp.expm1(r) - r) / r**2


def log_rest(f: mpf) -> mpf:
    return (mp.log1p(f) - f) / f**2


def atanh_rest(z: mpf) -> mpf:
    s = mp.sqrt(abs(z))
    return (2 * mp.atanh(s) - 2 * s) / (s * z) if z > 0 else mpf(2) / 3


def erf_rest(u: mpf) -> mpf:
    x = mp.sqrt(abs(u))
    return mp.erf(x) / x - 1


def tail_rest(v: mpf) -> mpf:
    a = TAIL_SCALE / v - TAIL_SCALE
    return mp.exp(a * a / 2) * mp.erfc(a / mp.sqrt(2)) / (2 * v)


def fits(bits: int) -> list[Fit]:
    single = bits == 32
    half_ln2 = mp.log(2) / 2 * (1 + mpf(2) ** -16)  # a little more: the quotient is rounded by the magic number
    root = mp.sqrt(2)
    centre, lowest_v = TAIL_CENTRE[bits], TAIL_SCALE / (TAIL_SCALE + TAIL_END[bits])
    log = (
        Fit("LOG", bits, 8, log_rest, lambda f: f**2 / mp.log1p(f), 1 / root - 1, root - 1,
            "log(1 + f) = f + f^2 * LOG(f)")
        if single
        else Fit("LOG", bits, 6, atanh_rest, lambda z: z / 2, mpf(0), ((root - 1) / (root + 1)) ** 2,
                 "2 atanh(s) = 2 s + s^3 * LOG(s^2)")
    )  # fmt: skip
    return [
        Fit("EXP", bits, 4 if single else 9, exp_rest, lambda r: r**2 / mp.expm1(r), -half_ln2, half_ln2,
            "exp(r) = 1 + r + r^2 * EXP(r)"),
        log,
        Fit("ERF", bits, 6 if single else 12, erf_rest, lambda u: 1 / (1 + erf_rest(u)), mpf(0), mpf(1),
            "erf(x) = x + x * ERF(x^2)"),
        Fit("TAIL", bits, 10 if single else 23, lambda q: tail_rest(q + centre),
            lambda q: 1 / tail_rest(q + centre), lowest_v - centre, 1 - centre,
            "Phi(-a) = exp(-a^2/2) * v * TAIL(v - TAIL_CENTRE), v = TAIL_K / (a + TAIL_K)"),
    ]  # fmt: skip


def constants(bits: int) -> list[tuple[str, mpf, str]]:
    digits = DIGITS[bits]
    ln2 = mp.log(2)
    high, root = round_to(ln2, digits), round_to(mp.sqrt(2), digits)
    short = round_to(ln2, digits - (8 if bits == 32 else 11))
    return [
        ("LOG2_E", round_to(1 / ln2, digits), "1 / ln 2"),
        ("LN2_HIGH", high, "ln 2, rounded"),
        ("LN2_LOW", round_to(ln2 - high, digits), "ln 2 - LN2_HIGH"),
        ("LN2_SHORT", short, "ln 2 with so few digits that an exponent times it is exact"),
        ("LN2_REST", round_to(ln2 - short, digits), "ln 2 - LN2_SHORT"),
        ("SQRT_2_HIGH", root, "square root of 2, rounded"),
        ("SQRT_2_LOW", round_to(mp.sqrt(2) - root, digits), "what that took"),
        ("DENSITY_0", round_to(1 / mp.sqrt(2 * mp.pi), digits), "density of the normal distribution at 0"),
        ("TAIL_K", TAIL_SCALE, "see TAIL"),
        ("TAIL_CENTRE", TAIL_CENTRE[bits], "see TAIL"),
    ]


def print_type(bits: int) -> None:
    for name, value, what in constants(bits):
        print(f"#define {name} {hexadecimal(value, bits)} /* {what} */")
    for fit in fits(bits):
        c, error = fit_rounded(fit)
        exponent = mp.nstr(mp.log(error, 2), 4)
        print(f"/* {fit.what}; relative error 2^{exponent} */")
        literals = [hexadecimal(x, bits) for x in c]
        print(f"static const real {fit.name}[{len(c)}] = {{")
        per_line = 4 if bits == 32 else 3
        for i in range(0, len(literals), per_line):
            print("    " + ", ".join(literals[i : i + per_line]) + ",")
        print("};")


def main() -> None:
    print("/* Coefficients of vmath.inl.h, for the two storage types. Derived by tools/minimax.py, which printed")
    print(" * this file: do not edit it, change and run the tool. c[i] belongs to the power i. The error named is")
    print(" * the largest, relative to the function, of the polynomial with these coefficients, exactly evaluated. */")
    print("/* clang-format off */")
    for bits, line in ((32, "#if REAL_BITS == 32"), (64, "#else")):
        print(line)
        print_type(bits)
    print("#endif")


if __name__ == "__main__":
    main()
