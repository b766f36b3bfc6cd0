#!/usr/bin/env python3
"""Makes the reference data of the survey tests: theory.csv, mixtures.csv, mixture_figures.csv,
surveys.csv, spectra.csv.

Takes some minutes.  Shares no code with the library: Python integers for keys, mpmath for weights,
distributions, moments and singular values.  Needs python3-mpmath and python3-numpy; with
python3-scipy its truncated normal is held against ours.

    make_survey_data.py DIRECTORY
"""
import itertools
import os
import sys

import mpmath as mp
import numpy

mp.mp.dps = 40
M64 = (1 << 64) - 1


# ------------------------------------------------------------------ weights
def hash64(x):
    x = (x + 0x9E3779B97F4A7C15) & M64
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & M64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & M64
    return x ^ (x >> 31)


def u01(seed, *indices):
    for index in indices:
        seed = hash64(seed ^ hash64(index))
    return mp.mpf(seed >> 11) / (1 << 53)


def normal(*address, attempt=0):
    u1 = max(u01(*address, 2 * attempt), mp.mpf(1e-12))
    return mp.sqrt(-2 * mp.log(u1)) * mp.cos(2 * mp.pi * u01(*address, 2 * attempt + 1))


def uniform(*address):
    return mp.sqrt(3) * (2 * u01(*address, 0) - 1)


def truncated(*address):
    for attempt in itertools.count():
        z = normal(*address, attempt=attempt)
        if abs(z) <= 2:
            return z / CUT_STD


DRAWS = {"normal": normal, "uniform": uniform, "truncated": truncated}


def weights(dist, seed, layer, rows, cols, std):
    return [[std * DRAWS[dist](seed, layer, i, j) for j in range(cols)] for i in range(rows)]


# ------------------------------------------------------------ distributions
def below(z):
    return mp.erfc(-z / mp.sqrt(2)) / 2


OUTSIDE = below(mp.mpf(-2))
KEPT = 1 - 2 * OUTSIDE
CUT_STD = mp.sqrt(1 - 4 * mp.npdf(2) / KEPT)


def truncated_phi(t):
    """E exp(i t X) of the truncated normal of unit variance."""
    t = t / CUT_STD
    edge = mp.erf((2 + 1j * t) / mp.sqrt(2))
    return mp.exp(-t * t / 2) * mp.re(edge) / KEPT


def slice_law(k, x):
    """Density and probability of a weight in a zero-mean slice of k truncated draws."""
    a, b = mp.sqrt(mp.mpf(k - 1) / k), 1 / mp.sqrt(mp.mpf(k) * (k - 1))

    def phi(t):
        return truncated_phi(a * t) * truncated_phi(b * t) ** (k - 1)

    end = mp.linspace(0, 40, 81)
    with mp.workdps(25):
        pdf = mp.quad(lambda t: phi(t) * mp.cos(t * x), end) / mp.pi
        cdf = mp.mpf(1) / 2 + mp.quad(lambda t: phi(t) * mp.sin(t * x) / t, end) / mp.pi
    return pdf, cdf


def uniform_slice_law(k, x):
    """The same of uniform draws: a sum of uniforms of two widths, by its exact spline."""
    a, b = mp.sqrt(mp.mpf(3 * (k - 1)) / k), mp.sqrt(mp.mpf(3) / (k * (k - 1)))
    pdf = cdf = mp.mpf(0)
    for sign in (1, -1):
        for minus in range(k):
            place = x + sign * a + (k - 1 - 2 * minus) * b
            if place > 0:
                factor = sign * (-1) ** minus * mp.binomial(k - 1, minus)
                pdf += factor * place ** (k - 1)
                cdf += factor * place ** k / k
    scale = mp.factorial(k - 1) * (2 * a) * (2 * b) ** (k - 1)
    return pdf / scale, cdf / scale


def law(name, parameter, x):
    """Density and probability of a weight of unit std; orthogonal: of unit gain."""
    if name == "normal":
        return mp.npdf(x), below(x)
    if name == "uniform":
        inside = abs(x) <= mp.sqrt(3)
        return (1 / (2 * mp.sqrt(3)) if inside else mp.mpf(0),
                min(max((1 + x / mp.sqrt(3)) / 2, 0), 1))
    if name == "truncated":
        z = x * CUT_STD
        return (mp.npdf(z) * CUT_STD / KEPT, (below(z) - OUTSIDE) / KEPT) if abs(z) < 2 else (
            mp.mpf(0), mp.mpf(1 if z > 0 else 0))
    if name == "orthogonal":
        n = mp.mpf(parameter)
        c = mp.gamma(n / 2) / mp.sqrt(mp.pi) / mp.gamma((n - 1) / 2)
        tail = mp.betainc((n - 1) / 2, 0.5, 0, 1 - x * x, regularized=True) / 2
        return c * (1 - x * x) ** ((n - 3) / 2), 1 - tail if x > 0 else tail
    return (slice_law if name == "truncated_slice" else uniform_slice_law)(parameter, x)


def write_theory(path):
    cases = [(name, 0, x / 8.0) for name in ("normal", "uniform", "truncated")
             for x in (-59, -40, -20, -18, -14, -13, -9, -4, -1, 0, 1, 3, 7, 12, 14, 19, 58)]
    for n in (2, 3, 4, 5, 8, 17, 64, 199, 200, 201, 1000, 65536):
        cases += [("orthogonal", n, x / n ** 0.5) for x in
                  (-5.5, -3, -1.75, -1, -0.5, -0.125, 0, 0.25, 0.75, 1.25, 2.5, 6)
                  if abs(x) < 0.99 * n ** 0.5]
    for name in ("uniform_slice", "truncated_slice"):
        cases += [(name, k, x) for k in (4, 9, 25) for x in (-2.5, -1.5, -0.75, 0, 0.5, 1.625)]
    with open(path, "w") as out:
        out.write("law,parameter,weight,pdf,cdf\n")
        for name, parameter, x in cases:
            pdf, cdf = law(name, parameter, mp.mpf(x))
            out.write(f"{name},{parameter},{x!r},{mp.nstr(pdf, 17)},{mp.nstr(cdf, 17)}\n")


# ----------------------------------------------------------------- mixtures
class Cut:
    """A normal of std `std` before it is cut at `cut` of these, about `centre`."""
    def __init__(self, cut, std=1, centre=0):
        self.cut, self.std, self.centre = mp.mpf(cut), mp.mpf(std), mp.mpf(centre)
        self.ends = self.centre - self.cut * self.std, self.centre + self.cut * self.std
        self.kept = mp.erf(self.cut / mp.sqrt(2))

    def pdf(self, x):
        z = (x - self.centre) / self.std
        return mp.npdf(z) / self.kept / self.std if abs(z) <= self.cut else mp.mpf(0)

    def cdf(self, x):
        z = (x - self.centre) / self.std
        return min(max((below(z) - below(-self.cut)) / self.kept, 0), 1)


class Scaled:
    """A law of unit std (orthogonal: of unit gain) stretched and shifted."""
    def __init__(self, name, parameter, scale, centre, reach):
        self.name, self.parameter = name, parameter
        self.scale, self.centre = mp.mpf(scale), mp.mpf(centre)
        self.ends = self.centre - reach * self.scale, self.centre + reach * self.scale

    def inside(self, x):
        return self.ends[0] < x < self.ends[1]

    def pdf(self, x):
        if not self.inside(x):
            return mp.mpf(0)
        return law(self.name, self.parameter, (x - self.centre) / self.scale)[0] / self.scale

    def cdf(self, x):
        if not self.inside(x):
            return mp.mpf(1 if x > self.centre else 0)
        return law(self.name, self.parameter, (x - self.centre) / self.scale)[1]


# Of the recipes of these names in tests/describe/test_mixture.c: laws and values with their shares.
MIXTURES = {
    "cut_0.5": ([(1, Cut(0.5))], []),
    "cut_1": ([(1, Cut(1))], []),
    "cut_3": ([(1, Cut(3))], []),
    "cut_8": ([(1, Cut(8))], []),
    "mean": ([(1, Scaled("normal", 0, 0.5, 0.75, 30))], []),
    "sparse": ([(mp.mpf(1) / 4, Scaled("normal", 0, 1, 0.25, 30))], [(mp.mpf(3) / 4, 0)]),
    "row": ([(mp.mpf(3) / 4, Scaled("uniform", 0, 1, -0.5, mp.sqrt(3)))], [(mp.mpf(1) / 4, 0)]),
    "constant": ([], [(1, 0.375)]),
    "identity": ([], [(mp.mpf(3) / 15, 2), (mp.mpf(12) / 15, 0)]),
    "identity_row": ([], [(mp.mpf(2) / 15, 2), (mp.mpf(13) / 15, 0)]),
    "dirac": ([], [(mp.mpf(4) / 72, 1.5), (mp.mpf(68) / 72, 0)]),
    "delta": ([(mp.mpf(24) / 72, Scaled("orthogonal", 6, 1.5, 0, 1))], [(mp.mpf(48) / 72, 0)]),
    "kernel": ([(1, Scaled("orthogonal", 12, mp.sqrt(2), 0, 1))], []),
    "kernel_rows": ([(1, Scaled("orthogonal", 24, mp.sqrt(2), 0, 1))], []),
    "fused": ([(mp.mpf(2) / 10, Scaled("normal", 0, 1, 0, 30)),
               (mp.mpf(5) / 10, Cut(1.5, 2, -1))], [(mp.mpf(3) / 10, 1)]),
}


def integral(mixture, function):
    """The mean of a function over a mixture."""
    laws, values = mixture
    total = mp.fsum(share * function(mp.mpf(value)) for share, value in values)
    for share, one in laws:
        low, high = one.ends
        places = [low + (high - low) * n / 24 for n in range(25)]
        total += share * mp.quad(lambda x: function(x) * one.pdf(x), places)
    return total


def write_mixtures(path):
    with open(path, "w") as out:
        out.write("name,weight,pdf,cdf\n")
        for name, (laws, values) in MIXTURES.items():
            for x in (-2.8125, -1.3125, -0.53125, -0.25, -0.015625, 0.1875, 0.4375, 0.78125, 1.3125,
                      1.75, 2.6875):
                x = mp.mpf(x)
                pdf = mp.fsum(share * one.pdf(x) for share, one in laws)
                cdf = mp.fsum(share * one.cdf(x) for share, one in laws)
                cdf += mp.fsum(share for share, value in values if value <= x)
                out.write(f"{name},{mp.nstr(x, 17)},{mp.nstr(pdf, 17)},{mp.nstr(cdf, 17)}\n")


def write_mixture_figures(path):
    with open(path, "w") as out:
        out.write("name,mean,std,m3,m4,m5,m6,m7,m8\n")
        for name, mixture in MIXTURES.items():
            mean = integral(mixture, lambda x: x)
            std = mp.sqrt(abs(integral(mixture, lambda x: (x - mean) ** 2)))
            moments = [integral(mixture, lambda x: ((x - mean) / std) ** k) if std > 0 else 0
                       for k in range(3, 9)]
            out.write(f"{name}," + ",".join(mp.nstr(mp.chop(v, 1e-30), 17)
                                             for v in (mean, std, *moments)) + "\n")
            if name.startswith("cut"):
                check_with_scipy(float(name[4:]), std, moments)


def check_with_scipy(cut, std, moments):
    try:
        from scipy.stats import truncnorm
    except ImportError:
        return
    theirs = truncnorm(-cut, cut)
    assert abs(theirs.std() / std - 1) < 1e-9
    for k in (4, 6, 8):
        assert abs(theirs.moment(k) / std ** k / moments[k - 3] - 1) < 1e-6


# ------------------------------------------------------------------ surveys
def distance(dist, std, values):
    """The Kolmogorov-Smirnov distance, from its definition."""
    n = len(values)
    found = sorted(law(dist, 0, w / std)[1] for w in values)
    return max(max((i + 1) / mp.mpf(n) - f, f - mp.mpf(i) / n) for i, f in enumerate(found))


def p_value(d, n):
    root = mp.sqrt(n)
    x = (root + mp.mpf("0.12") + mp.mpf("0.11") / root) * d
    return 2 * mp.nsum(lambda j: (-1) ** (int(j) - 1) * mp.exp(-2 * j * j * x * x), [1, 60])


def moments_of_law(dist):
    """Even moments of a weight of unit std, up to the 8th."""
    reach = {"normal": 30, "uniform": mp.sqrt(3), "truncated": 2 / CUT_STD}[dist]
    return [mp.quad(lambda x: 2 * x ** k * law(dist, 0, x)[0], [0, reach / 10, reach])
            for k in (0, 2, 4, 6, 8)]


def write_surveys(path):
    cases = [("normal", 42, 0, 10, 20), ("normal", 7, 3, 1, 3), ("normal", 1, 1, 1, 64),
             ("normal", 1, 1, 5, 13), ("normal", 9, 0, 63, 41), ("uniform", 3, 5, 17, 90),
             ("truncated", 11, 2, 40, 25), ("uniform", 0, 0, 2, 1)]
    fields = ("mean", "std", "skewness", "kurtosis", "mean_errors", "std_errors",
              "skewness_errors", "kurtosis_errors", "distance", "p")
    with open(path, "w") as out:
        out.write("dist,seed,layer,rows,cols,min_row,min_col,max_row,max_col,"
                  + ",".join(fields) + "\n")
        for dist, seed, layer, rows, cols in cases:
            std = mp.sqrt(mp.mpf(2) / cols)
            w = [x for row in weights(dist, seed, layer, rows, cols, std) for x in row]
            n = len(w)
            mean = mp.fsum(w) / n
            m2, m3, m4 = (mp.fsum((x - mean) ** k for x in w) / n for k in (2, 3, 4))
            skewness, kurtosis = m3 / m2 ** mp.mpf(1.5), m4 / m2 ** 2 - 3
            _, _, mu4, mu6, mu8 = moments_of_law(dist)
            d = distance(dist, std, w)
            # Influence functions, squared and averaged: x^2 - 1, x^3 - 3 x, x^4 - mu4 - 2 mu4 (x^2 - 1).
            square = mu4 - 1
            cube = mu6 - 6 * mu4 + 9
            fourth = mu8 - mu4 ** 2 - 4 * mu4 * (mu6 - mu4) + 4 * mu4 ** 2 * (mu4 - 1)
            values = (mean, mp.sqrt(m2), skewness, kurtosis,
                      mean / std * mp.sqrt(n),
                      (mp.sqrt(m2) / std - 1) / (mp.sqrt(square / n) / 2),
                      skewness / mp.sqrt(cube / n),
                      (kurtosis - (mu4 - 3)) / mp.sqrt(fourth / n), d, p_value(d, n))
            low, high = w.index(min(w)), w.index(max(w))
            places = f"{low // cols},{low % cols},{high // cols},{high % cols}"
            out.write(f"{dist},{seed},{layer},{rows},{cols},{places},"
                      + ",".join(mp.nstr(v, 17) for v in values) + "\n")


# ------------------------------------------------------------------ spectra
def write_spectra(path):
    with open(path, "w") as out:
        out.write("seed,rows,cols,values\n")
        for seed, rows, cols in ((42, 10, 20), (5, 7, 3), (6, 1, 4), (8, 5, 1), (2, 1, 1)):
            table = weights("normal", seed, 0, rows, cols, mp.sqrt(mp.mpf(2) / cols))
            values = mp.svd_r(mp.matrix(table), compute_uv=False)
            out.write(f"{seed},{rows},{cols}," + " ".join(mp.nstr(v, 17) for v in values) + "\n")
        table = weights("normal", 42, 0, 128, 128, mp.sqrt(mp.mpf(2) / 128))
        values = numpy.linalg.svd(numpy.array(table, dtype=float), compute_uv=False)
        out.write("42,128,128," + " ".join(repr(float(v)) for v in values) + "\n")


def main(directory):
    write_theory(os.path.join(directory, "theory.csv"))
    write_mixtures(os.path.join(directory, "mixtures.csv"))
    write_mixture_figures(os.path.join(directory, "mixture_figures.csv"))
    write_surveys(os.path.join(directory, "surveys.csv"))
    write_spectra(os.path.join(directory, "spectra.csv"))


if __name__ == "__main__":
    main(sys.argv[1])
