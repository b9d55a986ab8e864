#!/bin/bash
# down.sh [--wipe]   Stops what up.sh and addon.sh started and takes its pods' network away; --wipe forgets the state too.
# Every step may find nothing to do: an interrupted call is mended by the next.
set -u
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
. "$CLUSTER_SCRIPTS/processes.sh"
case ${1:-} in '' | --wipe) ;; *) echo "down.sh: '$1' is not --wipe" >&2; exit 2 ;; esac
lock run

stop metrics-server kwok kubelet kube-proxy
if is_running containerd && ctr version >/dev/null 2>&1; then
  for task in $(ctr tasks ls -q); do ctr tasks kill -s SIGKILL "$task" >/dev/null 2>&1; done
  sleep 0.3
  for task in $(ctr tasks ls -q); do ctr tasks rm -f "$task" >/dev/null 2>&1; done
  for container in $(ctr containers ls -q); do ctr containers rm "$container" >/dev/null 2>&1; done
fi
# Shims outlive their containerd: only those that name its socket are ours.
for process in /proc/[0-9]*; do
  tr '\0' ' ' 2>/dev/null <"$process/cmdline" | grep -q -- "containerd-shim.* -address $CONTAINERD_ADDRESS" && kill -9 "${process#/proc/}" 2>/dev/null
done
stop containerd kube-scheduler kube-controller-manager kube-apiserver
stop etcd

awk '{print $2}' /proc/mounts | grep -E "^$CLUSTER_HOME/(state|run)/" | sort -r | while read -r mount; do
  umount "$mount" 2>/dev/null || umount -l "$mount"
done
for namespace in $(ip netns list 2>/dev/null | awk '/^cni-/ {print $1}'); do ip netns del "$namespace" 2>/dev/null; done
ip link del cni-showrunner 2>/dev/null
for family in ip ip6; do nft delete table $family kube-proxy 2>/dev/null; done
# The bridge plugin's masquerading: first the rules that jump to its chains (iptables prints them quoted for a shell), then the chains.
iptables -t nat -S 2>/dev/null | grep -- '-j CNI-' | while read -r _ rule; do eval "iptables -t nat -D $rule" 2>/dev/null; done
for chain in $(iptables -t nat -S 2>/dev/null | awk '$1 == "-N" && $2 ~ /^CNI-/ {print $2}'); do
  iptables -t nat -F "$chain" && iptables -t nat -X "$chain"
done 2>/dev/null
if [ -f "$PIDS/ip_forward.before" ]; then
  cat "$PIDS/ip_forward.before" >/proc/sys/net/ipv4/ip_forward
  rm "$PIDS/ip_forward.before"
fi
ip route del local "$SIMULATED_CIDR" dev lo 2>/dev/null
ip addr del "$NODE_IP/32" dev lo 2>/dev/null
[ "${1:-}" != --wipe ] || rm -rf "${CLUSTER_HOME:?}"/{state,run}
