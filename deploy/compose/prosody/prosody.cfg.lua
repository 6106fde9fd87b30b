-- Prosody behind the gate, for deploy/compose; docs/backends/prosody.md says why each line is there.
-- XMPP_INTERFACE is set by sidecar.yml and separate.yml.

interfaces = { ENV_XMPP_INTERFACE }
s2s_ports = { 15269 }
c2s_ports = { 15222 }

-- Server to server: TLS and a certificate of the local CA, in both directions.
modules_disabled = { "dialback" }
s2s_secure_auth = true
s2s_ssl = { cafile = "/var/lib/portcullis/local-ca/ca.pem"; capath = false }

-- Clients: TLS ends at the gate, which is the only one to reach this port.
c2s_require_encryption = false
allow_unencrypted_plain_auth = true

-- Prosody sees all clients at the gate's address; none of them is exempt from limits.
registration_allowlist = { }

modules_enabled = {
  "blocklist"; "bookmarks"; "carbons"; "csi_simple"; "disco"; "limits"; "pep"; "ping"; "private";
  "register"; "roster"; "saslauth"; "smacks"; "time"; "tls"; "vcard4"; "vcard_legacy"; "version";
}
allow_registration = false
authentication = "internal_hashed"
certificates = "/etc/prosody/certs"
log = { info = "*console" }

VirtualHost "legacy.example"
Component "conference.legacy.example" "muc"
