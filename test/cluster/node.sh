# shellcheck shell=bash disable=SC2034,SC2154  # names are shared with the scripts that source this file
# The node: containerd, kubelet, kube-proxy and the containers, in namespaces of their own (node-init). Sourced, not run.
node=node1
node_processes=(kube-proxy kubelet containerd node)

# in_node COMMAND...: runs it as a process of the node.
in_node() {
  local init
  init=$(pid_of node) || return 1
  nsenter --target "$init" --mount --uts --net --pid -- "$@"
}

# start_in_node NAME COMMAND...
start_in_node() {
  local name=$1 init
  shift
  init=$(pid_of node) || return 1
  start_child "$name" nsenter --target "$init" --mount --uts --net --pid -- "$@"
}

write_node_configuration() {
  mkdir -p "$state/node/cni"
  # ptp: a cable and a route for each pod; all traffic is routed, so kube-proxy's rules see all of it.
  cat >"$state/node/cni/10-test.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "test", "plugins": [
  {"type": "ptp", "ipam": {"type": "host-local", "dataDir": "/run/cni", "ranges": [[{"subnet": "$pod_cidr"}]],
    "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
  # restrict_oom_score_adj: without CAP_SYS_RESOURCE, as in some virtual machines, no score may be lowered.
  cat >"$state/node/containerd.toml" <<TOML
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$pause_image"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$state/node/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
TOML
  # failCgroupV1: 1.35 refuses version 1 otherwise. syncFrequency: mounted ConfigMaps follow in 10 s, not in 60.
  # No image is ever fetched, so none may be collected.
  cat >"$state/node/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $state/pki/ca.crt}}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
cgroupRoot: /$cgroup
failCgroupV1: false
failSwapOn: false
clusterDNS: [$dns_ip]
clusterDomain: cluster.local
resolvConf: ""
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
imageMaximumGCAge: 0s
syncFrequency: 10s
YAML
}

start_containerd() {
  start_child node nsenter --net="/run/netns/$netns" -- \
    unshare --pid --fork --mount --uts --propagation slave -- "$here/node-init" "$state" "$node"
  await 10 "the node's namespaces" in_node test -e /run/node-is-prepared
  start_in_node containerd containerd --config "$state/node/containerd.toml"
  await 60 containerd in_node ctr version
}

load_image() { in_node timeout 300 ctr --namespace k8s.io image import - <"$1" >/dev/null; }

start_kubelet() {
  start_in_node kubelet kubelet --kubeconfig="$KUBECONFIG" --config="$state/node/kubelet.yaml" \
    --hostname-override="$node" --node-ip="$node_ip"
}

# conntrack: the table's size belongs to the whole machine and is left alone.
start_kube_proxy() {
  start_in_node kube-proxy kube-proxy --kubeconfig="$KUBECONFIG" --hostname-override="$node" --proxy-mode=iptables \
    --cluster-cidr="$pod_cidr" --conntrack-max-per-core=0 --conntrack-min=0
}

kubelet_is_healthy() { [[ $(kube get --raw "/api/v1/nodes/$node/proxy/healthz") == ok ]]; }

pods_on_node() { kube get pods --all-namespaces --field-selector "spec.nodeName=$node" --output json; }

# kubelet_knows_its_pods: until it has read them from the API server, `kubectl exec` says that a pod does not exist.
kubelet_knows_its_pods() {
  local known expected
  kubelet_is_healthy || return 1
  expected=$(pods_on_node | jq '.items | length') || return 1
  known=$(kube get --raw "/api/v1/nodes/$node/proxy/pods" | jq '.items // [] | length') || return 1
  ((known >= expected))
}

# no_container_older_than TIME: does no pod's status tell of a container that has been running since before?
no_container_older_than() {
  pods_on_node | jq --exit-status --arg time "$1" '
    [.items[].status | (.initContainerStatuses, .containerStatuses) // [] | .[].state.running.startedAt // empty | select(. < $time)]
    | length == 0'
}

node_is_ready() { kube wait --for=condition=Ready --timeout=1s "node/$node"; }

kill_node() { kill_now node kubelet containerd kube-proxy; }
