# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# Part of `cluster`: the one node: its network, containerd, images, kubelet.

# --- network -------------------------------------------------------------------

# The bridge is ours from the start, so that this host has its address before
# the first pod; our rules are in chains of our own, which are easy to find.
make_network() {
	# an address of its own: left alone, a bridge takes that of one of its
	# ports and changes it as pods come and go, and the others, who have the
	# old one in mind, talk to nobody for seconds
	ip link add "$bridge" address "$(printf '02:58:%02x:%02x:00:01' \
		"${net%.*}" "${net#*.}")" type bridge
	ip address add "$host_ip/17" dev "$bridge"
	ip link set "$bridge" up
	iptables -w -N "$chain"
	iptables -w -I INPUT -i "$bridge" -j "$chain"
	iptables -w -t nat -N "$chain"
	iptables -w -t nat -A PREROUTING -i "$bridge" -j "$chain"
	# there is no kube-proxy: the one service that pods look for
	iptables -w -t nat -A "$chain" -d "$service_ip" -p tcp --dport 443 \
		-j DNAT --to-destination "$host_ip:$port"
}

remove_network() {
	local table
	command -v iptables >/dev/null || return 0
	for table in "filter INPUT" "nat PREROUTING"; do
		set -- $table
		while iptables -w -t "$1" -D "$2" -i "$bridge" -j "$chain"; do :; done
		iptables -w -t "$1" -F "$chain" || continue
		iptables -w -t "$1" -X "$chain"
	done 2>/dev/null
	ip link delete "$bridge" 2>/dev/null || true
}

# --- control groups ------------------------------------------------------------

cgroup_root=/trialdeck-$port

# What the kernel leaves of killed containers: empty groups.
remove_cgroups() {
	local group deadline=$((SECONDS + 10))
	for group in "/sys/fs/cgroup$cgroup_root" /sys/fs/cgroup/*"$cgroup_root"; do
		while [ -d "$group" ]; do
			find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
			[ "$SECONDS" -lt "$deadline" ] || break
		done
	done
}

# --- configuration -------------------------------------------------------------

write_cni() {
	mkdir -p "$run/cni.d"
	cat >"$run/cni.d/10-test.conflist" <<-END
	{
	  "cniVersion": "0.4.0",
	  "name": "trialdeck-test",
	  "plugins": [{
	    "type": "bridge",
	    "bridge": "$bridge",
	    "isGateway": true,
	    "hairpinMode": true,
	    "ipam": {
	      "type": "host-local",
	      "dataDir": "$run/cni",
	      "ranges": [[{"subnet": "$net.0.0/17", "gateway": "$host_ip"}]],
	      "routes": [{"dst": "0.0.0.0/0"}]
	    }
	  }]
	}
	END
}

# restrict_oom_score_adj: a sandboxed root may not lower its own score, and
# would be unable to start any container
write_containerd() {
	cat >"$run/containerd.toml" <<-END
	version = 2
	root = "$run/containerd"
	state = "$run/containerd-state"

	[grpc]
	  address = "$run/containerd.sock"

	[plugins."io.containerd.internal.v1.opt"]
	  path = "$run/opt"

	[plugins."io.containerd.grpc.v1.cri"]
	  sandbox_image = "test.local/pause:1"
	  restrict_oom_score_adj = true
	  stream_server_address = "127.0.0.1"

	  [plugins."io.containerd.grpc.v1.cri".cni]
	    bin_dir = "/usr/lib/cni"
	    conf_dir = "$run/cni.d"
	END
}

write_kubelet() {
	cat >"$run/kubelet.yaml" <<-END
	apiVersion: kubelet.config.k8s.io/v1beta1
	kind: KubeletConfiguration
	port: $kubelet_port
	healthzPort: $healthz_port
	authentication:
	  anonymous: {enabled: false}
	  webhook: {enabled: false}
	  x509: {clientCAFile: $pki/ca.crt}
	authorization: {mode: AlwaysAllow}
	tlsCertFile: $pki/kubelet-server.crt
	tlsPrivateKeyFile: $pki/kubelet-server.key
	cgroupDriver: cgroupfs
	cgroupRoot: $cgroup_root
	cgroupsPerQOS: true
	enforceNodeAllocatable: []
	makeIPTablesUtilChains: false
	failSwapOn: false
	resolvConf: /etc/resolv.conf
	# the machine's disk may be as full as it likes
	evictionHard:
	  memory.available: 0%
	  nodefs.available: 0%
	  imagefs.available: 0%
	  nodefs.inodesFree: 0%
	imageGCHighThresholdPercent: 100
	kubeAPIQPS: 500
	kubeAPIBurst: 1000
	registryPullQPS: 0
	eventRecordQPS: 0
	syncFrequency: 5s
	nodeStatusUpdateFrequency: 5s
	maxPods: 200
	END
}

# --- node ----------------------------------------------------------------------

node() {
	local path='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]'
	make_network
	make_cgroups
	write_cni
	write_containerd
	write_kubelet
	start containerd containerd --config "$run/containerd.toml"
	until_ready containerd 180 ctr -a "$run/containerd.sock" version
	load_image test.local/pause:1 "$images/pause.tar" '{"Entrypoint":["/pause"]}'
	load_image test.local/trial:1 "$images/trial.tar" \
		"{$path,\"Cmd\":[\"/bin/bash\"]}"
	start kubelet "$bin/kubelet" --kubeconfig="$dir/kubelet.kubeconfig" \
		--config="$run/kubelet.yaml" --root-dir="$run/kubelet" \
		--hostname-override=testnode --node-ip="$host_ip" \
		--container-runtime=remote \
		--container-runtime-endpoint="unix://$run/containerd.sock"
	until_ready "the node" 300 is_node_ready
}

# kubelet wants its root group to be there, in every hierarchy
make_cgroups() {
	local hierarchy
	if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
		mkdir -p "/sys/fs/cgroup$cgroup_root"
		return
	fi
	for hierarchy in /sys/fs/cgroup/*/; do
		[ -L "${hierarchy%/}" ] || mkdir -p "$hierarchy$cgroup_root"
	done
	# a new cpuset has neither processors nor memory
	if [ -d /sys/fs/cgroup/cpuset ]; then
		cat /sys/fs/cgroup/cpuset/cpuset.cpus \
			>"/sys/fs/cgroup/cpuset$cgroup_root/cpuset.cpus"
		cat /sys/fs/cgroup/cpuset/cpuset.mems \
			>"/sys/fs/cgroup/cpuset$cgroup_root/cpuset.mems"
	fi
}

is_node_ready() {
	api GET /api/v1/nodes/testnode | jq -e '.status.conditions |
		any(.type == "Ready" and .status == "True")'
}

# load_image NAME ROOTFS.tar CONFIG-JSON
load_image() {
	local archive
	archive=$(mktemp "$run/image.XXXXXX")
	python3 "$here/parts/oci_image.py" "$@" "$archive"
	ctr -a "$run/containerd.sock" -n k8s.io images import "$archive" >/dev/null
	rm -f "$archive"
}
