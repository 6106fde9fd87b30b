#include "policy/load/config_schema_parts.h"
#include "policy/load/config_section.h"

namespace portcullis::policy {
namespace {

constexpr std::array kProxyProtocols{std::pair{std::string_view("off"), ProxyProtocol::kOff},
                                     std::pair{std::string_view("v1"), ProxyProtocol::kV1},
                                     std::pair{std::string_view("v2"), ProxyProtocol::kV2}};

constexpr std::array<Key<CertificateFiles>, 2> kCertificateKeys{{
    {"chain", "", [](const Value& v, CertificateFiles& t) { read_path(v, t.chain); },
     "PEM file, leaf first, then the intermediates", KeyKind::kRequired},
    {"key", "", [](const Value& v, CertificateFiles& t) { read_path(v, t.key); },
     "PEM file with the private key of the leaf", KeyKind::kRequired},
}};

constexpr std::array<Key<Backend>, 4> kBackendKeys{{
    {"s2s", "",
     [](const Value& v, Backend& t) { read_endpoint(v, t.s2s, EndpointUse::kAddressOrName); },
     "where the server itself accepts server-to-server streams"},
    {"c2s", "",
     [](const Value& v, Backend& t) { read_endpoint(v, t.c2s, EndpointUse::kAddressOrName); },
     "where it accepts clients"},
    {"certificate", "", [](const Value& v, Backend& t) { read_path(v, t.certificate); },
     "PEM file of the certificate(s) the server itself shows, pinned by public key; needed with "
     "`s2s`"},
    {"c2s_proxy_protocol", R"("off")",
     [](const Value& v, Backend& t) { read_choice(v, t.c2s_proxy_protocol, kProxyProtocols); },
     R"(`"off"`, `"v1"` or `"v2"`: the PROXY header written to the server, so that it sees the )"
     "client's address"},
}};

constexpr std::array<Key<HostDraft>, 4> kHostKeys{{
    {"domain", "", [](const Value& v, HostDraft& t) { read_domain(v, t.domain); },
     "the XMPP domain", KeyKind::kRequired},
    {"aliases", "[]", [](const Value& v, HostDraft& t) { read_domains(v, t.aliases); },
     "components of the same backend, such as `conference.legacy.example`"},
    {"certificates", "",
     [](const Value& v, HostDraft& t) {
       read_tables<CertificateFiles>(v, R"([ { chain = "FILE", key = "FILE" } ])", kCertificateKeys,
                                     t.certificates);
     },
     "list of key pairs; one ECDSA and one RSA pair serve every peer, ECDSA is preferred",
     KeyKind::kRequired},
    {"backend",
     "",
     [](const Value& v, HostDraft& t) { read_table<Backend>(v, kBackendKeys, t.backend); },
     {},
     KeyKind::kTable},
}};

}  // namespace

void read_hosts(const Value& value, Draft& draft) {
  read_tables<HostDraft>(value, "[[host]]", kHostKeys, draft.hosts);
}

void list_host_keys(std::vector<ConfigKey>& all) {
  list_keys<HostDraft>(all, "host", kHostKeys);
  list_keys<CertificateFiles>(all, "host.certificates", kCertificateKeys);
  list_keys<Backend>(all, "host.backend", kBackendKeys);
}

}  // namespace portcullis::policy
