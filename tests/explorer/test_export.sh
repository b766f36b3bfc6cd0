#!/bin/sh
# Exported screens, read by other programs than the one that wrote them.
. "${srcdir:-.}/tests/tap.sh"

python=$(python_with xml.dom.minidom)
well_formed() { "$python" -c 'import sys, xml.dom.minidom as d; d.parse(sys.argv[1])' "$1"; }

cat >commands <<'END'
rows 12; cols 9; mode he
export all.svg 100x30
export narrow.svg 20x6
export all.ansi 100x30
export all.txt 100x30
help < >
export help.svg 100x60
END
check "screens are exported" "$DETINIT" --script commands
for picture in all narrow help; do
    if [ -n "$python" ]; then
        check "$picture.svg is well-formed XML" well_formed $picture.svg
    else
        skip "$picture.svg is well-formed XML" "no python3"
    fi
done
check "the help shows what was searched for, escaped" grep -q 'bold">&lt;</text>' help.svg
check "all of it" grep -q 'bold">&gt;</text>' help.svg
sed 's/\x1b\[[0-9;]*m//g' all.ansi >plain.txt
check "ANSI text without its colours is the text" cmp plain.txt all.txt
same "the text has all lines" 30 "$(wc -l <all.txt)"

# What is made of cells are shapes and no letters, each where its character stands.
cat >shapes.py <<'END'
import re, sys
text, svg = (open(path, encoding="utf-8").read() for path in sys.argv[1:])
bits = [0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80]
dots, blocks = set(), set()
for y, line in enumerate(text.splitlines()):
    for x, rune in enumerate(map(ord, line)):
        if 0x2800 < rune < 0x2900:
            dots |= {(9 * x + 2.25 + 4.5 * (n // 4), 18 * y + 2.25 + 4.5 * (n % 4))
                     for n in range(8) if rune & bits[n]}
        if 0x2581 <= rune <= 0x2588:
            blocks |= {(9 * x, 18 * y + 18 - (rune - 0x2580) * 2.25)}
assert dots and blocks, "there are none to look for"
drawn = {(float(x), float(y)) for x, y in re.findall(r"M([\d.]+) ([\d.]+)h0", svg)}
assert drawn == dots, sorted(drawn ^ dots)[:5]
rects = [tuple(map(float, r)) for r in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)h-", svg)]
tops = {(x + 9 * n, y) for x, y, width, _ in rects for n in range(int(width) // 9)}
assert blocks <= tops, sorted(blocks - tops)[:5]
letters = set("".join(re.findall(r"<text[^>]*>([^<]*)", svg)))
assert not [c for c in letters if 0x2500 <= ord(c) <= 0x2590 or 0x2800 <= ord(c) < 0x2900], letters
END
if [ -n "$python" ]; then
    check "blocks, dots and frames are shapes" "$python" shapes.py all.txt all.svg
else
    skip "blocks, dots and frames are shapes" "no python3"
fi
"$DETINIT" --command 'rows 40; cols 30; pane matrix; view afar; export afar.svg matrix 60x30' >out
check "pixels are square" grep -q 'h9v9h-9z' afar.svg

# README's moving picture: no script, one frame below all others, the same bytes each time.
waking="$sources/pictures/waking.py"
if [ -z "$python" ]; then
    skip "weights wake in one picture" "no python3"
elif with_lapack "weights wake in one picture"; then
    check "weights wake in one picture" "$python" "$waking" "$DETINIT" waking.svg
    check "it is well-formed" well_formed waking.svg
    check "and the same when it is made again" "$python" "$waking" "$DETINIT" again.svg
    check "to the byte" cmp waking.svg again.svg
    same "of 11 frames over the last" 11 "$(grep -c '^<g class="f"' waking.svg)"
    check "and below 400 kB" test "$(wc -c <waking.svg)" -lt 400000
fi

# However the command is spelled, it waits for its results.
"$DETINIT" --command 'rows 60; cols 50; export plain.txt 100x40' >out
check "a picture holds results" grep -q 'normal? *p = ' plain.txt
tab=$(printf '\t')
n=0
for command in ':export a.txt 100x40' ' : : export a.txt 100x40' 'export=a.txt 100x40' \
    "export${tab}a.txt 100x40" "$tab:export$tab a.txt 100x40" 'export  a.txt  100x40' \
    '  export a.txt 100x40 # as it is'; do
    rm -f a.txt
    n=$((n + 1))
    "$DETINIT" --command "rows 60; cols 50; $command" >out
    check "the spelling number $n does so, too" cmp a.txt plain.txt
done
"$DETINIT" --command 'EXPORT upper.txt' >out 2>err
same "upper case is no command" \
    "1 detinit: command:1: EXPORT: no such command; help lists them" "$? $(cat err)"
check "and draws nothing" test ! -e upper.txt

# All or nothing.
cp all.txt before.txt
chmod 640 all.txt
"$DETINIT" --command 'rows 5; export all.txt 100x30' >out
same "a picture drawn over another keeps its mode" "640 differs" \
    "$(stat -c %a all.txt) $(cmp -s all.txt before.txt && echo same || echo differs)"
cp all.txt before.txt
(limit_files 1 && "$DETINIT" --command 'export all.txt 200x60' >out 2>err)
same "a picture that has no room says so" "1 detinit: command:1: export: 'all.txt' cannot be written: File too large" "$? $(cat err)"
check "leaves the old one whole" cmp all.txt before.txt
same "and nothing beside it" "" "$(find . -name '*detinit-*')"
ln -s all.txt link.txt
"$DETINIT" --command 'export link.txt 40x12' >out
same "a link stays one" "12 yes" "$(wc -l <all.txt) $(test -L link.txt && echo yes)"
mkdir folder folder.txt
"$DETINIT" --command 'export folder 40x12' >out 2>err
same "a folder is no picture" "detinit: command:1: export: 'folder' must end in .txt, .ansi or .svg" \
    "$(cat err)"
"$DETINIT" --command 'export folder.txt 40x12' >out 2>err
same "nor when its name ends like one" \
    "detinit: command:1: export: 'folder.txt' cannot be written: Is a directory" "$(cat err)"
mkfifo pipe.txt
cat pipe.txt >piped.txt &
"$DETINIT" --command 'export pipe.txt 40x12' >out
wait
same "a pipe is written straight" 12 "$(wc -l <piped.txt)"
check "a name may have blanks" "$DETINIT" -q --command 'export my own file.txt 60x20 modes'
check "and is where it says" test -s "my own file.txt"
check "the pane that leads has the number 0" "$DETINIT" -q --command "open $sources/tests/data/tied_one.safetensors; pane 0; export zero.txt 0 60x20"
check "which is its own" grep -q '0 Tensors' zero.txt
"$DETINIT" --shape 2,3,4,5,6 --save five.npy -q
for slice in 1,2,5 1,0,2,0,5; do
    "$DETINIT" --command "open five.npy; dims 3,1; slice $slice; export slice-$slice.txt matrix 80x24" >out
done
check "a slice is told by all indices, or by those of the dimensions that are not shown" \
    cmp slice-1,2,5.txt slice-1,0,2,0,5.txt
"$DETINIT" --command 'open five.npy; dims 3,1; slice 1,2' >out 2>err
same "no other number of them" "detinit: command:1: slice: '1,2' is not a place: 5 indices joined by commas, from 0" "$(cat err)"
"$DETINIT" --command help >help.txt
check "no word of help runs into what it is" sh -c '! grep -q "WxH]draw" help.txt && grep -q "WxH] draw" help.txt'
mkdir home
HOME=$PWD/home "$DETINIT" --command 'export ~/z.txt; rows 5; save ~/w.npy; e ~/w.npy' >out 2>err
same "~ is the user's home" "" "$(cat err)"
same "where files are written" "w.npy z.txt" "$(ls home | tr '\n' ' ' | sed 's/ $//')"
check "and read" grep -q "^opened $PWD/home/w.npy: 1 tensor" out
finish
