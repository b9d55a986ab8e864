#!/bin/bash
# pki.sh   Makes what is missing of the cluster's own certificate authority, its parts' certificates and their kubeconfigs.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
umask 077
mkdir -p "$CLUSTER_HOME"/{pki,conf}
cd "$CLUSTER_HOME/pki"
key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)

# The file that is looked for is made last and by a rename: an interrupted script begins again.
[ -f ca.crt ] || {
  openssl req -x509 "${key[@]}" -keyout ca.key -out ca.new -days 3650 -subj /CN=showrunner-test-ca \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature 2>/dev/null
  mv ca.new ca.crt
}
[ -f sa.pub ] || {
  openssl genrsa -out sa.key 2048 2>/dev/null
  openssl rsa -in sa.key -pubout -out sa.new 2>/dev/null
  mv sa.new sa.pub
}

certificate() { # file, subject, extended key usage, subject alternative names
  [ -f "$1.crt" ] && return
  local extensions="basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=$3${4:+
subjectAltName=$4}"
  openssl req "${key[@]}" -keyout "$1.key" -out "$1.csr" -subj "$2" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile <(echo "$extensions") -out "$1.new" 2>/dev/null
  rm "$1.csr"
  mv "$1.new" "$1.crt"
}
service=kubernetes.default.svc
certificate apiserver /CN=kube-apiserver serverAuth \
  "DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:$service,DNS:$service.cluster.local,IP:127.0.0.1,IP:$NODE_IP,IP:$API_SERVICE_IP"
certificate apiserver-kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client clientAuth
certificate front-proxy /CN=front-proxy-client clientAuth
certificate admin /O=system:masters/CN=admin clientAuth
certificate controller-manager /CN=system:kube-controller-manager clientAuth
certificate scheduler /CN=system:kube-scheduler clientAuth
certificate proxy /CN=system:kube-proxy clientAuth
certificate kubelet "/O=system:nodes/CN=system:node:$NODE_NAME" clientAuth
certificate kubelet-server "/O=system:nodes/CN=system:node:$NODE_NAME" serverAuth "DNS:$NODE_NAME,IP:$NODE_IP"

kubeconfig() { # file, certificate
  [ "$1" -nt "$2.crt" ] && return
  cat >"$1.new" <<Y
apiVersion: v1
kind: Config
clusters: [{name: showrunner-test, cluster: {server: https://$NODE_IP:6443, certificate-authority-data: $(base64 -w0 ca.crt)}}]
users: [{name: user, user: {client-certificate-data: $(base64 -w0 "$2.crt"), client-key-data: $(base64 -w0 "$2.key")}}]
contexts: [{name: showrunner-test, context: {cluster: showrunner-test, user: user}}]
current-context: showrunner-test
Y
  mv "$1.new" "$1"
}
kubeconfig "$KUBECONFIG" admin
for part in controller-manager scheduler proxy kubelet; do kubeconfig "$CLUSTER_HOME/conf/$part.kubeconfig" $part; done
