# Consul's configuration in the secured system. No secret stands in here: the tokens are in Consul's own data.
# The TLS keys are those that every version takes; from 1.12 on Consul says of each that it moved into `tls`, and means the same.
node_name = "consul"    # the policies name it
bind_addr = "127.0.0.1" # one server, and no other agent: Raft, gossip and RPC are for itself alone

ports {
  http  = -1 # nothing is answered in the clear
  https = 8500
  dns   = -1
}

ca_file               = "/consul/tls/ca.pem"
cert_file             = "/consul/tls/cert.pem"
key_file              = "/consul/tls/key.pem"
verify_incoming_https = true # clients show a certificate of the CA's, too
tls_min_version       = "tls12"

acl {
  enabled                  = true
  default_policy           = "deny"
  down_policy              = "extend-cache"
  enable_token_persistence = true
}
