#!/bin/bash
# build.sh [STEP…]   Builds what the cluster runs into $CLUSTER_HOME, from Go modules and Debian packages alone; keeps what is there.
# build.sh missing   Names the steps that have something to do.
# Steps: packages kubernetes etcd coredns helm helm3 definitions images (the default is all of these); kwok metrics-server (addon.sh's).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
. "$CLUSTER_SCRIPTS/processes.sh"

STEPS="packages kubernetes etcd coredns helm helm3 definitions images"
declare -A VERSION=([kubernetes]=1.36.3 [etcd]=3.6.16 [coredns]=1.15.0 [helm]=4.3.1 [helm3]=3.22.0 [kwok]=0.8.0 [metrics-server]=0.9.0)
declare -A MODULE=(
  [etcd]=go.etcd.io/etcd/server/v3 [coredns]=github.com/coredns/coredns [helm]=helm.sh/helm/v4 [helm3]=helm.sh/helm/v3
  [kwok]=sigs.k8s.io/kwok [metrics-server]=sigs.k8s.io/metrics-server)
declare -A COMMAND=([helm]=/cmd/helm [helm3]=/cmd/helm [kwok]=/cmd/kwok [metrics-server]=/cmd/metrics-server)
# What is looked for, and the Debian package it comes from where it is not there.
PACKAGES="containerd:containerd runc:runc /usr/lib/cni/bridge:containernetworking-plugins iptables:iptables nft:nftables ip:iproute2
  conntrack:conntrack openssl:openssl curl:curl debootstrap:debootstrap buildah:buildah gcc:gcc /usr/lib/$(uname -m)-linux-gnu/libc.a:libc6-dev"
IMAGES="pause coredns debian"
# Definitions of kinds that others bring to a cluster, by the module that has them.
DEFINITIONS="github.com/cert-manager/cert-manager@v1.21.2/deploy/crds/cert-manager.io_certificates.yaml
  sigs.k8s.io/gateway-api@v1.5.1/config/crd/standard/gateway.networking.k8s.io_httproutes.yaml
  github.com/prometheus-operator/prometheus-operator@v0.85.0/example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml
  github.com/prometheus-operator/prometheus-operator@v0.85.0/example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml"
VERSION[definitions]=$(cksum <<<"$DEFINITIONS" | cut -d' ' -f1)

BIN=$CLUSTER_HOME/bin
SOURCES=$CLUSTER_HOME/src
export CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=false" GOTOOLCHAIN=local

timed() { # what, command…
  local what=$1 begun=$SECONDS
  shift
  "$@"
  echo "==> $what: $((SECONDS - begun)) s"
}

missing_packages() {
  local entry
  for entry in $PACKAGES; do
    type -P "${entry%%:*}" >/dev/null || [ -f "${entry%%:*}" ] || echo "${entry##*:}"
  done
}
missing_images() {
  local name
  for name in $IMAGES; do [ -f "$CLUSTER_HOME/images/$name.tar" ] || echo "$name"; done
}
is_missing() { # step
  case $1 in
  packages) [ -n "$(missing_packages)" ] ;;
  images) [ -n "$(missing_images)" ] ;;
  *) [ ! -f "$BIN/.$1-${VERSION[$1]}" ] ;;
  esac
}

packages() {
  # The services of the packages are not wanted: the cluster starts a containerd of its own.
  local policy=/usr/sbin/policy-rc.d
  [ -e $policy ] || { trap 'rm -f /usr/sbin/policy-rc.d' EXIT; printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; }
  apt-get update -q
  # Where Docker's own containerd stands, apt would rather remove it.
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --no-remove $(missing_packages)
}

# A module of its own per program pins what `go get` chose, apart from the project and from each other.
module() { # name
  mkdir -p "$SOURCES/$1" "$BIN"
  cd "$SOURCES/$1"
  printf 'module cluster/%s\n\ngo 1.26.0\n' "$1" >go.mod
  rm -f go.sum
}
mark() { # name: the mark is made last, so an interrupted build begins again
  rm -f "$BIN/.$1-"[0-9]*
  : >"$BIN/.$1-${VERSION[$1]}"
}

# What go chose is told only where it failed.
fetch() { # package@version
  go get -tool "$1" 2>"$LOGS/go-get.log" || { cat "$LOGS/go-get.log" >&2; return 1; }
}

program() { # name
  local package=${MODULE[$1]}${COMMAND[$1]:-}
  module "$1"
  fetch "$package@v${VERSION[$1]}"
  timed "$1" go build -ldflags "-s -w" -o "$BIN/$1" "$package"
  if [ "$1" = kwok ]; then
    local stages part
    stages=$(go list -m -f '{{.Dir}}' "${MODULE[kwok]}")/kustomize/stage
    for part in "$stages"/node/{fast,heartbeat}/node-*.yaml "$stages"/pod/fast/pod-*.yaml; do echo ---; cat "$part"; done >"$CLUSTER_HOME/kwok-stages.yaml"
  fi
  mark "$1"
}

kubernetes() {
  local version=${VERSION[kubernetes]} staging name package stamp="-s -w"
  local commands="kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl"
  # Kubernetes' module names its staging modules at v0.0.0: each is replaced by the one that was published with it.
  staging="api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider cluster-bootstrap
    code-generator component-base component-helpers controller-manager cri-api cri-client cri-streaming csi-translation-lib
    dynamic-resource-allocation endpointslice externaljwt kms kube-aggregator kube-controller-manager kube-proxy
    kube-scheduler kubectl kubelet metrics mount-utils pod-security-admission sample-apiserver sample-cli-plugin
    sample-controller streaming"
  module kubernetes
  {
    printf '\nrequire k8s.io/kubernetes v%s\n\nreplace (\n' "$version"
    for name in $staging; do printf '\tk8s.io/%s => k8s.io/%s v0.%s\n' "$name" "$name" "${version#1.}"; done
    printf ')\n'
  } >>go.mod
  for name in $commands; do fetch "k8s.io/kubernetes/cmd/$name@v$version"; done
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    stamp+=" -X $package.gitVersion=v$version -X $package.gitMajor=1 -X $package.gitMinor=$(cut -d. -f2 <<<"$version")"
    stamp+=" -X $package.gitTreeState=clean -X $package.buildDate=1970-01-01T00:00:00Z"
  done
  for name in $commands; do timed "$name" go build -ldflags "$stamp" -o "$BIN/$name" "k8s.io/kubernetes/cmd/$name"; done
  mark kubernetes
}

definitions() {
  local entry path module
  module definitions
  mkdir -p "$CLUSTER_HOME/definitions"
  for entry in $DEFINITIONS; do
    path=${entry#*@*/} module=${entry%"/${entry#*@*/}"}
    go mod download "$module"
    install -m 644 "$(go list -m -f '{{.Dir}}' "$module")/$path" "$CLUSTER_HOME/definitions/"
  done
  mark definitions
}

# The images that pods need before any of ours: pause, CoreDNS, and the Debian that ours are built on.
images() {
  local name
  mkdir -p "$CLUSTER_HOME/images"
  build_image rm --all >/dev/null # what an interrupted build left
  for name in $(missing_images); do timed "image $name" "image_$name"; done
}
image_pause() { image pause:1 --entrypoint '["/pause"]'; }
image_coredns() { image coredns:1 --entrypoint '["/coredns"]'; }
image_debian() { image debian:12 --cmd /bin/bash; }
image() { # name:tag, option of `buildah config`…; fill_NAME makes its files
  local name=${1%%:*} container folder
  container=$(build_image from scratch)
  folder=$(build_image mount "$container")
  "fill_$name" "$folder"
  build_image config "${@:2}" "$container"
  build_image commit -q --rm "$container" "docker-archive:$CLUSTER_HOME/images/$name.new:localhost/$1" >/dev/null
  mv "$CLUSTER_HOME/images/$name.new" "$CLUSTER_HOME/images/$name.tar"
}
fill_pause() {
  gcc -Os -static -o "$1/pause" -x c - <<'C'
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
static void stop(int s) { _exit(0); }
static void reap(int s) { while (waitpid(-1, 0, WNOHANG) > 0); }
int main(void) { signal(SIGINT, stop); signal(SIGTERM, stop); signal(SIGCHLD, reap); for (;;) pause(); }
C
}
fill_coredns() { cp "$BIN/coredns" "$1/"; }
fill_debian() {
  debootstrap --variant=minbase --include=ca-certificates bookworm "$1" >"$LOGS/debootstrap.log" 2>&1 || { tail -20 "$LOGS/debootstrap.log" >&2; return 1; }
  rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/usr/share/{man,locale}
  find "$1/usr/share/doc" -type f ! -name copyright -delete
}
build_image() { buildah --root "$CLUSTER_HOME/buildah" --runroot "$CLUSTER_HOME/run/buildah" --storage-driver overlay "$@"; }

if [ "${1:-}" = missing ]; then
  for step in $STEPS; do is_missing "$step" && echo "$step"; done
  exit 0
fi
missing=
for step in ${*:-$STEPS}; do
  [[ " $STEPS ${!MODULE[*]} " == *" $step "* ]] || { echo "build.sh: there is no step '$step'" >&2; exit 2; }
  is_missing "$step" && missing+=" $step"
done
[ -n "$missing" ] || exit 0
lock build
mkdir -p "$LOGS"
for step in $missing; do
  is_missing "$step" || continue # it was built while this script waited
  case $step in
  packages | images | kubernetes | definitions) "$step" ;;
  *) program "$step" ;;
  esac
done
