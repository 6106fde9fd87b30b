#include "policy/model/backend_kind.h"

#include <cstddef>

namespace portcullis::policy {
namespace {

constexpr std::uint16_t kS2sPort = 15269;
constexpr std::uint16_t kC2sPort = 15222;

constexpr std::array<BackendKindInfo, 5> kKinds{{
    {BackendKind::kProsody,
     "prosody",
     "Prosody",
     kS2sPort,
     kC2sPort,
     ProxyReading::kNo,
     NameForm::kUnicode,
     {R"(interfaces = { "127.0.0.1" }; s2s_ports = { 15269 }; c2s_ports = { 15222 })",
      "c2s_require_encryption = false; allow_unencrypted_plain_auth = true",
      "the module \"tls\" and the certificate of your domain; c2s_require_encryption may stay true",
      R"(s2s_secure_auth = true; s2s_ssl = { cafile = "{local_ca}/ca.pem"; capath = false })",
      "copy the certificate that Prosody shows, such as /etc/prosody/certs/DOMAIN.crt",
      R"(install lua-unbound; unbound = { resolvconf = false; hoststxt = false; )"
      R"(forward = "127.0.0.3@5353" }, where outbound.capture = "dns" answers)",
      R"(modules_disabled = { "dialback" })",
      "Prosody itself does not read the PROXY protocol; only the community module net_proxy does",
      "Prosody 13; the certificate that is served here, with its key, as the certificate of your "
      "domain, and tls_server_end_point_hash with the hash of it",
      "s2s_secure_auth = false; s2s_require_encryption = false; no modules_disabled = { "
      "\"dialback\" }",
      "registration_allowlist = { }; no registration_blocklist, registration_throttle_max, "
      "min_seconds_between_registrations, nor modules that count clients by address"}},
    {BackendKind::kEjabberd,
     "ejabberd",
     "ejabberd",
     kS2sPort,
     kC2sPort,
     ProxyReading::kYes,
     NameForm::kUnicode,
     {R"(in "listen", ejabberd_s2s_in with port: 15269 and ejabberd_c2s with port: 15222, )"
      R"(both with ip: "127.0.0.1")",
      "no starttls, starttls_required or tls on the c2s listener",
      "starttls_required: true on the c2s listener, and the certificate of your domain in "
      "certfiles",
      "s2s_use_starttls: required; s2s_cafile: {local_ca}/ca.pem",
      "copy the certificate of your domain out of a file in \"certfiles\", without its key",
      "in inetrc, {lookup, [file, native]}. and {nameserver, {127,0,0,3}, 5353}., where "
      "outbound.capture = \"dns\" answers",
      "remove mod_s2s_dialback from \"modules\"",
      "use_proxy_protocol: true on the c2s listener, together with c2s_proxy_protocol = \"v2\" "
      "here; with one alone no client gets in",
      "ejabberd 24.12 or later; the certificate that is served here, with its key, in certfiles, "
      "and "
      "disable_sasl_scram_downgrade_protection: true",
      "s2s_use_starttls: optional; mod_s2s_dialback: {} under \"modules\"",
      "with PROXY headers, nothing; without them, no mod_fail2ban, no ip_access in mod_register, "
      "registration_timeout: infinity, and no acl with ip"}},
    {BackendKind::kOpenfire,
     "openfire",
     "Openfire",
     kS2sPort,
     kC2sPort,
     ProxyReading::kNo,
     NameForm::kALabels,
     {"xmpp.server.socket.port = 15269; xmpp.socket.plain.port = 15222; in openfire.xml, "
      "<network><interface>127.0.0.1</interface></network>",
      "the client connections without required STARTTLS, and no direct TLS",
      "xmpp.client.tls.policy = required",
      "import {local_ca}/ca.pem into resources/security/truststore, and leave no other CA in it; "
      "xmpp.server.tls.policy = required; sasl.mechs with EXTERNAL in it",
      "export it from resources/security/keystore with keytool -exportcert -rfc",
      "dnsutil.dnsOverride = {*,127.0.0.2:5269}", "xmpp.server.dialback.enabled = false",
      "Openfire does not read the PROXY protocol",
      "the certificate that is served here, with its key, in resources/security/keystore, if this "
      "release offers tls-server-end-point",
      "xmpp.server.tls.policy = optional; xmpp.server.dialback.enabled = true; "
      "xmpp.server.cert.policy = disabled",
      "leave xmpp.client.login.allowed, xmpp.client.login.allowedAnonym and "
      "xmpp.client.login.blocked empty"}},
    {BackendKind::kJabberd2,
     "jabberd2",
     "jabberd2",
     kS2sPort,
     kC2sPort,
     ProxyReading::kNo,
     NameForm::kUnicode,
     {"in <local> of s2s.xml, <ip>127.0.0.1</ip> and <port>15269</port>; in <local> of c2s.xml, "
      "<ip>127.0.0.1</ip> and <port>15222</port>",
      "no pemfile and no require-starttls for <id> in c2s.xml",
      "pemfile and require-starttls for <id> in c2s.xml",
      "jabberd2 knows no SASL EXTERNAL between servers, so s2s_auth is \"dialback\" with it; no "
      "pemfile and no require_tls in s2s.xml",
      "",
      "NAMESERVERS=127.0.0.3 and RES_OPTIONS=port:5353 in the environment of jabberd2-s2s, where "
      "outbound.capture = \"dns\" answers",
      "", "jabberd2 does not read the PROXY protocol", "", "",
      "in c2s.xml, <connects>0</connects>, and no <allow/> or <deny/> but for 127.0.0.1"}},
    {BackendKind::kOther,
     "other",
     "another server",
     kS2sPort,
     kC2sPort,
     ProxyReading::kUnknown,
     NameForm::kUnicode,
     {"have it accept other servers at port 15269 and clients at port 15222, on addresses that "
      "only the gate reaches",
      "offer a login without TLS on the client port: TLS ends at the gate",
      "offer STARTTLS on the client port, with the certificate that it shows to other servers",
      "between servers, require TLS and SASL EXTERNAL, and trust {local_ca}/ca.pem and no other CA",
      "copy the certificate that the server shows on its s2s port",
      "have it ask 127.0.0.3, port 5353, where outbound.capture = \"dns\" answers",
      "switch server dialback off",
      "find out whether it reads the PROXY protocol before you set c2s_proxy_protocol",
      "have it show clients the certificate that is served here, and offer tls-server-end-point",
      "between servers, accept server dialback, and streams without TLS or a trusted certificate",
      "unless it reads PROXY headers, switch off what it does by the address of a client: limits "
      "of "
      "registrations, bans after failed logins, and lists of addresses that are exempt, allowed or "
      "blocked"}},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kKinds.size(); ++i)
    if (static_cast<std::size_t>(kKinds[i].kind) != i) return false;
  return true;
}
static_assert(in_order(), "one row for each kind, in the order of the enumeration");

}  // namespace

const BackendKindInfo& info(BackendKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

const std::array<BackendKindInfo, 5>& backend_kinds() {
  return kKinds;
}

std::optional<BackendKind> backend_kind_from_name(std::string_view name) {
  for (const auto& known : kKinds)
    if (known.name == name) return known.kind;
  return std::nullopt;
}

std::string with_local_ca(std::string_view hint, std::string_view local_ca) {
  constexpr std::string_view kPlace = "{local_ca}";
  std::string text(hint);
  if (const auto at = text.find(kPlace); at != std::string::npos)
    text.replace(at, kPlace.size(), local_ca);
  return text;
}

std::vector<std::pair<std::string_view, std::string>> hint_lines(const BackendKindInfo& kind,
                                                                 std::string_view local_ca) {
  const BackendHints& hints = kind.hints;
  const std::array<std::pair<std::string_view, std::string_view>, 11> all{{
      {"listeners", hints.listeners},
      {"clients", hints.clients},
      {"clients, with c2s_tls", hints.client_tls},
      {"between servers", hints.trust},
      {"dialback", hints.dialback},
      {"outgoing streams", hints.capture},
      {"its certificate", hints.certificate},
      {"PROXY protocol", hints.proxy},
      {"channel_binding", hints.binding},
      {"in observe mode", hints.observe},
      {"by address", hints.by_address},
  }};
  std::vector<std::pair<std::string_view, std::string>> lines;
  for (const auto& [title, hint] : all)
    if (!hint.empty()) lines.emplace_back(title, with_local_ca(hint, local_ca));
  return lines;
}

}  // namespace portcullis::policy
