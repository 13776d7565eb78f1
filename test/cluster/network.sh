# shellcheck shell=bash disable=SC2034,SC2154  # names are shared with the scripts that source this file
# The network of one cluster: a network namespace that is joined to this machine by one virtual cable. All that listens,
# every rule of kube-proxy and every pod's cable is inside it, so that nothing collides with the machine's own ports and
# rules, and nothing is left when it goes. One number N tells one cluster from another: 10.N.0.0/16 is its. Sourced, not run.
#
#   10.N.0.0/17  pods   10.N.128.0/18  Services   10.N.255.1  this machine   10.N.255.2  the node, the API server

# use_network N: sets the names and addresses that follow from N.
use_network() {
  netns=kubectl-mysql-$1
  cable=kubectl-my-$1
  cgroup=kubectl-mysql-$1
  host_ip=10.$1.255.1
  node_ip=10.$1.255.2
  all_cidr=10.$1.0.0/16
  pod_cidr=10.$1.0.0/17
  service_cidr=10.$1.128.0/18
  first_service_ip=10.$1.128.1
  dns_ip=10.$1.128.10
  export NO_PROXY=${NO_PROXY:-${no_proxy:-}},$all_cidr # no proxy leads there
}

# free_networks: prints the numbers whose addresses no route of this machine uses.
free_networks() {
  local n
  for n in {213..222}; do
    [[ -n $(ip -4 route show root "10.$n.0.0/16" table all) ]] || echo "$n"
  done
}

# claim_network: takes a free number for this cluster; making the namespace is what claims it.
claim_network() {
  local n
  for n in $(free_networks); do
    if ip netns add "kubectl-mysql-$n" 2>/dev/null; then
      echo "$n" >"$state/network"
      use_network "$n"
      return
    fi
  done
  die "no free address range: all of 10.213.0.0/16 to 10.222.0.0/16 are routed somewhere already (ip route)"
}

in_network() { nsenter --net="/run/netns/$netns" -- "$@"; }

connect_network() {
  ip link add "$cable" type veth peer name eth0 netns "$netns"
  ip address add "$host_ip/30" dev "$cable"
  ip link set "$cable" up
  ip -n "$netns" address add "$node_ip/30" dev eth0
  ip -n "$netns" link set lo up
  ip -n "$netns" link set eth0 up
  ip -n "$netns" route add default via "$host_ip"
  ip route add "$all_cidr" via "$node_ip" dev "$cable"
  in_network sysctl -qw net.ipv4.ip_forward=1
}

remove_network() {
  if ip link show "$cable" >/dev/null 2>&1; then ip link delete "$cable"; fi
  if [[ -e /run/netns/$netns ]]; then ip netns delete "$netns"; fi
}
