#!/bin/sh
# The command audit: what it says of a network of our own, of faults that are planted in it, and of
# one that is trained.
. "${srcdir:-.}/tests/tap.sh"

cat >gpt.json <<'END'
{"seed": 7, "layer": "name", "dtype": "float32", "tensors": [
  {"name": "transformer.wte.weight", "shape": [500, 64], "mode": "normal", "std": 0.02},
  {"name": "transformer.h.0.attn.c_attn.weight", "shape": [64, 192], "mode": "normal", "std": 0.02},
  {"name": "transformer.h.0.attn.c_proj.weight", "shape": [64, 64], "mode": "normal", "std": "0.02 / sqrt(2 * 2)"},
  {"name": "transformer.h.0.ln_1.weight", "shape": [64], "mode": "ones"},
  {"name": "transformer.h.1.attn.c_attn.weight", "shape": [64, 192], "mode": "normal", "std": 0.02},
  {"name": "transformer.h.1.attn.c_proj.weight", "shape": [64, 64], "mode": "normal", "std": "0.02 / sqrt(2 * 2)"},
  {"name": "transformer.h.1.ln_1.weight", "shape": [64], "mode": "ones"}]}
END
sed 's/"0.02 .* 2)"/0.02/' gpt.json >unscaled.json
for name in gpt unscaled; do "$DETINIT" init --manifest $name.json --save $name.safetensors -q; done

"$DETINIT" audit gpt.safetensors --strict >told 2>err
same "a network as it should be passes" "0 " "$? $(cat err)"
check "its scheme is named" grep -q 'h.0.attn.c_attn.weight .* normal, std 0.02$' told
check "and that of its residual layers" grep -q 'h.1.attn.c_proj.weight .* normal, std 0.01$' told
check "norms are ones" grep -q 'h.1.ln_1.weight .* ones$' told
check "nothing looks wrong" grep -qx 'Nothing looks wrong.' told

"$DETINIT" audit unscaled.safetensors >told 2>err
same "findings are no failure" "0 " "$? $(cat err)"
check "residual scaling left out is found" \
    grep -q 'residual projections are not scaled: std 0.0[12][0-9]* as their siblings, not .* / sqrt(2 x 2 layers) = ' told
"$DETINIT" audit unscaled.safetensors --strict >told 2>err
same "but with --strict" "1 detinit: 'unscaled.safetensors': 1 finding that looks wrong" \
    "$? $(cat err)"

"$DETINIT" audit unscaled.safetensors --format json >told.json
"$DETINIT" audit unscaled.safetensors --format csv >told.csv
check "JSON and CSV say the same" python3 - <<'END'
import csv, json
told = json.load(open("told.json"))
rows = list(csv.reader(open("told.csv")))
end = rows.index([])
tensors = [dict(zip(rows[0], row)) for row in rows[1:end]]
assert [t["name"] for t in told["tensors"]] == [t["tensor"] for t in tensors]
for one, other in zip(told["tensors"], tensors):
    assert one["consistent_with"] == other["consistent_with"] and one["std"] == float(other["std"])
findings = [dict(zip(rows[end + 1], row)) for row in rows[end + 2:]]
assert [f["text"] for f in told["findings"]] == [f["text"] for f in findings]
assert told["warnings"] == 1 and told["findings"][0]["kind"] == "residual"
assert told["findings"][0]["tensors"] == 2 and abs(told["findings"][0]["factor"] - 2) < 1e-12
END

for threads in 1 2 7; do
    "$DETINIT" audit gpt.safetensors --format json --threads $threads >by.$threads
done
check "threads change nothing" cmp by.1 by.7
check "nor do two" cmp by.1 by.2

for file in "$sources"/tests/data/checkpoints/*; do
    case $file in */bare.pt | */module.pt | *.txt) continue ;; esac
    check "any checkpoint: ${file##*/}" "$DETINIT" audit "$file" -q
done
"$DETINIT" audit missing.pt >told 2>err
same "what is no file is one line" 1 "$(wc -l <err)"

if [ "$LAPACK" = yes ]; then
    "$DETINIT" showcase -q --save trained.safetensors >log
    "$DETINIT" audit trained.safetensors --format csv >told.csv
    same "the layers of the showcase are told to be trained" "3" \
        "$(grep '^"fc[0-9]*",' told.csv | grep -c 'none: trained or unknown')"
fi
finish
