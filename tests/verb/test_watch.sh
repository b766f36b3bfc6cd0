#!/bin/sh
# detinit watch without a terminal: what a file of lines tells, in every format.
. "${srcdir:-.}/tests/tap.sh"

cat >run.jsonl <<'END'
{"step": 0, "threshold": 0.001, "weights": 12, "changed": 0, "awake": 0.0, "tensors": {"a": {"awake": 0.0, "changed": 0, "mean_delta": 0.0, "max_delta": 0.0, "decay": 1.0}, "b": {"awake": 0.0, "changed": 0, "mean_delta": 0.0, "max_delta": 0.0, "decay": null}}}
{"step": 100, "threshold": 0.001, "weights": 12, "changed": 3, "awake": 0.25, "tensors": {"a": {"awake": 0.375, "changed": 3, "mean_delta": 0.0125, "max_delta": 0.5, "decay": 0.96875}, "b": {"awake": 0.0, "changed": 0, "mean_delta": 1e-06, "max_delta": 1e-05, "decay": null}}}
END
"$DETINIT" watch run.jsonl >out 2>err
same "it succeeds" "0 " "$? $(cat err)"
cat >expected <<'END'
WATCH ('run.jsonl')
============================================================

        step   threshold        awake     changed of weights
           0       0.001       0.00 %           0 of 12
         100       0.001      25.00 %           3 of 12

At step 100:

       weights      awake  mean delta   max delta     decay  tensor
             8    37.50 %   1.250e-02   5.000e-01   0.96875  a
             -     0.00 %   1.000e-06   1.000e-05         -  b

  awake: |w - w0| above the threshold; delta: |w - w0|; decay: the c for which c w0 fits
  w best; -: not told, or, of weights, that none of them was ever awake.
END
check "the table" cmp expected out
"$DETINIT" watch run.jsonl --format csv >out 2>err
cat >expected <<'END'
step,threshold,tensor,weights,awake,changed,mean_delta,max_delta,decay,norm,std,spectral
0,0.001,,12,0,0,,,,,,
0,0.001,"a",8,0,0,0,0,1,,,
0,0.001,"b",,0,0,0,0,,,,
100,0.001,,12,0.25,3,,,,,,
100,0.001,"a",8,0.375,3,0.012500000000000001,0.5,0.96875,,,
100,0.001,"b",,0,0,9.9999999999999995e-07,1.0000000000000001e-05,,,,
END
check "CSV" cmp expected out
if command -v python3 >/dev/null; then
    "$DETINIT" watch run.jsonl --format json >json
    check "JSON: the lines themselves" python3 - <<'END'
import json
told = json.load(open("json"))
assert told["file"] == "run.jsonl" and told["wrong_lines"] == 0
assert told["points"] == [json.loads(line) for line in open("run.jsonl")], told
END
else
    skip "JSON: the lines themselves" "no python3"
fi

printf 'wrong\n{"step": 7}\n{"step": 200, "thres' >>run.jsonl
"$DETINIT" watch run.jsonl --format csv >again 2>err
same "wrong lines are told once and passed over, what is not complete waits" "0 same" \
    "$? $(cmp expected again && echo same)"
check "by their number" grep -q "^detinit: 'run.jsonl': line 3: not JSON: .*; skipped, and 1 more$" err
: >empty.jsonl
same "a file without a line" "  no line, or checkpoint, is complete yet" "$("$DETINIT" watch empty.jsonl --quiet)"

# wrong NAME STATUS SENTENCE ARGUMENT ...
wrong() {
    name=$1
    status=$2
    sentence=$3
    shift 3
    "$DETINIT" watch "$@" >out 2>err
    same "$name" "$status detinit: $sentence" "$? $(cat err out)"
}
wrong "no file" 2 "watch: needs a path: detinit watch PATH"
wrong "a file that is not there" 1 "'nowhere' is not there" nowhere
mkfifo pipe
wrong "a pipe" 1 "'pipe' is no file of lines; expected that which a Tracker writes" pipe
wrong "a history for a history" 2 "--save: 'run.jsonl' is a history already; leave it out" run.jsonl --save h.jsonl
wrong "a manifest that is read once" 2 "--manifest: watch reads it more than once; name a file" x.pt --manifest -
wrong "an option of others" 2 "--seed: does not go with the command watch" run.jsonl --seed 7

"$DETINIT" --command 'watch run.jsonl; zoom; export picture.txt 100x30' >out 2>err
same "a script draws it" 0 $?
check "all of it" grep -q 'step 100: 25.0 % awake of 12 weights, threshold 0.001; not read: 2' picture.txt
finish
