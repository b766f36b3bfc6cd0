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
help <&>
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
check "the help shows what was searched for, escaped" grep -q '&lt;&amp;&gt;' help.svg
sed 's/\x1b\[[0-9;]*m//g' all.ansi >plain.txt
check "ANSI text without its colours is the text" cmp plain.txt all.txt
same "the text has all lines" 30 "$(wc -l <all.txt)"
finish
