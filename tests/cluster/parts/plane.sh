# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# Part of `cluster`: certificates and the control plane.

# --- certificates --------------------------------------------------------------

# issue NAME SUBJECT [EXTENSION]
issue() {
	openssl req -newkey rsa:2048 -nodes -subj "$2" -keyout "$1.key" \
		-out "$1.csr"
	openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial \
		-days 3650 -out "$1.crt" \
		-extfile <(echo "${3:-extendedKeyUsage=clientAuth}")
}

issue_all() {
	local names=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default
	openssl req -x509 -newkey rsa:2048 -nodes -days 3650 \
		-subj /CN=trialdeck-test -keyout ca.key -out ca.crt
	issue apiserver /CN=kube-apiserver "subjectAltName=$names,\
DNS:kubernetes.default.svc,IP:127.0.0.1,IP:$host_ip,IP:$service_ip"
	issue kubelet-server /CN=testnode \
		"subjectAltName=DNS:testnode,IP:127.0.0.1,IP:$host_ip"
	issue admin /O=system:masters/CN=admin
	issue kubelet /O=system:nodes/CN=system:node:testnode
	issue controller-manager /CN=system:kube-controller-manager
	issue scheduler /CN=system:kube-scheduler
	openssl genrsa -out accounts.key 2048
	openssl rsa -in accounts.key -pubout -out accounts.pub
}

kubeconfig() { # USER
	cat >"$dir/$1.kubeconfig" <<-END
	apiVersion: v1
	kind: Config
	current-context: test
	clusters:
	- name: test
	  cluster:
	    server: https://127.0.0.1:$port
	    certificate-authority: $pki/ca.crt
	users:
	- name: $1
	  user:
	    client-certificate: $pki/$1.crt
	    client-key: $pki/$1.key
	contexts:
	- name: test
	  context: {cluster: test, user: $1}
	END
}

certificates() {
	local user
	# they name the addresses, and so belong to one choice of them
	if [ "$(cat "$pki/for" 2>/dev/null)" != "$net" ]; then
		rm -rf "$pki"
		mkdir -p "$pki"
		(cd "$pki" && issue_all >"$log/openssl.log" 2>&1) ||
			die "no certificates, see $log/openssl.log"
		echo "$net" >"$pki/for"
	fi
	for user in admin kubelet controller-manager scheduler; do
		kubeconfig "$user"
	done
}

# --- servers -------------------------------------------------------------------

# What clients ask for, with the times it came and was answered; of the cluster's
# own servers only what changes a job's status, with the new status.
audit_policy() {
	cat >"$run/audit.yaml" <<-'END'
	apiVersion: audit.k8s.io/v1
	kind: Policy
	omitStages: [RequestReceived]
	rules:
	- level: Request
	  verbs: [update, patch]
	  resources: [{group: batch, resources: [jobs/status]}]
	- level: None
	  userGroups: [system:serviceaccounts, system:nodes]
	- level: None
	  users: [system:apiserver, system:kube-scheduler,
	    system:kube-controller-manager]
	- level: Metadata
	END
}

# Durability is not what is tested here: etcd does not wait for a disk.
start_etcd() {
	start etcd etcd --data-dir "$run/etcd/data" --unsafe-no-fsync \
		--listen-client-urls "$etcd_url" --advertise-client-urls "$etcd_url" \
		--listen-peer-urls "$peer_url" \
		--initial-advertise-peer-urls "$peer_url" \
		--initial-cluster "default=$peer_url" \
		--quota-backend-bytes $((4 << 30)) --snapshot-count 1000000 \
		--logger zap --log-level error
}

start_apiserver() {
	local audit=()
	local lean=()
	! is_lean || lean=(--enable-priority-and-fairness=false
		--max-requests-inflight=4000
		--max-mutating-requests-inflight=4000)
	[ ! -f "$run/audit.yaml" ] || audit=(
		--audit-policy-file="$run/audit.yaml"
		--audit-log-path="$log/audit.log" --audit-log-mode=batch
		--audit-log-maxsize=8192
		--audit-log-batch-max-wait=200ms --audit-log-batch-max-size=400
		--audit-log-batch-buffer-size=100000
		--audit-log-batch-throttle-enable=false)
	start apiserver "$bin/kube-apiserver" --etcd-servers="$etcd_url" \
		--bind-address=0.0.0.0 --secure-port="$port" \
		--advertise-address="$host_ip" \
		--tls-cert-file="$pki/apiserver.crt" \
		--tls-private-key-file="$pki/apiserver.key" \
		--client-ca-file="$pki/ca.crt" \
		--service-account-key-file="$pki/accounts.pub" \
		--service-account-signing-key-file="$pki/accounts.key" \
		--service-account-issuer=https://kubernetes.default.svc \
		--service-cluster-ip-range="$net.128.0/24" \
		--kubelet-client-certificate="$pki/admin.crt" \
		--kubelet-client-key="$pki/admin.key" \
		--kubelet-certificate-authority="$pki/ca.crt" \
		--kubelet-preferred-address-types=InternalIP,Hostname \
		--authorization-mode=Node,RBAC --allow-privileged=true \
		--feature-gates=TTLAfterFinished=true --event-ttl=15m \
		--profiling=false "${audit[@]}" "${lean[@]}"
	until_ready "the API server" 300 is_answering
}

is_answering() {
	[ "$(api GET /readyz)" = ok ]
}

# Without a node thousands of pods are played, and the machine's processors are
# what everybody waits for: no more garbage collection, fairness and controllers
# than needed.
is_lean() {
	[ -f "$run/lean" ]
}

# Rates far above the defaults: tests should wait for what they test, not for
# a controller that holds itself back to 20 requests a second.
start_controllers() {
	local controllers='*'
	! is_lean || controllers="job,garbagecollector,namespace,nodelifecycle,\
serviceaccount,serviceaccount-token,resourcequota,ttl-after-finished"
	[ ! -f "$run/no-jobs" ] || controllers=${controllers#job,},-job
	start controller-manager "$bin/kube-controller-manager" \
		--kubeconfig="$dir/controller-manager.kubeconfig" \
		--bind-address=127.0.0.1 --secure-port="$controllers_port" --port=0 \
		--controllers="$controllers" \
		--service-account-private-key-file="$pki/accounts.key" \
		--root-ca-file="$pki/ca.crt" --use-service-account-credentials=true \
		--kube-api-qps=2000 --kube-api-burst=4000 --leader-elect=false \
		--feature-gates=TTLAfterFinished=true --profiling=false
}

start_scheduler() {
	start scheduler "$bin/kube-scheduler" \
		--kubeconfig="$dir/scheduler.kubeconfig" --bind-address=127.0.0.1 \
		--secure-port="$scheduler_port" --port=0 --kube-api-qps=2000 \
		--kube-api-burst=4000 --leader-elect=false --profiling=false
}

control_plane() { # [AUDIT]
	[ -z "$1" ] || audit_policy
	start_etcd
	start_apiserver
	start_controllers
	start_scheduler
	until_ready "the service account of namespace default" 300 has_account default
}

has_account() {
	api GET "/api/v1/namespaces/$1/serviceaccounts/default" |
		jq -e '.secrets | length > 0'
}
