#!/bin/bash
# SPDX-License-Identifier: MIT
# First process of a cluster's namespaces: mounts what must be the cluster's
# own, then reaps whatever ends.  Its end is that of all others.
# Usage: world.sh RUN-FOLDER
set -eu
run=$1
mount -t tmpfs -o size=75% etcd "$run/etcd"
mount -t tmpfs netns /run/netns
# kubelet knows no other places, and clears them of pods it does not know, such
# as those of another cluster
mount --bind "$run/pod-logs" /var/log/pods
mount --bind "$run/container-logs" /var/log/containers
echo "$$" >"$run/world"
trap 'exit 0' TERM
while :; do
	sleep infinity &
	wait $! || true
done
