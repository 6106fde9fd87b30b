#include "policy/config_schema.h"

#include <array>

#include "policy/config_keys.h"
#include "policy/config_section.h"

namespace portcullis::policy {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;

constexpr std::array kProxyProtocols{std::pair{std::string_view("off"), ProxyProtocol::kOff},
                                     std::pair{std::string_view("v1"), ProxyProtocol::kV1},
                                     std::pair{std::string_view("v2"), ProxyProtocol::kV2}};
constexpr std::array kModes{std::pair{std::string_view("enforce"), Mode::kEnforce}};
constexpr std::array kAllowOrDeny{std::pair{std::string_view("allow"), true},
                                  std::pair{std::string_view("deny"), false}};
constexpr std::array kTlsVersions{std::pair{std::string_view("1.2"), TlsVersion::kTls12},
                                  std::pair{std::string_view("1.3"), TlsVersion::kTls13}};
constexpr std::array kLogFormats{std::pair{std::string_view("auto"), LogFormat::kAuto},
                                 std::pair{std::string_view("text"), LogFormat::kText},
                                 std::pair{std::string_view("json"), LogFormat::kJson}};

template <std::vector<Endpoint> Listen::*Member>
void read_listener(const Value& value, Listen& listen) {
  read_endpoints(value, listen.*Member, EndpointUse::kAddress);
}

constexpr std::array<Key<Listen>, 6> kListenKeys{{
    {"s2s", "[]", read_listener<&Listen::s2s>},
    {"s2s_direct", "[]", read_listener<&Listen::s2s_direct>},
    {"c2s", "[]", read_listener<&Listen::c2s>},
    {"c2s_direct", "[]", read_listener<&Listen::c2s_direct>},
    {"admin", "",
     [](const Value& v, Listen& t) { read_endpoint(v, t.admin, EndpointUse::kAddress); }},
    {"proxy_protocol_from", "[]",
     [](const Value& v, Listen& t) { read_networks(v, t.proxy_protocol_from); }},
}};

constexpr std::array<Key<Outbound>, 1> kOutboundKeys{{
    {"listen", "[]",
     [](const Value& v, Outbound& t) { read_endpoints(v, t.listen, EndpointUse::kAddress); }},
}};

constexpr std::array<Key<Dns>, 1> kDnsKeys{{
    {"servers", "[]",
     [](const Value& v, Dns& t) { read_endpoints(v, t.servers, EndpointUse::kAddress); }},
}};

constexpr std::array<Key<LocalCa>, 1> kLocalCaKeys{{
    {"directory", "", [](const Value& v, LocalCa& t) { read_path(v, t.directory); }},
}};

constexpr std::array<Key<CertificateFiles>, 2> kCertificateKeys{{
    {"chain", "", [](const Value& v, CertificateFiles& t) { read_path(v, t.chain); },
     KeyKind::kRequired},
    {"key", "", [](const Value& v, CertificateFiles& t) { read_path(v, t.key); },
     KeyKind::kRequired},
}};

constexpr std::array<Key<Backend>, 4> kBackendKeys{{
    {"s2s", "",
     [](const Value& v, Backend& t) { read_endpoint(v, t.s2s, EndpointUse::kAddressOrName); }},
    {"c2s", "",
     [](const Value& v, Backend& t) { read_endpoint(v, t.c2s, EndpointUse::kAddressOrName); }},
    {"certificate", "", [](const Value& v, Backend& t) { read_path(v, t.certificate); }},
    {"c2s_proxy_protocol", R"("off")",
     [](const Value& v, Backend& t) { read_choice(v, t.c2s_proxy_protocol, kProxyProtocols); }},
}};

constexpr std::array<Key<HostDraft>, 4> kHostKeys{{
    {"domain", "", [](const Value& v, HostDraft& t) { read_domain(v, t.domain); },
     KeyKind::kRequired},
    {"aliases", "[]", [](const Value& v, HostDraft& t) { read_domains(v, t.aliases); }},
    {"certificates", "",
     [](const Value& v, HostDraft& t) {
       read_tables<CertificateFiles>(v, R"([ { chain = "FILE", key = "FILE" } ])", kCertificateKeys,
                                     t.certificates);
     },
     KeyKind::kRequired},
    {"backend", "",
     [](const Value& v, HostDraft& t) { read_table<Backend>(v, kBackendKeys, t.backend); },
     KeyKind::kTable},
}};

constexpr std::array<Key<Config>, 3> kPolicyKeys{{
    {"mode", R"("enforce")",
     [](const Value& v, Config& t) {
       read_choice(v, t.mode, kModes, "; it is the only mode available for now");
     }},
    {"contact", R"("")", [](const Value& v, Config& t) { read_text(v, t.contact, 100); }},
    {"help_url", R"("")",
     [](const Value& v, Config& t) {
       read_text(v, t.help_url, 120);
       if (!t.help_url.empty() && !t.help_url.starts_with("https://") &&
           !t.help_url.starts_with("http://"))
         v.error(R"(must begin with "https://" or "http://")");
     }},
}};

constexpr std::array<Key<Federation>, 3> kFederationKeys{{
    {"default", R"("allow")",
     [](const Value& v, Federation& t) { read_choice(v, t.allow_by_default, kAllowOrDeny); }},
    {"allow", "[]", [](const Value& v, Federation& t) { read_patterns(v, t.allow); }},
    {"deny", "[]", [](const Value& v, Federation& t) { read_patterns(v, t.deny); }},
}};

void read_min_tls(const Value& value, TlsVersion& target) {
  read_choice(value, target, kTlsVersions, "; the floor can only rise");
}

void read_roots(const Value& value, std::string& target) {
  const auto* text = value.node.as_string();
  if (text != nullptr && (text->get() == "dane" || text->get() == "posh"))
    return value.error("cannot be \"" + text->get() +
                       "\": reserved, not built yet; write \"system\" or a PEM file");
  if (text != nullptr && text->get() == "system") {
    target = "system";
    return;
  }
  read_path(value, target);
}

constexpr std::array<Key<S2s>, 2> kS2sKeys{{
    {"min_tls", R"("1.2")", [](const Value& v, S2s& t) { read_min_tls(v, t.settings.min_tls); }},
    {"roots", R"("system")", [](const Value& v, S2s& t) { read_roots(v, t.settings.roots); }},
}};

constexpr std::array<Key<C2s>, 1> kC2sKeys{{
    {"min_tls", R"("1.2")", [](const Value& v, C2s& t) { read_min_tls(v, t.min_tls); }},
}};

template <milliseconds Limits::*Member, std::int64_t MostMinutes>
void read_deadline(const Value& value, Limits& limits) {
  read_duration(value, limits.*Member, {milliseconds(100), minutes(MostMinutes)});
}

template <std::size_t Limits::*Member, std::size_t Least, std::size_t Most>
void read_octets(const Value& value, Limits& limits) {
  read_size(value, limits.*Member, {Least, Most});
}

template <std::size_t Limits::*Member, std::size_t Least, std::size_t Most>
void read_number(const Value& value, Limits& limits) {
  read_count(value, limits.*Member, {Least, Most});
}

// RFC 6120 section 13.12: no server may allow less than 10000 octets for a stanza.
constexpr std::array<Key<Limits>, 14> kLimitsKeys{{
    {"before_tls", R"("10s")", read_deadline<&Limits::before_tls, 10>},
    {"negotiation", R"("30s")", read_deadline<&Limits::negotiation, 10>},
    {"login", R"("60s")", read_deadline<&Limits::login, 60>},
    {"dial", R"("20s")", read_deadline<&Limits::dial, 10>},
    {"backend", R"("10s")", read_deadline<&Limits::backend, 10>},
    {"idle", R"("4h")", read_deadline<&Limits::idle, 7 * 24 * 60>},
    {"drain", R"("10s")", read_deadline<&Limits::drain, 60>},
    {"stanza_bytes", R"("512KiB")", read_octets<&Limits::stanza_bytes, 10'000, 16 * kMiB>},
    {"negotiation_bytes", "10000", read_octets<&Limits::negotiation_bytes, 2 * kKiB, 256 * kKiB>},
    {"depth", "64", read_number<&Limits::depth, 8, 256>},
    {"attributes", "128", read_number<&Limits::attributes, 8, 1024>},
    {"buffer_bytes", R"("256KiB")", read_octets<&Limits::buffer_bytes, 16 * kKiB, 64 * kMiB>},
    {"connections", "10000", read_number<&Limits::connections, 1, 1'000'000>},
    {"connections_per_address", "100", read_number<&Limits::connections_per_address, 1, 1'000'000>},
}};

constexpr std::array<Key<Log>, 2> kLogKeys{{
    {"format", R"("auto")", [](const Value& v, Log& t) { read_choice(v, t.format, kLogFormats); }},
    {"debug", "false", [](const Value& v, Log& t) { read_bool(v, t.debug); }},
}};

void read_version(const Value& value, Draft& /*draft*/) {
  const auto* version = value.node.as_integer();
  if (version == nullptr) return value.wrong_type("the integer 1");
  if (version->get() != 1) value.error("must be 1: this program knows no other schema of the file");
}

void read_workers(const Value& value, Draft& draft) {
  std::size_t workers = draft.config.workers;
  read_count(value, workers, {0, 256});
  draft.config.workers = static_cast<unsigned>(workers);
}

// A table of its own whose keys fill one part of the configuration.
template <class Part, auto& Keys, Part Config::*Member>
void read_part(const Value& value, Draft& draft) {
  read_table<Part>(value, Keys, draft.config.*Member);
}

constexpr std::array<Key<Draft>, 13> kRootKeys{{
    {"version", "", read_version, KeyKind::kRequired},
    {"workers", "0", read_workers},
    {"listen", "", read_part<Listen, kListenKeys, &Config::listen>, KeyKind::kTable},
    {"outbound", "", read_part<Outbound, kOutboundKeys, &Config::outbound>, KeyKind::kTable},
    {"dns", "", read_part<Dns, kDnsKeys, &Config::dns>, KeyKind::kTable},
    {"local_ca", "", read_part<LocalCa, kLocalCaKeys, &Config::local_ca>, KeyKind::kTable},
    {"host", "",
     [](const Value& v, Draft& t) { read_tables<HostDraft>(v, "[[host]]", kHostKeys, t.hosts); },
     KeyKind::kTable},
    {"policy", "", [](const Value& v, Draft& t) { read_table<Config>(v, kPolicyKeys, t.config); },
     KeyKind::kTable},
    {"federation", "", read_part<Federation, kFederationKeys, &Config::federation>,
     KeyKind::kTable},
    {"s2s", "", read_part<S2s, kS2sKeys, &Config::s2s>, KeyKind::kTable},
    {"c2s", "", read_part<C2s, kC2sKeys, &Config::c2s>, KeyKind::kTable},
    {"limits", "", read_part<Limits, kLimitsKeys, &Config::limits>, KeyKind::kTable},
    {"log", "", read_part<Log, kLogKeys, &Config::log>, KeyKind::kTable},
}};

template <class Target, std::size_t N>
void append(std::vector<ConfigKey>& all, std::string_view table,
            const std::array<Key<Target>, N>& keys) {
  for (const auto& key : keys) {
    if (key.kind == KeyKind::kTable) continue;
    all.push_back({std::string(table), key.name, key.fallback, key.kind == KeyKind::kRequired});
  }
}

std::vector<ConfigKey> collect_keys() {
  std::vector<ConfigKey> all;
  append(all, "", kRootKeys);
  append(all, "listen", kListenKeys);
  append(all, "outbound", kOutboundKeys);
  append(all, "dns", kDnsKeys);
  append(all, "local_ca", kLocalCaKeys);
  append(all, "host", kHostKeys);
  append(all, "host.certificates", kCertificateKeys);
  append(all, "host.backend", kBackendKeys);
  append(all, "policy", kPolicyKeys);
  append(all, "federation", kFederationKeys);
  append(all, "s2s", kS2sKeys);
  append(all, "c2s", kC2sKeys);
  append(all, "limits", kLimitsKeys);
  append(all, "log", kLogKeys);
  return all;
}

}  // namespace

const std::vector<ConfigKey>& config_keys() {
  static const std::vector<ConfigKey> all = collect_keys();
  return all;
}

void read_config(const Value& root, Draft& draft) {
  read_table<Draft>(root, kRootKeys, draft);
}

}  // namespace portcullis::policy
