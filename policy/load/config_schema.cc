#include "policy/load/config_schema.h"

#include "policy/load/config_field_machine.h"
#include "policy/load/config_field_names.h"
#include "policy/load/config_schema_parts.h"

namespace portcullis::policy {
namespace {

constexpr std::array kListenKeys{
    key<&Listen::s2s, ListenersField>(
        {.name = "s2s", .doc = "other servers, STARTTLS", .note = "other servers, STARTTLS"}),
    key<&Listen::s2s_direct, ListenersField>(
        {.name = "s2s_direct", .doc = "other servers, direct TLS (XEP-0368)"}),
    key<&Listen::c2s, ListenersField>({.name = "c2s", .doc = "clients, STARTTLS"}),
    key<&Listen::c2s_direct, ListenersField>(
        {.name = "c2s_direct", .doc = "clients, direct TLS (XEP-0368)"}),
    key<&Listen::admin, EndpointField<EndpointUse::kAddress>>(
        {.name = "admin",
         .doc =
             R"(`/metrics`, `/livez`, `/readyz`, and the page of the status; an IPv4 address, or )"
             R"(`"off"`)",
         .note = R"(/metrics /livez /readyz, or "off")"}),
    key<&Listen::control, SocketField>(
        {.name = "control",
         .doc = R"(Unix socket for `portcullis reload`, for our own user only, or `"off"`)",
         .note = R"(for "portcullis reload", or "off")"}),
    key<&Listen::proxy_protocol_from, NetworksField>(
        {.name = "proxy_protocol_from",
         .doc = "CIDR blocks whose connections must begin with a PROXY header",
         .note = "CIDR blocks of load balancers that send a PROXY header"}),
};

constexpr std::array kCaptures{Word<Capture>{"none", Capture::kNone},
                               Word<Capture>{"dns", Capture::kDns},
                               Word<Capture>{"nftables", Capture::kNftables}};

constexpr std::array kOutboundKeys{
    key<&Outbound::listen, ListenersField>(
        {.name = "listen",
         .doc = "where the backend's captured outgoing streams arrive; loopback, or a network that "
                "only the backend is in",
         .note = "the backend's captured outgoing streams"}),
    key<&Outbound::capture, ChoiceField<kCaptures>>(
        {.name = "capture",
         .doc =
             R"(`"dns"`: the backend's look-ups are answered so that its streams arrive there, )"
             R"(see [below](#capture-by-dns); `"nftables"`: the packet filter leads them there, )"
             R"(see [below](#capture-by-nftables); `"none"`: you see to that)",
         .note = R"("dns": its look-ups are answered so that they arrive; "nftables")"}),
    key<&Outbound::dns, ListenersField>(
        {.name = "dns",
         .doc = "where the backend's resolver asks, by UDP and TCP",
         .note = R"(with capture = "dns": where the backend's resolver asks)"}),
    key<&Outbound::dns_forward, EndpointField<EndpointUse::kAddress>>(
        {.name = "dns_forward",
         .doc = R"(resolver for everything else that the backend asks, such as `"192.0.2.53:53"`; )"
                R"(without one, or with `"off"`, that is refused)",
         .note = R"(resolver for everything else that it asks; "off": refused)",
         .example = R"("off")"}),
    key<&Outbound::backend_users, UsersField>(
        {.name = "backend_users",
         .doc =
             R"(with `capture = "nftables"`: the users of this machine that the backends run as, )"
             R"(such as `["prosody"]`, by name or number)",
         .note = R"(with capture = "nftables": who the backend runs as, ["prosody"])"}),
    key<&Outbound::allowed_ports, PortsField>(
        {.name = "allowed_ports",
         .doc =
             "the TCP ports of other machines to which these users may connect: DNS, HTTP, mail, "
             "LDAP, databases; every other one outside of private networks is refused",
         .note = "open to it"}),
    key<&Outbound::allow_networks, NetworksField>(
        {.name = "allow_networks",
         .doc = "CIDR blocks with servers that are called although their addresses are not of the "
                "public Internet, for federation inside of one's own network; see "
                "[below](#which-addresses-are-called)",
         .note = "CIDR blocks with servers inside: private, Docker's, loopback"}),
    key<&Outbound::refuse_networks, NetworksField>(
        {.name = "refuse_networks",
         .doc = "CIDR blocks in which nobody is called; of both lists the longest prefix decides",
         .note = "CIDR blocks in which nobody is called; the longest prefix wins"}),
};

constexpr std::array kDnsKeys{
    key<&Dns::servers, AddressesField>(
        {.name = "servers",
         .doc = R"(resolvers to ask, such as `["127.0.0.1:5353"]`; empty: those of )"
                "`/etc/resolv.conf`",
         .note = R"("127.0.0.1:5353"; empty: those of /etc/resolv.conf)"}),
};

constexpr std::array kLocalCaKeys{
    key<&LocalCa::directory, PathField>(
        {.name = "directory",
         .doc =
             "what `portcullis ca init DIR` made; read when there is an s2s or outbound listener",
         .note = R"(made by "portcullis ca init DIR")"}),
};

constexpr std::array kConfinements{Word<Confinement>{"auto", Confinement::kAuto},
                                   Word<Confinement>{"off", Confinement::kOff},
                                   Word<Confinement>{"required", Confinement::kRequired}};

constexpr std::array kProcessKeys{
    key<&Process::user, TextField<32>>(
        {.name = "user",
         .doc = "who it becomes when root starts it; `root`: it stays root",
         .note = "when root starts it"}),
    key<&Process::group, TextField<32>>({.name = "group",
                                         .doc = "the group it has then; empty: the user's own",
                                         .note = "empty: the user's own"}),
    key<&Process::confinement, ChoiceField<kConfinements>>(
        {.name = "confinement",
         .doc = "Landlock and seccomp, by which the process gives up what it does not need: "
                "`\"auto\"`, what the kernel has; `\"required\"`, no start without both; `\"off\"`",
         .note = "or required, off: Landlock and seccomp"}),
};

void read_version(const Value& value, Draft& /*draft*/) {
  const auto* version = value.node.as_integer();
  if (version == nullptr) return value.wrong_type("the integer 1");
  if (version->get() != 1) value.error("must be 1: this program knows no other schema of the file");
}

constexpr std::array kTopKeys{
    key<&Config::workers, CountField<0, 256>>({.name = "workers",
                                               .doc = "event loops, {range}; `0`: one per core",
                                               .note = "event loops; 0: one per core"}),
    key<&Config::acme_dir, PathField>(
        {.name = "acme_dir",
         .doc = "folder of certificates by domain, for each host that names none; see "
                "[below](#folders-of-certificates)",
         .note = R"(certificates by domain; "/etc/letsencrypt", or lego's folder)"}),
};

// A table of its own whose keys fill one part of the configuration.
template <class Part, auto& Keys, Part Config::*Member>
constexpr Key<Draft> part(std::string_view name) {
  return key<Draft>({.name = name}, [](const Value& value, Draft& draft) {
    read_table<Part>(value, Keys, draft.config.*Member);
  });
}

constexpr std::array kVersionKey{
    Key<Draft>{
        {.name = "version",
         .doc = "schema of the file; `1` is the only one",
         .note = "of this file's schema; the only one"},
        read_version,
        [](const Draft& /*draft*/) { return std::string("1"); },
        nullptr,
        KeyKind::kOptional,
        [] { return ValueShape{.type = ValueShape::Type::kInteger, .least = 1, .most = 1}; }},
};

// What [policy] says is where [s2s] and [c2s] begin from, so it stands in front of them.
constexpr std::array kTables{
    part<Listen, kListenKeys, &Config::listen>("listen"),
    part<Outbound, kOutboundKeys, &Config::outbound>("outbound"),
    part<Dns, kDnsKeys, &Config::dns>("dns"),
    part<LocalCa, kLocalCaKeys, &Config::local_ca>("local_ca"),
    key<Draft>({.name = "host"}, read_hosts),
    key<Draft>({.name = "policy"}, read_policy),
    key<Draft>({.name = "federation"}, read_federation),
    key<Draft>({.name = "s2s"}, read_s2s),
    key<Draft>({.name = "c2s"}, read_c2s),
    key<Draft>({.name = "limits"}, read_limits),
    key<Draft>({.name = "log"}, read_log),
    part<Process, kProcessKeys, &Config::process>("process"),
};

std::vector<ConfigKey> collect_keys() {
  std::vector<ConfigKey> all;
  list_keys<Draft>(all, "", kVersionKey);
  list_keys<Config>(all, "", kTopKeys);
  list_keys<Listen>(all, "listen", kListenKeys);
  list_keys<Outbound>(all, "outbound", kOutboundKeys);
  list_keys<Dns>(all, "dns", kDnsKeys);
  list_keys<LocalCa>(all, "local_ca", kLocalCaKeys);
  list_host_keys(all);
  list_policy_keys(all);
  list_s2s_keys(all);
  list_c2s_keys(all);
  list_limits_keys(all);
  list_keys<Process>(all, "process", kProcessKeys);
  return all;
}

}  // namespace

const std::vector<ConfigKey>& config_keys() {
  static const std::vector<ConfigKey> all = collect_keys();
  return all;
}

std::vector<ConfigTable> values_of(const Config& config) {
  std::vector<ConfigTable> all(1);
  add_values<Draft>(all.front(), kVersionKey, {});
  add_values<Config>(all.front(), kTopKeys, config);
  add_table<Listen>(all, "listen", kListenKeys, config.listen);
  add_table<Outbound>(all, "outbound", kOutboundKeys, config.outbound);
  add_table<Dns>(all, "dns", kDnsKeys, config.dns);
  add_table<LocalCa>(all, "local_ca", kLocalCaKeys, config.local_ca);
  add_host_values(all, config);
  add_policy_values(all, config);
  add_s2s_values(all, config);
  add_c2s_values(all, config);
  add_limits_values(all, config);
  add_table<Process>(all, "process", kProcessKeys, config.process);
  return all;
}

void read_config(const Value& root, Draft& draft) {
  TableReader table(root);
  table.read<Draft>(kVersionKey, draft);
  table.read<Config>(kTopKeys, draft.config);
  table.read<Draft>(kTables, draft);
  table.finish();
}

}  // namespace portcullis::policy
