# shellcheck shell=bash disable=SC2034,SC2154  # names are shared with the scripts that source this file
# etcd, the API server and what works beside it: processes of this machine, in the cluster's network. Sourced, not run.
control_plane=(coredns local-path scheduler controller-manager apiserver etcd)
accounts_issuer=https://kubernetes.default.svc

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$pki/$1.key" 2>/dev/null; }

# certificate NAME SUBJECT ALTERNATIVE_NAMES: signed by the cluster's own authority.
certificate() {
  key "$1"
  openssl req -new -key "$pki/$1.key" -subj "$2" 2>/dev/null |
    openssl x509 -req -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial -days 3650 \
      -extfile <(printf 'subjectAltName=%s\n' "$3") -out "$pki/$1.crt" 2>/dev/null
}

make_certificates() {
  local names=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc
  key ca
  openssl req -x509 -new -key "$pki/ca.key" -days 3650 -subj /CN=test-cluster -out "$pki/ca.crt" 2>/dev/null
  certificate apiserver /CN=kube-apiserver "$names,IP:127.0.0.1,IP:$node_ip,IP:$first_service_ip"
  certificate admin /O=system:masters/CN=admin DNS:admin
  key accounts
  openssl ec -in "$pki/accounts.key" -pubout -out "$pki/accounts.pub" 2>/dev/null
}

write_kubeconfig() {
  (
    umask 077
    cat >"$KUBECONFIG" <<YAML
apiVersion: v1
kind: Config
current-context: test
contexts:
  - {name: test, context: {cluster: test, user: admin}}
clusters:
  - name: test
    cluster: {server: "https://$node_ip:6443", certificate-authority-data: $(base64 -w0 "$pki/ca.crt")}
users:
  - name: admin
    user: {client-certificate-data: $(base64 -w0 "$pki/admin.crt"), client-key-data: $(base64 -w0 "$pki/admin.key")}
YAML
  )
}

# start_here NAME COMMAND...: in the cluster's network, everything else as on this machine.
start_here() {
  local name=$1
  shift
  start "$name" nsenter --net="/run/netns/$netns" -- "$@"
}

# What pods ask of the API server, one line each in logs/audit.log: the tests hold it against the rights that we grant. A watch
# is logged when it starts, since it may never end. Kubernetes' own accounts are left out.
write_audit_policy() {
  cat >"$state/audit-policy.yaml" <<YAML
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - {level: None, userGroups: ["system:serviceaccounts:kube-system"]}
  - {level: Metadata, userGroups: ["system:serviceaccounts"]}
  - {level: None}
YAML
}

start_api() {
  pki=$state/pki
  mkdir -p "$pki"
  write_audit_policy
  make_certificates
  write_kubeconfig
  start_here etcd etcd --data-dir "$state/etcd" --unsafe-no-fsync
  start_here apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 \
    --bind-address=0.0.0.0 --advertise-address="$node_ip" --secure-port=6443 \
    --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" --client-ca-file="$pki/ca.crt" \
    --service-account-key-file="$pki/accounts.pub" --service-account-signing-key-file="$pki/accounts.key" \
    --service-account-issuer="$accounts_issuer" --service-cluster-ip-range="$service_cidr" \
    --kubelet-client-certificate="$pki/admin.crt" --kubelet-client-key="$pki/admin.key" \
    --kubelet-preferred-address-types=InternalIP --authorization-mode=Node,RBAC --allow-privileged=true \
    --audit-policy-file="$state/audit-policy.yaml" --audit-log-path="$state/logs/audit.log"
}

api_is_ready() { kube get --raw /readyz; }

# start_controllers: what needs the API server to answer.
start_controllers() {
  local as_admin=(--kubeconfig="$KUBECONFIG" --authentication-kubeconfig="$KUBECONFIG" --authorization-kubeconfig="$KUBECONFIG")
  start_here controller-manager kube-controller-manager "${as_admin[@]}" --leader-elect=false \
    --root-ca-file="$pki/ca.crt" --service-account-private-key-file="$pki/accounts.key" --use-service-account-credentials \
    --service-cluster-ip-range="$service_cidr"
  start_here scheduler kube-scheduler "${as_admin[@]}" --leader-elect=false
  apply_manifest storage.yaml
  start_here local-path local-path-provisioner start --kubeconfig "$KUBECONFIG" --namespace local-path-storage \
    --helper-image "$mysql_image"
  apply_manifest dns.yaml
  start_coredns
}

apply_manifest() {
  sed "s|VOLUMES_DIR|$state/volumes|; s|MYSQL_IMAGE|$mysql_image|; s|NODE_IP|$node_ip|; s|DNS_IP|$dns_ip|" \
    "$here/manifests/$1" | kube apply -f - >/dev/null
}

start_coredns() {
  cat >"$state/Corefile" <<CORE
. {
  bind $node_ip
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig $KUBECONFIG test
  }
}
CORE
  start_here coredns coredns -conf "$state/Corefile"
}

dns_answers() { timeout 2 bash -c "exec 3<>/dev/tcp/$node_ip/53"; }
