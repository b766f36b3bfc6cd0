#!/bin/sh
# Bad requests: exit status 2, one line that says what was expected, nothing else, nothing written.
. "${srcdir:-.}/tests/tap.sh"

# refused EXPECTED ARGUMENT ...
refused() {
    expected="detinit: $1"
    shift
    "$DETINIT" "$@" >out 2>err </dev/null
    status=$?
    found=$(cat err)
    name="refuses $*"
    [ ${#name} -gt 100 ] && name=$(printf '%.100s ...' "$name")
    if [ $status -ne 2 ]; then
        echo "exit status $status instead of 2" >>err
        fail "$name" err
    elif [ "$found" != "$expected" ] || [ "$(wc -l <err)" -ne 1 ] || [ -s out ]; then
        echo "expected: $expected" >>err
        fail "$name" err out
    elif [ "$(find . -type f | sort | tr '\n' ' ')" != "./err ./out " ]; then
        find . >files
        fail "$name" files
        rm files
    else
        pass "$name"
    fi
}

# No value, or none of the right kind.
refused "--seed: needs a value" --seed
refused "--rows: needs a value" --rows --cols 5
modes="he (kaiming), xavier (glorot), lecun, torch, normal, constant, identity (eye), dirac or delta_orthogonal"
its="$modes, or an initializer's name such as kaiming_uniform"
refused "--mode: needs a value: $modes" --mode
refused "--save: needs a value" --save
refused "--save: needs a FILE that is not empty" --save ""
refused "--seed: '' is not a whole number" --seed ""
refused "--rows: 'abc' is not a whole number" --rows abc
refused "--rows: '1e-1' is not a whole number" --rows 1e-1
refused "--rows: '1.55e1' is not a whole number" --rows 1.55e1
refused "--rows: '1.0' is not a whole number" --rows 1.0
refused "--rows: '1e' is not a whole number" --rows 1e
refused "--rows: '.5e1' is not a whole number" --rows .5e1
refused "--cols: '2.5' is not a whole number" --cols 2.5
refused "--cols: ' 7' is not a whole number" --cols " 7"
refused "--cols: '7 ' is not a whole number" --cols "7 "
refused "--layer: '0x' is not a whole number" --layer 0x
refused "--layer: '0xg' is not a whole number" --layer=0xg
refused "--seed: '+1' is not a whole number" --seed +1
refused "--std: 'wide' is not a number" --mode normal --std wide
refused "--std: '1,5' is not a number" --mode normal --std 1,5
refused "--gain: '2x' is not a number" --gain 2x
refused "--orthogonal: takes no value" --orthogonal=yes

# Out of range.
refused "--seed: '18446744073709551616' is out of range, which is 0 .. 2^64-1" \
    --seed 18446744073709551616
refused "--seed: '0x10000000000000000' is out of range, which is 0 .. 2^64-1" \
    --seed 0x10000000000000000
refused "--seed: '-1' is out of range, which is 0 .. 2^64-1" --seed -1
refused "--layer: '-7' is out of range, which is 0 .. 2^64-1" --layer -7
refused "--rows: '0' is out of range, which is 1 .. 2^63-1" --rows 0
refused "--cols: '0' is out of range, which is 1 .. 2^63-1" --cols 0
refused "--rows: '-5' is out of range, which is 1 .. 2^63-1" --rows -5
refused "--cols: '9223372036854775808' is out of range, which is 1 .. 2^63-1" \
    --cols 9223372036854775808
refused "--threads: '0' is out of range, which is 1 .. 4096" --threads 0
refused "--threads: '5000' is out of range, which is 1 .. 4096" --threads 5000
refused "--std: '0' must be finite and above 0" --mode normal --std 0
refused "--std: '-0.1' must be finite and above 0" --mode normal --std -0.1
refused "--std: 'inf' must be finite and above 0" --mode normal --std inf
refused "--gain: 'nan' must be finite and above 0" --gain nan
refused "--gain: '1e999' must be finite and above 0" --gain 1e999
refused "std times gain must be a binary64 number above 0; it is inf" \
    --mode normal --std 1e300 --gain 1e300
refused "std times gain must be a binary64 number above 0; it is 0" \
    --mode normal --std 1e-300 --gain 1e-300

refused "--seed: '2e19' is out of range, which is 0 .. 2^64-1" --seed 2e19
refused "--seed: '-1e3' is out of range, which is 0 .. 2^64-1" --seed -1e3
refused "--cols: '1e19' is out of range, which is 1 .. 2^63-1" --cols 1e19
refused "--rows: '0e5' is out of range, which is 1 .. 2^63-1" --rows 0e5

# Values of recipes.
fans="is not fan_in and fan_out, two whole numbers above 0 as IN,OUT"
refused "--fans: needs a value" --fans
refused "--fans: '64' $fans" --fans 64
refused "--fans: '64,0' $fans" --fans 64,0
refused "--fans: '0,64' $fans" --fans 0,64
refused "--fans: '64,32,3' $fans" --fans 64,32,3
refused "--fans: '64x32' $fans" --fans 64x32
refused "--fans: '-64,32' $fans" --fans -64,32
refused "--fan-mode: 'fan_inn' is unknown, did you mean fan_in? It takes fan_in, fan_out or fan_avg" \
    --fan-mode fan_inn
refused "--fan-mode: needs a value: fan_in, fan_out or fan_avg" --fan-mode
activations="default, linear (conv), sigmoid, tanh, relu, leaky_relu or selu"
refused "--nonlinearity: 'reul' is unknown, did you mean relu? It takes $activations" \
    --nonlinearity reul
refused "--nonlinearity: 'softmax' is unknown; it takes $activations" --nonlinearity softmax
slope="only leaky_relu takes a slope, a number as in leaky_relu:0.2"
refused "--nonlinearity: 'tanh:2' is unknown; $slope" --nonlinearity tanh:2
refused "--nonlinearity: 'leaky_relu:' is unknown; $slope" --nonlinearity leaky_relu:
refused "--nonlinearity: 'leaky_relu:steep' is unknown; $slope" --nonlinearity leaky_relu:steep
refused "--nonlinearity: 'leaky_relu:inf' is unknown; $slope" --nonlinearity leaky_relu:inf
refused "--cut: 'two' is not a number" --dist trunc_normal --cut two
refused "cut must be 0.5 .. 8, not 9" --dist trunc_normal --cut 9
refused "cut must be 0.5 .. 8, not 0.25" --dist trunc_normal --cut .25
refused "dist truncated is cut at 2; dist trunc_normal takes other cuts" --dist truncated --cut 3
refused "--mean: 'small' is not a number" --mean small
refused "--mean: 'inf' must be finite" --mean inf
refused "--mean: 'nan' must be finite" --mean nan
refused "--value: '1,5' is not a number" --mode constant --value 1,5
refused "--value: '-1e999' must be finite" --mode constant --value -1e999
refused "--zero: '1.5' is not a share, 0 .. 1" --zero 1.5
refused "--zero: '-0.1' is not a share, 0 .. 1" --zero -0.1
refused "--zero: 'half' is not a share, 0 .. 1" --zero half
kept="is not a share above 0, up to 1, such as 0.04 or 4%"
for share in 0 -4% 104% 4 % 1e1% nan 4%% few; do
    refused "--keep: '$share' $kept" showcase --small --keep $share
done
refused "--zero-row: '-1' is neither the number of a row, from 0, nor none" --zero-row -1
refused "--zero-row: 'first' is neither the number of a row, from 0, nor none" --zero-row first
refused "zero_row must be a row of the first dimension, below 10, not 10" --zero-row 10
refused "zero_row needs a tensor that has rows" --zero-row 0 --shape scalar
refused "zero_row needs a tensor that has rows" --zero-row 0 --shape 0,4
refused "--via: 'float8' is unknown, did you mean float64? It takes float64 (f8), float32 (f4), float16 (f2) or bfloat16 (bf16)" \
    --via float8
refused "--layer: 'name:' names no layer; a name follows the colon" --layer name:
refused "--layer: 'fc1' is not a whole number" --layer fc1

# Unknown names, with the nearest known one.
refused "--mode: 'hee' is unknown, did you mean he? It takes $its" \
    --mode hee
refused "--mode: 'xaviar' is unknown, did you mean xavier? It takes $its" \
    --mode xaviar
refused "--mode: 'kaiming_unifrom' is unknown, did you mean kaiming_uniform? It takes $its" \
    --mode kaiming_unifrom
refused "--mode: 'qqqqqq' is unknown; it takes $its" \
    --mode qqqqqq
refused "--dist: 'unifrom' is unknown, did you mean uniform? It takes default, normal, uniform, truncated or trunc_normal" \
    --dist unifrom
refused "--fan-in: 'row' is unknown, did you mean rows? It takes cols or rows" --fan-in row
refused "--dtype: 'float31' is unknown, did you mean float32? It takes float64 (f8), float32 (f4), float16 (f2) or bfloat16 (bf16)" \
    --dtype float31
refused "--format: 'jsn' is unknown, did you mean json? It takes text, json or csv" --format jsn
refused "--color: 'sometimes' is unknown; it takes auto, always or never" --color sometimes
refused "--sede: no such option, did you mean --seed?" --sede 42
refused "--orthogonl: no such option, did you mean --orthogonal?" --orthogonl
refused "--zzzzzzzz: no such option; --help lists them" --zzzzzzzz
refused "-x: no such option; --help lists them" -x
refused "wieght: no such command, did you mean weight?" wieght --at 1,2
refused "plot: no such command; --help lists them" plot
refused "'5' is a word too many; options begin with --" --rows 5 5

# Options that do not go together.
refused "--std: needs --mode normal; other modes set their own" --std 0.02
refused "--std: needs --mode normal; other modes set their own" --mode he --std 0.02
refused "--matrix: needs --format json" --matrix
refused "--orthogonal: is made from normal draws; leave --dist out" --orthogonal --dist uniform
refused "--script: cannot be joined with --command; choose one" --script a --command b
refused "--interactive: cannot be joined with --script or --command" -i --command "seed 1"
refused "--resume: opens the explorer; leave --script and --command out" --resume --command "seed 1"
refused "--cols: cannot be joined with --resume, which tells the recipe" --resume --cols 3
refused "--save: standard output carries the .npy; leave --format out" --save - --format json

refused "--interactive: cannot be joined with --script or --command" -i --script s

# One value for each option.
refused "--rows: was given twice: 3 and 4" --rows 3 --rows 4
refused "--rows: was given twice: 3 and 3" --rows 3 --rows 3
refused "--save: was given twice: a.npy and b.npy" --save a.npy --save b.npy
refused "--mode: was given twice: he and xavier" --mode he --cols 3 --mode=xavier

# An initializer's name says more than the mode.
refused "--dist: contradicts --mode he_normal, which makes it truncated; leave it out" \
    --mode he_normal --dist uniform
refused "--dist: contradicts --mode kaiming_uniform, which makes it uniform; leave it out" \
    --dist normal --mode kaiming_uniform
refused "--value: contradicts --mode ones, which makes it 1; leave it out" --mode ones --value 2
refused "--value: contradicts --mode Zeros, which makes it 0; leave it out" --value 2 --mode Zeros
refused "--orthogonal: contradicts --mode glorot_uniform, which makes it off; leave it out" \
    --orthogonal --mode glorot_uniform
refused "--dist: contradicts --mode orthogonal, which makes it default; leave it out" \
    --dist uniform --mode orthogonal

# Options on which no weight depends.
refused "--cut: needs --dist truncated or trunc_normal" --cut 3
refused "--cut: needs --dist truncated or trunc_normal" --mode torch --cut 2
refused "--value: needs --mode constant" --value 3
refused "--value: needs --mode constant" --mode eye --value 3
refused "--fans: needs --mode he, xavier, lecun or torch, which divide by them" \
    --mode normal --fans 3,4
refused "--fan-mode: needs --mode he, lecun or torch; xavier takes both fans, normal none" \
    --mode xavier --fan-mode fan_out
refused "--fan-mode: needs --mode he, lecun or torch; xavier takes both fans, normal none" \
    --mode normal --fan-mode fan_avg
refused "--std: has no effect on orthogonal weights; leave it out" --mode orthogonal --std 2
refused "--mean: has no effect on orthogonal weights; leave it out" --orthogonal --mean 1
refused "--fans: has no effect on orthogonal weights; leave it out" --orthogonal --fans 3,4
refused "--zero: has no effect on orthogonal weights; leave it out" --orthogonal --zero 0.5
refused "--zero-mean: has no effect on orthogonal weights; leave it out" \
    --orthogonal --zero-mean --shape 2,3,3,3
refused "--dist: has no effect with --mode constant; leave it out" --mode constant --dist uniform
refused "--gain: has no effect with --mode constant; leave it out" --mode ones --gain 2
refused "--mean: has no effect with --mode constant; leave it out" --mode zeros --mean 2
refused "--nonlinearity: has no effect with --mode identity; leave it out" \
    --mode identity --nonlinearity tanh
refused "--zero: has no effect with --mode dirac; leave it out" \
    --mode dirac --shape 3,3,3 --zero 0.1
refused "--orthogonal: has no effect with --mode constant; leave it out" \
    --mode constant --orthogonal
refused "--orthogonal: contradicts --mode ones, which makes it off; leave it out" \
    --mode ones --orthogonal
refused "mode identity needs a matrix, not rank 3" --mode eye --shape 2,3,4
refused "mode dirac needs a kernel of 3 to 5 dimensions, not 2" --mode dirac
refused "mode delta_orthogonal needs a kernel of 3 to 5 dimensions, not 6" \
    --mode delta_orthogonal --shape 1,1,1,1,1,1
refused "--exact: --format csv prints no statistics; leave it out" --exact --format csv

# What commands in the place of a report would pass over.
refused "--save: cannot be joined with --command; save is a command there" \
    --command "seed 1" --save w.npy
refused "--show-dist: cannot be joined with --script; show-dist is a command there" \
    --script s --show-dist
refused "--compare-modes: cannot be joined with --interactive; compare-modes is a command there" \
    -i --compare-modes
refused "--format: cannot be joined with --command, which prints no report" \
    --command "seed 1" --format json

refused "--save: standard output carries the .npy; leave --compare-modes and --show-dist out" \
    --save - --compare-modes
refused "--to: needs --save FILE, which the pruned copy goes to" prune w.npy --to zero
refused "--color: needs --interactive, --script or --command; reports have no colors" \
    --color always
refused "--background: needs --interactive, --script or --command" --background dark
refused "--no-mouse: needs --interactive" --command "seed 1" --no-mouse

# Options that a command has no use for.
refused "--save: does not go with the command weight; --format json or csv, on standard output, keeps the figures" \
    weight --at 1,1 --save w.npy
refused "--exact: does not go with the command verify" verify w.npy --exact
refused "--interactive: does not go with the command weight" weight --at 1,1 -i
refused "--command: does not go with the command init" init --net 3-2 --command "seed 1"
refused "--layer: does not go with the command unpack; the packed file tells it" unpack p --layer 1
refused "--rows: does not go with the command showcase; its network tells it" showcase --rows 3

# Places.
refused "weight: needs --at I,J, the row and the column of the weight" weight
refused "--at: goes with the command weight" --at 1,2
refused "--at: '5' is not a place: row and column as I,J, from 0" weight --at 5
refused "--at: '1,-2' is not a place: row and column as I,J, from 0" weight --at 1,-2
refused "--at: 'a,b' is not a place: row and column as I,J, from 0" weight --at a,b
refused "--at: 10,0 lies outside the 10 x 10 matrix; places count from 0" weight --at 10,0
refused "--at: 0,10 lies outside the 10 x 10 matrix; places count from 0" weight --at 0,10

refused "--at: '0' is not a place: a scalar is one weight and has no indices" \
    weight --shape scalar --at 0
refused "--at: 0,0 lies outside the 0 x 3 matrix; places count from 0" weight --shape 0,3 --at 0,0

# Files that name no format, and matrices beyond any machine.
refused "--save: 'weights' must end in .npy, .csv or .safetensors, which names the format" --save weights
refused "--save: 'weights.txt' must end in .npy, .csv or .safetensors, which names the format" --save weights.txt
refused "--save: the matrix is larger than any file can be" \
    --rows 9000000000000000000 --cols 9 --save w.npy
refused "the matrix has more than 2^64 - 1 weights" \
    --rows 9000000000000000000 --cols 9000000000000000000 --format csv

# What is available differs from machine to machine.
beyond_memory() {
    pattern="detinit: $1 needs [0-9.]* [PTE]B of memory and [0-9.]* [kMGT]B are available"
    shift
    "$DETINIT" "$@" >out 2>err
    if [ $? -eq 2 ] && grep -qx "$pattern" err && [ "$(wc -l <err)" -eq 1 ] && [ ! -s out ]; then
        pass "refuses $*"
    else
        fail "refuses $*" err out
    fi
}
beyond_memory "--orthogonal: a matrix of this shape" --orthogonal --rows 10000000 --cols 10000000
beyond_memory "--matrix: the whole matrix as JSON" --rows 10000000 --cols 1000000 \
    --format json --matrix

"$DETINIT" >out 2>err </dev/null
if [ $? -eq 2 ] && [ ! -s out ] && grep -q '^usage: detinit' err; then
    pass "without arguments or a terminal: usage"
else
    fail "without arguments or a terminal: usage" err out
fi

# Targets that no file can take: seen before anything is computed.
refused "--save: cannot write into 'missing/': No such file or directory" --save missing/w.npy
refused "--save: cannot write into './err/': Not a directory" --save ./err/w.npy
mkdir directory.npy closed
chmod a-w closed
refused "--save: 'directory.npy' is a directory; name a file" --save directory.npy
if [ "$(id -u)" -ne 0 ]; then
    refused "--save: cannot write into 'closed/': Permission denied" --save closed/w.npy
else
    skip "refuses a directory without the right to write" "root may write anywhere"
fi

# What fails on the way is a failure, not a senseless request.
cannot_write() {
    expected="detinit: cannot write '$1': $2"
    "$DETINIT" --rows 100 --cols 100 --save "$1" >out 2>err
    if [ $? -eq 1 ] && [ "$(cat err)" = "$expected" ] && [ ! -s out ]; then
        pass "cannot save to $1"
    else
        echo "expected: $expected" >>err
        fail "cannot save to $1" err out
    fi
}
if device full.npy 7 2>/dev/null; then
    cannot_write full.npy "No space left on device"
else
    skip "cannot save to a full device" "no right to make a device"
fi
long=$(printf 'n%.0s' $(seq 300)).npy
cannot_write "$long" "File name too long"

refused "list: a command comes before all options: detinit list ..." -q list w.npy
refused "'': a command or a file was expected; --help lists them" ''
finish
