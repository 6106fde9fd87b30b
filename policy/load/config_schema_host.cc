#include "policy/load/config_field_machine.h"
#include "policy/load/config_field_names.h"
#include "policy/load/config_schema_parts.h"

namespace portcullis::policy {
namespace {

constexpr std::array kProxyProtocols{Word<ProxyProtocol>{"off", ProxyProtocol::kOff},
                                     Word<ProxyProtocol>{"v1", ProxyProtocol::kV1},
                                     Word<ProxyProtocol>{"v2", ProxyProtocol::kV2}};

constexpr std::array kBackendTls{Word<BackendTls>{"off", BackendTls::kOff},
                                 Word<BackendTls>{"starttls", BackendTls::kStartTls}};

constexpr std::array kBackendAuths{Word<BackendAuth>{"tls", BackendAuth::kTls},
                                   Word<BackendAuth>{"dialback", BackendAuth::kDialback}};

constexpr std::array kBindings{Word<ChannelBinding>{"off", ChannelBinding::kOff},
                               Word<ChannelBinding>{"end-point", ChannelBinding::kEndPoint}};

constexpr std::array kKinds{Word<BackendKind>{"prosody", BackendKind::kProsody},
                            Word<BackendKind>{"ejabberd", BackendKind::kEjabberd},
                            Word<BackendKind>{"openfire", BackendKind::kOpenfire},
                            Word<BackendKind>{"jabberd2", BackendKind::kJabberd2},
                            Word<BackendKind>{"other", BackendKind::kOther}};

constexpr std::array kCertificateKeys{
    key<&CertificateFiles::chain, PathField>(
        {.name = "chain", .doc = "PEM file, leaf first, then the intermediates"},
        KeyKind::kRequired),
    key<&CertificateFiles::key, PathField>(
        {.name = "key", .doc = "PEM file with the private key of the leaf"}, KeyKind::kRequired),
};

constexpr std::array kBackendKeys{
    key<&Backend::kind, ChoiceField<kKinds>>(
        {.name = "kind",
         .doc = "which server it is: `\"prosody\"`, `\"ejabberd\"`, `\"openfire\"`, "
                "`\"jabberd2\"` or `\"other\"`; brings default ports and hints, see below",
         .note = "ejabberd, openfire, jabberd2 or other; brings the ports",
         .example = R"("prosody")",
         .is_set = true}),
    key<&Backend::host, HostNameField>(
        {.name = "host",
         .doc = "where the server runs, an address or a host name without a port; the ports are "
                "those of its kind",
         .note = "where it runs; the ports are those of its kind"}),
    key<&Backend::s2s, EndpointField<EndpointUse::kAddressOrName>>(
        {.name = "s2s",
         .doc =
             "where the server itself accepts server-to-server streams, or `\"off\"`; by default "
             "from `host` and `kind`, if one of them is given",
         .note = R"(where the server itself accepts other servers, or "off")",
         .example = R"("127.0.0.1:15269")"}),
    key<&Backend::c2s, EndpointField<EndpointUse::kAddressOrName>>(
        {.name = "c2s",
         .doc = "where it accepts clients, or `\"off\"`; by default as with `s2s`",
         .note = R"(where it accepts clients, or "off")",
         .example = R"("127.0.0.1:15222")"}),
    key<&Backend::s2s_auth, ChoiceField<kBackendAuths>>(
        {.name = "s2s_auth",
         .doc =
             "how the server and the gate know one another between servers. `\"tls\"`: by "
             "certificates. `\"dialback\"`: by server dialback, for a server that cannot do SASL "
             "EXTERNAL; see [below](#a-server-that-knows-only-dialback)",
         .note = "dialback: for a server that cannot do SASL EXTERNAL"}),
    key<&Backend::certificate, PathField>(
        {.name = "certificate",
         .doc =
             "PEM file of the certificate(s) the server itself shows, pinned by public key; "
             "needed with `s2s` and with `c2s_tls`; with `channel_binding`, the keys of the host's "
             "own certificates are pinned, too",
         .note = "what the server itself shows"}),
    key<&Backend::s2s_proxy_protocol, ChoiceField<kProxyProtocols>>(
        {.name = "s2s_proxy_protocol",
         .doc = R"(`"off"`, `"v1"` or `"v2"`: the PROXY header written to the server's port for )"
                "other servers, so that it sees the address of each",
         .note = "the same for other servers, at the port of s2s"}),
    key<&Backend::c2s_proxy_protocol, ChoiceField<kProxyProtocols>>(
        {.name = "c2s_proxy_protocol",
         .doc = R"(`"off"`, `"v1"` or `"v2"`: the PROXY header written to the server, so that it )"
                "sees the client's address",
         .note = "off, v1 or v2: the header that tells the server who connected"}),
    key<&Backend::proxy_tlvs, TlvTypesField>(
        {.name = "proxy_tlvs",
         .doc = "types of TLVs which a balancer of `proxy_protocol_from` puts into its header "
                "(version 2), and which go on to the server in a header of version 2; all others "
                "are dropped. `0x02` is the authority, `0x05` the unique id, `0xE0` to `0xFF` are "
                "those of makers",
         .note = "[0x05, 0xEA]: what of a balancer's TLVs the server gets, too"}),
    key<&Backend::c2s_tls, ChoiceField<kBackendTls>>(
        {.name = "c2s_tls",
         .doc = "`\"starttls\"`: TLS to the client port of the server, which must show the key in "
                "`certificate` before anything of a client is sent to it; see "
                "[below](#the-way-to-the-client-port). `\"off\"`: in the clear, for a server on "
                "loopback",
         .note = "starttls: TLS to the client port, with the key in certificate"}),
    key<&Backend::allow_clear_c2s, TruthField>(
        {.name = "allow_clear_c2s",
         .doc =
             "`true`: `c2s_tls = \"off\"` is meant, because nobody else can read or take the "
             "place of what is between here and `c2s`. Without it, another machine as `c2s` is an "
             "error, and a port on loopback that any user can open a warning",
         .note = "c2s_tls = \"off\" is meant: nobody else is on that leg",
         .example = "true",
         .is_set = true}),
    key<&Backend::channel_binding, ChoiceField<kBindings>>(
        {.name = "channel_binding",
         .doc =
             "`\"end-point\"`: logins of clients may be bound to the certificate (the mechanisms "
             "whose names end in `-PLUS`), because the server holds the very certificate that is "
             "served to clients; needs `c2s_tls`, see [below](#channel-binding). `\"off\"`: no "
             "channel binding passes",
         .note = "end-point: the server shows the certificate that is served here"}),
    key<&Backend::redirects, PlacesField>(
        {.name = "redirects",
         .doc = "where the server may send clients and other servers with `<see-other-host/>`, "
                "which leads them around the gate: addresses or names, with ports. To any other "
                "place nobody is sent; they are told `resource-constraint`",
         .note = "where it may send others with see-other-host",
         .example = R"(["xmpp2.legacy.example:5222"])",
         .is_set = true}),
};

// Without pairs there is nothing to write: an empty list would say that there shall be none.
struct CertificatesField {
  static void read(const Value& value, std::vector<CertificateFiles>& target) {
    read_tables<CertificateFiles>(value, R"([ { chain = "FILE", key = "FILE" } ])",
                                  kCertificateKeys, target);
  }
  static std::string write(const std::vector<CertificateFiles>& value) {
    std::string list;
    for (const auto& pair : value)
      list.append(list.empty() ? "[ { chain = " : ", { chain = ")
          .append(toml_string(pair.chain))
          .append(", key = ")
          .append(toml_string(pair.key))
          .append(" }");
    return list.empty() ? list : list + " ]";
  }
  static ValueShape shape() { return {.type = ValueShape::Type::kTable, .is_list = true}; }
};

void read_backend(const Value& value, HostDraft& host) {
  read_table<Backend>(value, kBackendKeys, host.backend);
}

constexpr std::array kHostKeys{
    key<&HostDraft::domain, DomainField>({.name = "domain",
                                          .doc = "the XMPP domain",
                                          .example = R"("legacy.example")",
                                          .is_set = true},
                                         KeyKind::kRequired),
    key<&HostDraft::aliases, DomainsField>(
        {.name = "aliases",
         .doc = "components of the same backend, such as `conference.legacy.example`",
         .note = R"(components of the backend, such as "conference.legacy.example")"}),
    key<&HostDraft::acme_dir, PathField>(
        {.name = "acme_dir",
         .doc = "folder of certificates by domain, for this host; see "
                "[below](#folders-of-certificates). Without it and `certificates`, that at the top "
                "of the file",
         .note = "as acme_dir at the top, for this host",
         .example = R"("/etc/letsencrypt")"},
        KeyKind::kInherited),
    key<&HostDraft::certificates, CertificatesField>(
        {.name = "certificates",
         .doc = "list of key pairs, instead of a folder; one ECDSA and one RSA pair serve every "
                "peer, ECDSA is preferred",
         .note = "paths are relative to the folder of this file",
         .example = R"([
  { chain = "certs/legacy.example-ecdsa.pem", key = "certs/legacy.example-ecdsa.key" },
  { chain = "certs/legacy.example-rsa.pem", key = "certs/legacy.example-rsa.key" },
])"}),
    key<&HostDraft::outgoing_certificates, CertificatesField>(
        {.name = "outgoing_certificates",
         .doc =
             "key pairs that are shown on streams to other servers instead of those above, where "
             "those are for TLS servers only; see [below](#certificates-for-outgoing-streams)",
         .note = "other pairs for the streams that are opened to other servers",
         .example = R"([
  { chain = "certs/legacy.example-outgoing.pem", key = "certs/legacy.example-outgoing.key" },
])"}),
    key<HostDraft>({.name = "backend"}, read_backend),
};

}  // namespace

void read_hosts(const Value& value, Draft& draft) {
  read_tables<HostDraft>(value, "[[host]]", kHostKeys, draft.hosts);
}

void list_host_keys(std::vector<ConfigKey>& all) {
  list_keys<HostDraft>(all, "host", kHostKeys);
  list_keys<CertificateFiles>(all, "host.certificates", kCertificateKeys);
  list_keys<Backend>(all, "host.backend", kBackendKeys);
}

void add_host_values(std::vector<ConfigTable>& all, const Config& config) {
  for (std::size_t i = 0; i < config.hosts.size(); ++i) {
    const auto& host = config.hosts[i];
    const std::string path = "host[" + std::to_string(i) + "]";
    add_values<HostDraft>(all.emplace_back(ConfigTable{"[[host]]", path, {}}), kHostKeys,
                          {host.domain, host.aliases, host.certificates, host.outgoing_certificates,
                           host.acme_dir, host.backend});
    add_values<Backend>(all.emplace_back(ConfigTable{"[host.backend]", path + ".backend", {}}),
                        kBackendKeys, host.backend);
  }
}

}  // namespace portcullis::policy
