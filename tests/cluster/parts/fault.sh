# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# Part of `cluster`: trouble on demand.

apiserver() {
	case ${1:-} in
	stop) stop apiserver ;;
	kill) stop apiserver KILL ;;
	start) start_apiserver ;;
	*) die "usage: cluster apiserver stop|start|kill" ;;
	esac
}

# etcd's JSON gateway: PATH BODY
etcd_call() {
	curl -sS --max-time 20 -X POST -d "$2" "$etcd_url/v3/$1"
}

# The API server answers watches from memory, where the newest changes of each
# kind outlive a compaction: only a restart forgets them.
expire() {
	local revision
	stop apiserver KILL
	revision=$(etcd_call maintenance/status '{}' | jq -r .header.revision)
	etcd_call kv/compaction "{\"revision\":\"$revision\",\"physical\":true}" |
		jq -e .header.revision >/dev/null || die "etcd does not compact"
	start_apiserver
}

firewall() {
	local target rule
	[ $# = 2 ] || die "usage: cluster firewall block|reject|unblock PORT"
	case $1 in
	block) target="DROP" ;;
	reject) target="REJECT --reject-with tcp-reset" ;;
	unblock) target= ;;
	*) die "firewall does not know $1" ;;
	esac
	for rule in DROP "REJECT --reject-with tcp-reset"; do
		# shellcheck disable=SC2086
		while iptables -w -D "$chain" -p tcp --dport "$2" -j $rule; do
			:
		done 2>/dev/null
	done
	# shellcheck disable=SC2086
	[ -z "$target" ] ||
		iptables -w -A "$chain" -p tcp --dport "$2" -j $target
}

make_namespace() {
	[ $# -ge 1 ] || die "usage: cluster namespace NAME [MAX-PODS]"
	api POST /api/v1/namespaces "{\"metadata\":{\"name\":\"$1\"}}" |
		jq -e '.kind == "Namespace"' >/dev/null || die "no namespace $1"
	if [ $# = 2 ]; then
		api POST "/api/v1/namespaces/$1/resourcequotas" "{
			\"metadata\":{\"name\":\"pods\"},
			\"spec\":{\"hard\":{\"pods\":\"$2\"}}}" |
			jq -e '.kind == "ResourceQuota"' >/dev/null ||
			die "no quota in $1"
	fi
	until_ready "the service account of $1" 300 has_account "$1"
}
