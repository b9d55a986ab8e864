#!/bin/bash
# up.sh [control]   Starts what is not running, after building what is missing, and returns when the cluster works.
#                   control: etcd and the control plane alone, which take resources but run no pods.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
. "$CLUSTER_SCRIPTS/processes.sh"
case ${1:-all} in control | all) ;; *) echo "up.sh: '$1' is neither 'control' nor 'all'" >&2; exit 2 ;; esac
WHICH=${1:-all}
lock run
"$CLUSTER_SCRIPTS/build.sh"
"$CLUSTER_SCRIPTS/pki.sh"
PKI=$CLUSTER_HOME/pki
STATE=$CLUSTER_HOME/state
CONF=$CLUSTER_HOME/conf

# A state that was left by a machine that lost its power may hold half-written files: it is given up for a new one. Not
# where the node's agent runs, since somebody's pods may be on it.
PATIENCE=120
HAS_OLD_STATE=
if [ -d "$STATE/etcd/member" ] && ! is_running kubelet; then HAS_OLD_STATE=1 PATIENCE=60; fi

begun=$(date +%s%N)
wait_for() { # what, command…
  local what=$1 deadline=$((SECONDS + PATIENCE))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || give_up "$what"
    sleep 0.1
  done
  awk -v ns=$(($(date +%s%N) - begun)) -v what="$what" 'BEGIN { printf "%5.1f s  %s\n", ns / 1e9, what }'
}

give_up() { # what
  echo "up.sh: waited $PATIENCE seconds in vain until $1 (logs: $LOGS). What there is:" >&2
  tell_what_is_there >&2
  [ -n "$HAS_OLD_STATE" ] || exit 1
  echo "up.sh: the cluster's state is of an earlier start; it is deleted, and a new one begins" >&2
  exec 9>&- # the lock, which down.sh takes
  "$CLUSTER_SCRIPTS/down.sh" --wipe
  exec "${BASH_SOURCE[0]}" "$WHICH"
}

tell_what_is_there() {
  local part
  timeout 5 kubectl get pods --all-namespaces -o wide || true
  timeout 5 kubectl -n kube-system get events --sort-by=.lastTimestamp | tail -n 8 || true
  timeout 5 kubectl -n kube-system logs deployment/coredns --tail=5 || true
  for part in etcd kube-apiserver containerd kubelet kube-proxy; do
    echo "$part:"
    tail -n 4 "$LOGS/$part.log" || true
  done
} 2>&1

mkdir -p "$PIDS" "$LOGS" "$CONF/net.d" "$STATE"/{containerd,kubelet,cni,pod-logs,volumeplugins} "$PIDS"/{containerd,runc}
install -d -m 700 "$STATE/etcd"
for template in "$CLUSTER_SCRIPTS"/conf/*; do
  case $template in *.conflist) file=$CONF/net.d/${template##*/} ;; *) file=$CONF/${template##*/} ;; esac
  sed -e "s|@HOME@|$CLUSTER_HOME|g" -e "s|@NODE_IP@|$NODE_IP|g" -e "s|@NODE_NAME@|$NODE_NAME|g" -e "s|@POD_CIDR@|$POD_CIDR|g" \
    -e "s|@DNS_IP@|$DNS_IP|g" "$template" >"$CONF/.new"
  # kube-proxy ends when its file is written, were it with the same content.
  cmp -s "$CONF/.new" "$file" || mv "$CONF/.new" "$file"
done
: >"$CONF/resolv.conf"

ip addr replace "$NODE_IP/32" dev lo
start etcd --name test --data-dir "$STATE/etcd" --listen-client-urls $ETCD_URL --advertise-client-urls $ETCD_URL \
  --listen-peer-urls $ETCD_PEER_URL --initial-advertise-peer-urls $ETCD_PEER_URL --initial-cluster test=$ETCD_PEER_URL \
  --unsafe-no-fsync --log-level warn
wait_for "etcd answers" curl -fsS $ETCD_URL/health

start kube-apiserver --etcd-servers=$ETCD_URL --bind-address=$NODE_IP --advertise-address=$NODE_IP --secure-port=6443 \
  --client-ca-file="$PKI/ca.crt" --tls-cert-file="$PKI/apiserver.crt" --tls-private-key-file="$PKI/apiserver.key" --cert-dir="$PIDS" \
  --service-account-issuer=https://kubernetes.default.svc.cluster.local \
  --service-account-key-file="$PKI/sa.pub" --service-account-signing-key-file="$PKI/sa.key" \
  --service-cluster-ip-range=$SERVICE_CIDR --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true \
  --kubelet-client-certificate="$PKI/apiserver-kubelet-client.crt" --kubelet-client-key="$PKI/apiserver-kubelet-client.key" \
  --kubelet-certificate-authority="$PKI/ca.crt" --kubelet-preferred-address-types=InternalIP \
  --requestheader-client-ca-file="$PKI/ca.crt" --requestheader-allowed-names=front-proxy-client \
  --requestheader-extra-headers-prefix=X-Remote-Extra- --requestheader-group-headers=X-Remote-Group --requestheader-username-headers=X-Remote-User \
  --proxy-client-cert-file="$PKI/front-proxy.crt" --proxy-client-key-file="$PKI/front-proxy.key" --enable-aggregator-routing=true \
  --audit-policy-file="$CONF/audit.yaml" --audit-log-path="$LOGS/audit.log" --audit-log-maxsize=20 --audit-log-maxbackup=1 \
  --shutdown-delay-duration=0 --profiling=false
wait_for "the API server is ready" kubectl get --raw /readyz

as() { # the kubeconfig options of a part
  local config=$CONF/$1.kubeconfig
  echo "--kubeconfig=$config --authentication-kubeconfig=$config --authorization-kubeconfig=$config --leader-elect=false --bind-address=127.0.0.1"
}
start kube-controller-manager $(as controller-manager) --cert-dir="$PIDS/kcm" --root-ca-file="$PKI/ca.crt" \
  --service-account-private-key-file="$PKI/sa.key" --cluster-signing-cert-file="$PKI/ca.crt" --cluster-signing-key-file="$PKI/ca.key" \
  --use-service-account-credentials=true
start kube-scheduler $(as scheduler) --cert-dir="$PIDS/scheduler"
wait_for "the control plane works" kubectl -n default get serviceaccount default
[ "$WHICH" = all ] || exit 0

# down.sh gives back what was there before.
[ -f "$PIDS/ip_forward.before" ] || cp /proc/sys/net/ipv4/ip_forward "$PIDS/ip_forward.before"
echo 1 >/proc/sys/net/ipv4/ip_forward
start containerd --config "$CONF/containerd.toml"
wait_for "containerd answers" ctr version
present=$(ctr images ls -q)
for archive in "$CLUSTER_HOME"/images/*.tar; do
  grep -q "^localhost/$(basename "$archive" .tar):" <<<"$present" || ctr images import "$archive" >/dev/null
done
run_kubelet() {
  start kubelet --config="$CONF/kubelet.yaml" --kubeconfig="$CONF/kubelet.kubeconfig" --hostname-override=$NODE_NAME \
    --node-ip=$NODE_IP --root-dir="$STATE/kubelet" --cert-dir="$STATE/kubelet/pki"
}
# containerd answers a moment before it can run pods, and a kubelet that comes in between ends at once.
keep_kubelet() { if has_ended kubelet; then run_kubelet; fi; }
node_is_ready() {
  keep_kubelet
  kubectl wait --for=condition=Ready "node/$NODE_NAME" --timeout=1s
}
run_kubelet
start kube-proxy --config="$CONF/proxy.yaml"
wait_for "the node is Ready" node_is_ready
kubectl apply --server-side -f "$CONF/coredns.yaml" >/dev/null

# A pod's stored status may be older than the restart, so the DNS itself is asked, for its own name. (Its labels' lengths
# do without a 10, the line feed at which printf would cut the datagram in two.)
dns_answers() {
  keep_kubelet
  local query='\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x08kube-dns\x0bkube-system\x03svc\x07cluster\x05local\x00\x00\x01\x00\x01'
  local answer
  answer=$(timeout 0.5 bash -c 'exec 3<>"/dev/udp/$1/53"; printf "$2" >&3; dd bs=512 count=1 <&3 2>/dev/null | od -An -tu1' dns $DNS_IP "$query")
  # RFC 1035, section 4.1.1: byte 3 ends in the error code, bytes 6 and 7 count the answers.
  set -- $answer
  [ $((${4:-2} & 15)) = 0 ] && [ "${8:-0}" -gt 0 ]
}
wait_for "the cluster's DNS answers" dns_answers
