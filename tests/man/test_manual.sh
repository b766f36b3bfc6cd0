#!/bin/sh
# The manual page names what the program's tables hold: commands, options, keys, the prompt's words.
. "${srcdir:-.}/tests/tap.sh"

page=$(dirname "$DETINIT")/man/detinit.1
if [ ! -f "$page" ]; then
    skip "the manual page" "not built here"
    finish
    exit
fi
sed 's/\\-/-/g; s/\\f[IR]//g' "$page" >plain
"$DETINIT" --command 'help; export help.txt 300x300' >/dev/null

# The lines of a section of the page; the texts of one of the help screen.
section() { sed -n "/^\.SH $1\$/,/^\.SH/p" plain; }
# (A line that begins far to the right goes on with the one above.)
screen() {
    sed -n "/^│ *$1 *│\$/,/^│ *│\$/p" help.txt | sed '1d; $d; s/^│ //; s/ *│$//' |
        awk '/^          / { sub(/^ */, " "); line = line $0; next }
             { if (NR > 1) print line; line = $0 } END { print line }'
}

# lists NAME SECTION SCREEN: the lines of the help screen, whose first column is 25 wide, are the
# items of the page.
lists() {
    section "$2" | awk '/^\.TP/ { getline; name = substr($0, 4); getline; sub(/[. ]*$/, "")
        printf "%-25.25s%s\n", name, $0 }' >items
    screen "$3" | sed 's/[. ]*$//' >shown
    check "$1: there are some" test "$(wc -l <shown)" -gt 15
    same "$1: the same in the manual as on the help screen" "" "$(diff shown items)"
}
lists "keys" KEYS Keys
lists "commands at the prompt" PROMPT "Commands at the : prompt"
screen "Options at the : prompt" | cut -d ' ' -f 1 >shown
section PROMPT | sed -n '/where they take none/,/^\.PP/{/^[a-z-]*[,.]$/p}' | tr -d ,. >items
check "options at the prompt" cmp shown items

for word in $("$DETINIT" --help | grep -oE '^  (-., )?--[a-z-]+' | sed 's/^.*--/--/'); do
    check "option $word" grep -q -e "^\.BR* .*$word\( \|\$\)" plain
done
for word in $("$DETINIT" --help | sed -n 's/^ *detinit \([a-z][a-z]*\).*/\1/p'); do
    check "command $word" grep -q "^\.B detinit $word" plain
done
if command -v groff >/dev/null; then
    groff -man -ww -z "$page" >warnings 2>&1
    same "groff has nothing to say" "" "$(cat warnings)"
else
    skip "groff has nothing to say" "no groff"
fi
finish
