# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# Part of `cluster`: what must be there before one can start, all of it kept in
# $cache: bin/ (servers) and images/ (root file systems as tar).

packages="etcd-server containerd runc containernetworking-plugins iptables
iproute2 conntrack socat openssl curl jq util-linux procps python3 gcc libc6-dev"
build_packages="golang-1.19-go golang-github-modern-go-reflect2-dev dpkg-dev
make rsync"
servers="kube-apiserver kube-controller-manager kube-scheduler kubelet"

cannot() {
	echo "cluster: this machine cannot host it: $*"
	exit 77
}

# Everything that has been seen missing in containers and sandboxes, tried
# rather than asked for.
can() {
	local scratch
	[ "$(id -u)" = 0 ] || cannot "not root"
	is_built || command -v apt-get >/dev/null ||
		cannot "no Debian packages, and nothing built yet"
	unshare --mount --pid --fork true 2>/dev/null ||
		cannot "no new namespaces may be made"
	scratch=$(mktemp -d)
	mkdir "$scratch/lower" "$scratch/upper" "$scratch/work" "$scratch/all"
	unshare --mount mount -t overlay overlay -o \
		"lowerdir=$scratch/lower,upperdir=$scratch/upper,workdir=$scratch/work" \
		"$scratch/all" 2>/dev/null || {
		rm -rf "$scratch"
		cannot "no overlay file system"
	}
	rm -rf "$scratch"
	if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
		grep -qw memory /sys/fs/cgroup/cgroup.controllers ||
			cannot "no memory control group"
		[ -w /sys/fs/cgroup/cgroup.procs ] ||
			cannot "control groups are read-only"
	else
		[ -w /sys/fs/cgroup/memory ] || cannot "no memory control group"
	fi
	if command -v ip >/dev/null; then
		ip link add "tdtry$$" type bridge 2>/dev/null ||
			cannot "no network bridge may be made"
		ip link delete "tdtry$$"
	fi
	if command -v iptables >/dev/null; then
		iptables -w -t nat -L POSTROUTING >/dev/null 2>&1 ||
			cannot "iptables does not work"
	fi
}

install_missing() {
	local wanted=() name
	for name; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = \
			installed ] || wanted+=("$name")
	done
	[ ${#wanted[@]} -gt 0 ] || return 0
	echo "cluster: installing ${wanted[*]}"
	apt-get -q update >"$cache/log/apt.log" 2>&1 || true
	DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o DPkg::Lock::Timeout=300 install --no-install-recommends \
		"${wanted[@]}" >>"$cache/log/apt.log" 2>&1 </dev/null ||
		die "packages could not be installed, see $cache/log/apt.log"
}

is_built() {
	local name
	for name in $servers; do
		[ -x "$bin/$name" ] || return 1
	done
	[ -s "$images/pause.tar" ] && [ -s "$images/trial.tar" ]
}

build() {
	local name is_complete=1
	(can) || die "not here"
	mkdir -p "$bin" "$images" "$cache/log"
	exec 9>"$cache/build.lock"
	flock 9
	# shellcheck disable=SC2086
	install_missing $packages
	for name in $servers; do
		[ -x "$bin/$name" ] || is_complete=
	done
	[ -n "$is_complete" ] || compile_servers
	[ -s "$images/pause.tar" ] || make_pause_image
	[ -s "$images/trial.tar" ] || make_trial_image
	exec 9>&-
}

# The mirror this machine installs from, such as http://deb.debian.org/debian.
mirror() {
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
		'Codename: bookworm' 'Component: main' | head -n 1
}

# --- servers -------------------------------------------------------------------

# Debian ships kubectl alone of Kubernetes, but the source of everything.
compile_servers() {
	local work=$cache/compile name
	# shellcheck disable=SC2086
	install_missing $build_packages
	rm -rf "$work"
	mkdir -p "$work/lists/partial" "$work/home"
	echo "cluster: compiling Kubernetes, once, about 6 minutes (2 cores)"
	(cd "$work" && fetch_kubernetes && compile_kubernetes) \
		>"$cache/log/build.log" 2>&1 ||
		die "the build failed, see $cache/log/build.log"
	for name in $servers; do
		# under its name only when it is whole
		cp "$work"/kubernetes-*/_output/local/bin/linux/*/"$name" \
			"$bin/$name.new"
		mv "$bin/$name.new" "$bin/$name"
	done
	chmod -R u+w "$work" && rm -rf "$work"
}

# A source list of its own, so that the machine's stay as they are.
fetch_kubernetes() {
	local apt=(apt-get -q -o "Dir::Etc::SourceList=$PWD/sources.list"
		-o Dir::Etc::SourceParts=/dev/null
		-o "Dir::State::Lists=$PWD/lists" -o APT::Sandbox::User=root)
	echo "deb-src $(mirror) bookworm main" >sources.list
	"${apt[@]}" update
	"${apt[@]}" source --download-only kubernetes
	tar -xzf kubernetes_*.orig.tar.gz
}

compile_kubernetes() {
	local version reflect=github.com/modern-go/reflect2
	cd kubernetes-*/
	version=${PWD##*/kubernetes-}
	{
		echo "KUBE_GIT_VERSION=v$version"
		echo "KUBE_GIT_MAJOR=$(cut -d. -f1 <<<"$version")"
		echo "KUBE_GIT_MINOR=$(cut -d. -f2 <<<"$version")"
		echo "KUBE_GIT_COMMIT=debian"
		echo "KUBE_GIT_TREE_STATE=archive"
	} >../version
	# the vendored reflect2 panics with Go 1.18 and newer; Debian's is mended
	rm -rf "vendor/$reflect"
	cp -r "/usr/share/gocode/src/$reflect" "vendor/$reflect"
	mkdir -p ../go/src/k8s.io
	ln -s "$PWD" ../go/src/k8s.io/kubernetes
	cd ../go/src/k8s.io/kubernetes
	env -i PATH="/usr/lib/go-1.19/bin:$PATH" HOME="$cache/compile/home" \
		GOPATH="$cache/compile/go" CGO_ENABLED=0 GOFLAGS= \
		KUBE_GIT_VERSION_FILE="$cache/compile/version" \
		make WHAT="$(printf 'cmd/%s ' $servers)"
}

# --- images --------------------------------------------------------------------

# What holds a pod's namespaces: does nothing, reaps, ends when asked to.
make_pause_image() {
	local work
	work=$(mktemp -d)
	cat >"$work/pause.c" <<-'END'
	#include <signal.h>
	#include <stdlib.h>
	#include <sys/wait.h>

	int main(void)
	{
		sigset_t set;
		int sig;

		sigemptyset(&set);
		sigaddset(&set, SIGINT);
		sigaddset(&set, SIGTERM);
		sigaddset(&set, SIGCHLD);
		sigprocmask(SIG_BLOCK, &set, NULL);
		while (sigwait(&set, &sig) == 0 && sig == SIGCHLD)
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
		return 0;
	}
	END
	mkdir "$work/root"
	gcc -Os -static -s -o "$work/root/pause" "$work/pause.c"
	tar -C "$work/root" -cf "$images/pause.tar.new" .
	mv "$images/pause.tar.new" "$images/pause.tar"
	rm -rf "$work"
}

# What trials run in: a small Debian with Python and curl.
make_trial_image() {
	local work=$cache/debootstrap
	install_missing debootstrap
	rm -rf "$work"
	echo "cluster: making the trials' image"
	debootstrap --variant=minbase \
		--include=python3,python3-pip,python3-requests,curl,ca-certificates \
		bookworm "$work" "$(mirror)" >"$cache/log/debootstrap.log" 2>&1 ||
		die "no image of Debian, see $cache/log/debootstrap.log"
	rm -rf "$work"/var/cache/apt/archives/*.deb "$work"/var/lib/apt/lists/* \
		"$work"/usr/share/doc "$work"/usr/share/man
	tar -C "$work" -cf "$images/trial.tar.new" .
	mv "$images/trial.tar.new" "$images/trial.tar"
	rm -rf "$work"
}
