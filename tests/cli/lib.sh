# SPDX-License-Identifier: MIT
# What the tests of the command line share; sourced by them.
# shellcheck shell=bash
set -u
build=${TOP_BUILDDIR:-.}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export XDG_DATA_HOME=$dir/home HOME=$dir/home
unset NO_COLOR XDG_CONFIG_HOME
db=$dir/t.db
number=0

result() { # STATUS NAME [WHAT WENT WRONG]
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		printf '%s\n' "${3:-}" | sed 's/^/# /'
	fi
}

td() {
	"$build/trialdeck" --db "$db" "$@" </dev/null
}

# status N NAME ARGUMENT...: the command ends with status N, and when that is
# not 0 says why on stderr, in one line that begins with the program's name
status() {
	local want=$1 name=$2 got out
	shift 2
	out=$(td "$@" 2>"$dir/stderr")
	got=$?
	if [ "$got" != "$want" ]; then
		result 1 "$name" "status $got: $out $(cat "$dir/stderr")"
	elif [ "$want" != 0 ] && ! grep -qE '^trialdeck: .+' "$dir/stderr"; then
		result 1 "$name" "no sentence on stderr: $(cat "$dir/stderr")"
	else
		result 0 "$name"
	fi
}

# json NAME EXPRESSION ARGUMENT...: valid JSON (v), for which a Python
# expression holds
json() {
	local name=$1 expression=$2
	shift 2
	td --json "$@" >"$dir/out" 2>"$dir/stderr"
	python3 - "$dir/out" "$expression" >"$dir/why" 2>&1 <<-'PYTHON'
	import json, sys
	v = json.loads(open(sys.argv[1], encoding="utf-8").read())
	assert eval("(%s)" % sys.argv[2]), v
	PYTHON
	result $? "$name" "$(tail -n 2 "$dir/why"; cat "$dir/stderr")"
}

# text NAME PATTERN ARGUMENT...: standard output has a matching line
text() {
	local name=$1 pattern=$2
	shift 2
	td "$@" >"$dir/out" 2>"$dir/stderr"
	grep -qE -- "$pattern" "$dir/out"
	result $? "$name" "$(head -n 5 "$dir/out"; cat "$dir/stderr")"
}

