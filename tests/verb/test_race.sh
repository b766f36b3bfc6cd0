#!/bin/sh
# detinit race: its report, the same in every format and for every number of threads.
. "${srcdir:-.}/tests/tap.sh"

"$DETINIT" race >once 2>err
same "a race succeeds" "0 " "$? $(cat err)"
"$DETINIT" race --threads 1 >one
"$DETINIT" race --threads 3 >three
check "one thread, three: the same" cmp one three
check "and as many as there are" cmp one once
for scheme in he orthogonal; do
    check "$scheme learns" grep -q "^  $scheme  *x1\\.00 .*learns$" once
done
for scheme in xavier lecun torch; do
    check "$scheme is stuck" grep -q "^  $scheme  *x0\\.[74]1 .*stuck$" once
done
check "in a sentence" grep -q '^  As theory says' once
"$DETINIT" race --seed 43 >other
check "another seed, other figures" sh -c '! cmp -s once other'

python=$(python_with json)
if [ -n "$python" ]; then
    "$DETINIT" race --format json >json
    "$DETINIT" race --format csv >csv
    check "JSON, CSV and text have the same figures" "$python" - <<'END'
import csv, json, math, re
d = json.load(open("json"))
rows = list(csv.DictReader(open("csv")))
text = open("once").read()
assert d["seed"] == 42 and d["data"] is None and d["depth"] == 20 and d["as_theory_says"] is True
assert abs(d["loss_of_guessing"] - math.log(d["classes"])) < 1e-15
assert [s["name"] for s in d["schemes"]] == ["he", "xavier", "lecun", "torch", "orthogonal"]
factors = {"he": 1, "xavier": 0.5 ** 0.5, "lecun": 0.5 ** 0.5, "torch": 6 ** -0.5}
for s in d["schemes"]:
    own = [r for r in rows if r["scheme"] == s["name"]]
    assert [int(r["step"]) for r in own] == [p["step"] for p in s["points"]] == list(range(0, 601, 10))
    for r, p in zip(own, s["points"]):
        for key in "loss", "gradient", "awake", "accuracy":
            assert float(r[key]) == p[key]
    assert abs(s["factor_of_a_layer"] - factors.get(s["name"], 1)) < 1e-12
    guessing, last = d["loss_of_guessing"], s["points"][-1]
    verdict = "learns" if last["loss"] < guessing / 2 else "stuck" if last["loss"] > .9 * guessing else "slowly"
    assert s["verdict"] == verdict
    assert re.search(r"^  %s .* %.3f +%.1f %% +%.1f %%  %s$" % (
        s["name"], last["loss"], 100 * last["accuracy"], 100 * last["awake"], verdict), text, re.M)
END
fi

# Other data: IDX files, if they are enough of them.
"$DETINIT" race --data nowhere >out 2>err
same "data that are not there" 1 $?
check "are named" grep -q '^detinit: nowhere: expected a directory that holds train-images' err
"$DETINIT" race --rows 3 >out 2>err
same "its network tells its shapes" "2 detinit: --rows: does not go with the command race; its network tells it" \
    "$? $(cat err)"
finish
