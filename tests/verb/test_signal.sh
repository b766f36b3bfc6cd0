#!/bin/sh
# The command signal: its text, its refusals, and its figures against formulas that are evaluated
# here in another way: ReLU's in closed form (Cho & Saul 2009), tanh's by sums over a fine grid.
. "${srcdir:-.}/tests/tap.sh"

# refuses NAME EXPECTED OPTION ...
refuses() {
    name=$1
    expected=$2
    shift 2
    "$DETINIT" signal "$@" >out 2>err
    same "$name" "2 detinit: $expected" "$? $(cat err out)"
}

refuses "no layers" "--depth: '0' is out of range, which is 1 .. 1000" --depth 0
refuses "layers too wide" "--width: '16385' is out of range, which is 1 .. 16384" --width 16385
refuses "no inputs" "--inputs: '0' is out of range, which is 1 .. 4096" --inputs 0
refuses "a negative sigma_b" "--sigma-b: '-1' must be finite and not below 0" --sigma-b -1
refuses "an unknown activation" \
    "--activation: 'rely' is unknown, did you mean relu? It takes relu, tanh, leaky_relu, gelu, silu (swish), selu, sigmoid or linear" \
    --activation rely
refuses "what is not drawn" \
    "--mode: signal compares the schemes that draw: he, xavier, lecun, torch and normal" --mode eye
refuses "a shape" "--rows: does not go with the command signal" --rows 3
"$DETINIT" --depth 3 >out 2>err
same "layers of a matrix" "2 detinit: --depth: goes with the command signal" "$? $(cat err out)"

"$DETINIT" signal --mode torch --depth 1 --width 8 --inputs 1 --activation sigmoid >out 2>err
same "one layer of one input" "0 " "$? $(cat err)"
check "its heading" grep -qx "Layers: sigmoid, 1 layer of 8, 1 input" out
check "the chosen scheme" grep -q "^> torch " out
check "no pair of inputs" grep -Eq "^> torch .* -  holds, ordered$" out

command -v python3 >/dev/null || {
    skip "figures against formulas" "python3 is not installed"
    finish
}

for activation in relu tanh; do
    "$DETINIT" signal --activation $activation --depth 30 --width 1024 --sigma-b 0.1 --inputs 128 \
        --format json >$activation.json
    "$DETINIT" signal --activation $activation --depth 30 --width 1024 --sigma-b 0.1 --inputs 128 \
        --format csv >$activation.csv
done

cat >formulas.py <<'PYTHON'
import csv, io, json, math, sys

SIGMA_B = 0.1
STEP, END = 0.01, 9
GRID = [k * STEP for k in range(-int(END / STEP), int(END / STEP) + 1)]
WEIGHTS = [math.exp(-z * z / 2) / math.sqrt(2 * math.pi) * STEP for z in GRID]

def mean(f):
    return sum(w * f(z) for z, w in zip(GRID, WEIGHTS))

class Tanh:
    def passed(q):
        return mean(lambda z: math.tanh(math.sqrt(q) * z) ** 2)
    def slopes(q):
        return mean(lambda z: (1 - math.tanh(math.sqrt(q) * z) ** 2) ** 2)
    def average(q):
        return 0

class Relu:
    def passed(q):
        return q / 2
    def slopes(q):
        return 0.5
    def average(q):
        return math.sqrt(q / (2 * math.pi))
    def kernel(q, c):
        angle = math.acos(min(c, 1))
        return q * (math.sin(angle) + (math.pi - angle) * math.cos(angle)) / (2 * math.pi)

def fixed_point(kind, w, b):
    q = 1
    for _ in range(400):
        q = w * w * kind.passed(q) + b * b
    return q

def near(got, wanted, share):
    return abs(got - wanted) <= share * abs(wanted)

def fail(*what):
    print(*what)
    sys.exit(1)

def three_errors(kind, layers):
    """Of a std: each layer of 1024 units adds (E phi^4 / (E phi^2)^2 - 1) / 1024 to the relative
    variance of the length, 5 / 1024 of ReLU; of tanh no more than linear layers do, 2 / 1024."""
    return 3 * math.sqrt((5 if kind is Relu else 2) * layers / 1024) / 2

def check_scheme(kind, scheme, sigma_w):
    """Theory to nine digits, what was measured within three standard errors."""
    if not near(scheme["sigma_w"], sigma_w, 1e-12):
        fail("sigma_w", scheme["sigma_w"], sigma_w)
    q, square, product, gradient = None, 1, 0.8, 1
    slopes = []
    for n, layer in enumerate(scheme["layers"]):
        theory = layer["predicted"]
        q = sigma_w ** 2 * square + SIGMA_B ** 2
        c = (sigma_w ** 2 * product + SIGMA_B ** 2) / q
        square = kind.passed(q)
        wanted = {"length": q, "std": math.sqrt(square - kind.average(q) ** 2)}
        if kind is Relu:
            product = kind.kernel(q, c)
            wanted["correlation"] = product / square
        for name, value in wanted.items():
            if not near(theory[name], value, 1e-9):
                fail("theory", scheme["mode"], n, name, theory[name], value)
        slopes.append(kind.slopes(q))
        if not near(layer["std"], theory["std"], three_errors(kind, n + 1)):
            fail("measured", scheme["mode"], n, layer["std"], theory["std"])
    for layer, slope in zip(reversed(scheme["layers"]), reversed(slopes)):
        if not near(layer["predicted"]["gradient"], math.sqrt(gradient * slope), 1e-9):
            fail("gradient", scheme["mode"], layer["layer"])
        if not near(layer["gradient"], layer["predicted"]["gradient"],
                    three_errors(kind, len(slopes) + 1 - layer["layer"])):
            fail("measured gradient", scheme["mode"], layer["layer"], layer["gradient"],
                 layer["predicted"]["gradient"])
        gradient *= slope * sigma_w ** 2

def check_map(kind, phases):
    for row in range(4, 21, 8):
        for col in range(6, 31, 8):
            w, b = phases["sigma_w"][col], phases["sigma_b"][row]
            q = fixed_point(kind, w, b) if kind is Tanh else 1
            if not near(phases["chi"][row][col], w * w * kind.slopes(q), 2e-3):
                fail("chi", w, b, phases["chi"][row][col], w * w * kind.slopes(q))
    for n in (1, 10, 20):
        w, b = phases["critical_sigma_w"][n], phases["sigma_b"][n]
        q = fixed_point(kind, w, b) if kind is Tanh else 1
        if not near(w * w * kind.slopes(q), 1, 1e-6):
            fail("critical line", w, b, w * w * kind.slopes(q))

def check_csv(text, report):
    """The same figures, digit for digit, in the same order."""
    tables = [list(csv.DictReader(io.StringIO(t))) for t in text.split("\n\n")]
    if len(tables) != 4:
        fail("tables", len(tables))
    rows = iter(tables[0])
    for scheme, row in zip(report["schemes"], tables[1]):
        if row["verdict"] != scheme["verdict"] or row["phase"] != scheme["phase"]:
            fail("verdict", row, scheme["mode"])
        for layer in scheme["layers"]:
            row = next(rows)
            if row["scheme"] != scheme["mode"] or int(row["layer"]) != layer["layer"]:
                fail("order", row)
            for name in ("mean", "std", "length", "correlation", "saturated", "dead", "gradient"):
                if float(row[name]) != layer[name]:
                    fail(name, row, layer)
            if float(row["predicted_std"]) != layer["predicted"]["std"]:
                fail("predicted_std", row)
    if len(tables[2]) != 31 * 21 or len(tables[3]) != 21:
        fail("phase map", len(tables[2]), len(tables[3]))

name = sys.argv[1]
kind = {"relu": Relu, "tanh": Tanh}[name]
report = json.load(open(name + ".json"))
sizes = {"he": 2 ** 0.5, "xavier": 1, "lecun": 1, "torch": 3 ** -0.5, "normal": 0.02 * 32}
for scheme in report["schemes"]:
    check_scheme(kind, scheme, sizes[scheme["mode"]])
    counted = {sum(layer["histogram"]) for layer in scheme["layers"]}
    if counted != {1024 * 128}:
        fail("histogram", counted)
check_map(kind, report["phase_map"])
check_csv(open(name + ".csv").read(), report)
PYTHON
check "relu: figures against formulas" python3 formulas.py relu
check "tanh: figures against formulas" python3 formulas.py tanh

# Of tanh: he is chaotic, xavier at the edge, torch ordered.
"$DETINIT" signal --activation tanh >out
check "tanh, he" grep -Eq "^> he .*explodes, chaotic$" out
check "tanh, xavier" grep -Eq "^  xavier .*holds, edge of chaos$" out
check "tanh, torch" grep -Eq "^  torch .*gone, ordered$" out
"$DETINIT" signal --residual --format json >residual.json
check "layers with residuals have no phase" grep -q '"phase": null' residual.json

finish
