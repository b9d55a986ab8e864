#!/bin/bash
# addon.sh kwok [N]         N simulated nodes (3) for pods that tolerate kwok.x-k8s.io/node and select type=kwok
# addon.sh metrics-server   processor time and memory of pods, for HorizontalPodAutoscalers and `kubectl top`
# To be called after up.sh; down.sh stops them.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
. "$CLUSTER_SCRIPTS/processes.sh"

kwok() { # number of nodes
  start kwok --kubeconfig="$KUBECONFIG" --config="$CLUSTER_HOME/kwok-stages.yaml" --manage-all-nodes=false \
    --manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake --server-address=127.0.0.1:10247 --cidr=$SIMULATED_CIDR
  ip route replace local $SIMULATED_CIDR dev lo
  for i in $(seq "$1"); do
    cat <<Y
---
apiVersion: v1
kind: Node
metadata:
  name: simulated-$i
  annotations: {kwok.x-k8s.io/node: fake}
  labels: {type: kwok, kubernetes.io/os: linux, kubernetes.io/hostname: simulated-$i}
spec: {taints: [{key: kwok.x-k8s.io/node, value: fake, effect: NoSchedule}]}
status: {allocatable: {cpu: "64", memory: 256Gi, pods: "2000"}, capacity: {cpu: "64", memory: 256Gi, pods: "2000"}}
Y
  done | kubectl apply -f - >/dev/null
  kubectl wait --for=condition=Ready nodes -l type=kwok --timeout=30s >/dev/null
}

metrics_server() {
  start metrics-server --kubeconfig="$KUBECONFIG" --authentication-kubeconfig="$KUBECONFIG" --authorization-kubeconfig="$KUBECONFIG" \
    --bind-address=$NODE_IP --secure-port=10350 --cert-dir="$PIDS/metrics-server" --kubelet-certificate-authority="$CLUSTER_HOME/pki/ca.crt" \
    --kubelet-preferred-address-types=InternalIP --metric-resolution=10s --kubelet-request-timeout=5s
  kubectl apply -f "$CLUSTER_HOME/conf/metrics-server.yaml" >/dev/null
  local deadline=$((SECONDS + 60))
  until kubectl top nodes >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || { echo "addon.sh: waited a minute in vain for metrics (log: $LOGS/metrics-server.log)" >&2; exit 1; }
    sleep 0.4
  done
}

case ${1:-} in
kwok) "$CLUSTER_SCRIPTS/build.sh" kwok; lock run; kwok "${2:-3}" ;;
metrics-server) "$CLUSTER_SCRIPTS/build.sh" metrics-server; lock run; metrics_server ;;
*) sed -n '2,4s/^# //p' "$0"; exit 2 ;;
esac
