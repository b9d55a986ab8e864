# Settings of the test cluster; the scripts beside it read them. Source it by hand to get kubectl, helm, helm3 and ctr for it.
CLUSTER_SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Programs, images, state and logs, kept between checkouts.
export CLUSTER_HOME=${CLUSTER_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/showrunner-cluster}
NODE_NAME=node1
NODE_IP=10.199.0.1 # an extra address of lo: nothing off this machine gets there
POD_CIDR=10.244.0.0/24
SIMULATED_CIDR=10.245.0.0/16 # of pods on simulated nodes: this machine answers for them
SERVICE_CIDR=10.96.0.0/16
API_SERVICE_IP=10.96.0.1
DNS_IP=10.96.0.10
ETCD_URL=http://127.0.0.1:12379
ETCD_PEER_URL=http://127.0.0.1:12380
export PATH=$CLUSTER_HOME/bin:$PATH:/usr/sbin:/sbin
export KUBECONFIG=$CLUSTER_HOME/admin.kubeconfig
export CONTAINERD_ADDRESS=$CLUSTER_HOME/run/containerd.sock CONTAINERD_NAMESPACE=k8s.io
