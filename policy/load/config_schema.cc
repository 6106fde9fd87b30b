#include "policy/load/config_schema.h"

#include <array>

#include "policy/load/config_schema_parts.h"
#include "policy/load/config_section.h"

namespace portcullis::policy {
namespace {

template <std::vector<Endpoint> Listen::*Member>
void read_listener(const Value& value, Listen& listen) {
  read_endpoints(value, listen.*Member, EndpointUse::kAddress);
}

void read_control(const Value& value, Listen& listen) {
  constexpr std::size_t kMaxSocketPath = 107;  // sun_path holds 108 octets with the NUL
  read_path(value, listen.control);
  if (listen.control.size() > kMaxSocketPath)
    value.error("has more than 107 octets, which no socket can have; choose a shorter path");
}

constexpr std::array<Key<Listen>, 7> kListenKeys{{
    {"s2s", "[]", read_listener<&Listen::s2s>,
     R"(other servers, STARTTLS; usually `["[::]:5269"]`)"},
    {"s2s_direct", "[]", read_listener<&Listen::s2s_direct>,
     R"(other servers, direct TLS (XEP-0368); usually `["[::]:5270"]`)"},
    {"c2s", "[]", read_listener<&Listen::c2s>, R"(clients, STARTTLS; usually `["[::]:5222"]`)"},
    {"c2s_direct", "[]", read_listener<&Listen::c2s_direct>,
     R"(clients, direct TLS (XEP-0368); usually `["[::]:5223"]`)"},
    {"admin", "",
     [](const Value& v, Listen& t) { read_endpoint(v, t.admin, EndpointUse::kAddress); },
     R"(`/metrics`, `/livez`, `/readyz`; an IPv4 address, usually `"127.0.0.1:9270"`)"},
    {"control", "", read_control,
     "Unix socket for `portcullis reload`, for our own user only; usually "
     "`\"/run/portcullis/control.sock\"`"},
    {"proxy_protocol_from", "[]",
     [](const Value& v, Listen& t) { read_networks(v, t.proxy_protocol_from); },
     "CIDR blocks whose connections must begin with a PROXY header"},
}};

constexpr std::array<Key<Outbound>, 1> kOutboundKeys{{
    {"listen", "[]",
     [](const Value& v, Outbound& t) { read_endpoints(v, t.listen, EndpointUse::kAddress); },
     "where the backend's captured outgoing streams arrive; loopback, or a network that only the "
     "backend is in"},
}};

constexpr std::array<Key<Dns>, 1> kDnsKeys{{
    {"servers", "[]",
     [](const Value& v, Dns& t) { read_endpoints(v, t.servers, EndpointUse::kAddress); },
     R"(resolvers to ask, such as `["127.0.0.1:5353"]`; empty: those of `/etc/resolv.conf`)"},
}};

constexpr std::array<Key<LocalCa>, 1> kLocalCaKeys{{
    {"directory", "", [](const Value& v, LocalCa& t) { read_path(v, t.directory); },
     "what `portcullis ca init DIR` made; needed as soon as there is an s2s or outbound listener"},
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
    {"version", "", read_version, "schema of the file; `1`", KeyKind::kRequired},
    {"workers", "0", read_workers, "event loops, 0 to 256; `0`: one per core"},
    {"listen", "", read_part<Listen, kListenKeys, &Config::listen>, {}, KeyKind::kTable},
    {"outbound", "", read_part<Outbound, kOutboundKeys, &Config::outbound>, {}, KeyKind::kTable},
    {"dns", "", read_part<Dns, kDnsKeys, &Config::dns>, {}, KeyKind::kTable},
    {"local_ca", "", read_part<LocalCa, kLocalCaKeys, &Config::local_ca>, {}, KeyKind::kTable},
    {"host", "", read_hosts, {}, KeyKind::kTable},
    {"policy", "", read_policy, {}, KeyKind::kTable},
    {"federation", "", read_federation, {}, KeyKind::kTable},
    {"s2s", "", read_s2s, {}, KeyKind::kTable},
    {"c2s", "", read_c2s, {}, KeyKind::kTable},
    {"limits", "", read_limits, {}, KeyKind::kTable},
    {"log", "", read_log, {}, KeyKind::kTable},
}};

std::vector<ConfigKey> collect_keys() {
  std::vector<ConfigKey> all;
  list_keys<Draft>(all, "", kRootKeys);
  list_keys<Listen>(all, "listen", kListenKeys);
  list_keys<Outbound>(all, "outbound", kOutboundKeys);
  list_keys<Dns>(all, "dns", kDnsKeys);
  list_keys<LocalCa>(all, "local_ca", kLocalCaKeys);
  list_host_keys(all);
  list_policy_keys(all);
  list_s2s_keys(all);
  list_c2s_keys(all);
  list_limits_keys(all);
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
