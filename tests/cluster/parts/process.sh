# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# Part of `cluster`: the namespaces its processes live in, and their end.

# Numbers of our processes.
our_processes() {
	local pid
	{ grep -lszxF "$mark" /proc/[0-9]*/environ || true; } |
		while IFS=/ read -r _ _ pid _; do
			echo "$pid"
		done
}

# New namespaces, and what the others join.
start_world() {
	mkdir -p "$run/etcd" "$run/pod-logs" "$run/container-logs" \
		/run/netns /var/log/pods /var/log/containers
	env "$mark" setsid unshare --mount --propagation private --pid --fork \
		--kill-child --mount-proc "$here/parts/world.sh" "$run" \
		>"$log/world.log" 2>&1 </dev/null 8>&- &
	echo $! >"$run/world.pid"
	until_ready "its namespace" 60 test -s "$run/world"
	# the child of unshare, which is what the others join
	pgrep -P "$(cat "$run/world.pid")" >"$run/init.pid"
}

# start NAME COMMAND...: inside; what it says goes to LOG/NAME.log
start() {
	local name=$1 collect=100
	shift
	! is_lean || collect=400
	env "$mark" GOGC=$collect setsid nsenter --target "$(cat "$run/init.pid")" --mount --pid \
		--wd="$run" "$@" >>"$log/$name.log" 2>&1 </dev/null 8>&- &
	echo $! >"$run/$name.pid"
}

# Our number of a server that was started: the child of its nsenter.
server_pid() {
	pgrep -P "$(cat "$run/$1.pid")"
}

# stop NAME [SIGNAL]: and wait until it is gone, for 5 s at most
stop() {
	local pid deadline=$((SECONDS + 5))
	pid=$(server_pid "$1") || return 0
	kill "-${2:-TERM}" "$pid" 2>/dev/null || return 0
	while kill -0 "$pid" 2>/dev/null; do
		[ "$SECONDS" -lt "$deadline" ] || kill -KILL "$pid" || return 0
		sleep 0.05
	done
	rm -f "$run/$1.pid"
}

# Gone, or dead and not yet reaped: then its ports are free again.
is_dead() {
	local state
	state=$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) || return 0
	[ -z "$state" ] || [ "$state" = Z ]
}

# The end of the first process is that of all others, containers included.
end_world() {
	local pids all='' pid deadline=$((SECONDS + 20))
	while pids=$(our_processes) && [ -n "$pids" ]; do
		# shellcheck disable=SC2086
		kill -KILL $pids 2>/dev/null || true
		all="$all $pids"
		[ "$SECONDS" -lt "$deadline" ] ||
			die "these do not die:" $pids
		sleep 0.05
	done
	for pid in $all; do
		until is_dead "$pid" || [ "$SECONDS" -ge "$deadline" ]; do
			sleep 0.05
		done
	done
}
