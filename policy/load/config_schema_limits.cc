#include "policy/load/config_field.h"
#include "policy/load/config_schema_parts.h"

namespace portcullis::policy {
namespace {

constexpr std::int64_t kSecond = 1'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;

template <std::int64_t Most>
using Deadline = DurationField<kSecond / 10, Most>;

// RFC 6120 section 13.12: no server may allow less than 10000 octets for a stanza.
constexpr std::array kLimitsKeys{
    key<&Limits::before_tls, Deadline<10 * kMinute>>(
        {.name = "before_tls", .doc = "from accept to the end of the TLS handshake"}),
    key<&Limits::negotiation, Deadline<10 * kMinute>>(
        {.name = "negotiation",
         .doc = "from the end of the handshake to an authenticated stream between servers",
         .note = "from there to an authenticated stream between servers"}),
    key<&Limits::login, Deadline<kHour>>(
        {.name = "login", .doc = "from accept to a client that is logged in"}),
    key<&Limits::dial, Deadline<10 * kMinute>>(
        {.name = "dial",
         .doc = "outgoing streams: DNS and every address together",
         .note = "outgoing: DNS and every address together"}),
    key<&Limits::backend, Deadline<10 * kMinute>>(
        {.name = "backend", .doc = "to reach the backend and to authenticate there"}),
    key<&Limits::idle, Deadline<168 * kHour>>(
        {.name = "idle", .doc = "no octet in either direction"}),
    key<&Limits::drain, Deadline<kHour>>({.name = "drain",
                                          .doc = "for open streams after SIGTERM",
                                          .note = "for open streams when the service stops"}),
    key<&Limits::stanza_bytes, SizeField<10'000, 16 * kMiB>>(
        {.name = "stanza_bytes",
         .doc = "of one stanza; RFC 6120 allows no limit below 10000",
         .note = "of one stanza"}),
    key<&Limits::negotiation_bytes, SizeField<2 * kKiB, 256 * kKiB>>(
        {.name = "negotiation_bytes", .doc = "of one element before authentication"}),
    key<&Limits::depth, CountField<8, 256>>({.name = "depth", .doc = "nesting within a stanza"}),
    key<&Limits::attributes, CountField<8, 1024>>({.name = "attributes", .doc = "of one element"}),
    key<&Limits::buffer_bytes, SizeField<16 * kKiB, 64 * kMiB>>(
        {.name = "buffer_bytes",
         .doc = "queued to one connection; then its sender has to wait",
         .note = "waiting for one slow connection, before its sender has to wait"}),
    key<&Limits::connections, CountField<1, 1'000'000>>({.name = "connections", .doc = "in total"}),
    key<&Limits::connections_per_address, CountField<1, 1'000'000>>(
        {.name = "connections_per_address", .doc = "from one IPv4 address or IPv6 /64"}),
    key<&Limits::exempt, NetworksField>(
        {.name = "exempt",
         .doc = "CIDR blocks that are not counted per address, because many come from one address "
                "there: a NAT, an onion service, a balancer without PROXY header",
         .note = "CIDR blocks where many share one address: NAT, Tor, a balancer"}),
    key<&Limits::exempt_connections, CountField<1, 1'000'000>>(
        {.name = "exempt_connections",
         .doc = "from all addresses of `exempt` together",
         .note = "from all of them together"}),
    key<&Limits::dials, CountField<1, 1'000'000>>(
        {.name = "dials",
         .doc = "servers that are being called at one time, until they have answered",
         .note = "servers that are being called at one time"}),
    key<&Limits::dials_per_domain, CountField<1, 1'000'000>>(
        {.name = "dials_per_domain", .doc = "the same for one remote domain"}),
};

constexpr std::array kLogFormats{Word<LogFormat>{"auto", LogFormat::kAuto},
                                 Word<LogFormat>{"text", LogFormat::kText},
                                 Word<LogFormat>{"json", LogFormat::kJson}};

constexpr std::array kLogKeys{
    key<&Log::format, ChoiceField<kLogFormats>>(
        {.name = "format",
         .doc = R"(`"text"`, `"json"`, or `"auto"`: text, with priorities under systemd)",
         .note = "auto, text or json"}),
    key<&Log::debug, TruthField>(
        {.name = "debug", .doc = "more than one line per decision and per end of a stream"}),
};

}  // namespace

void read_limits(const Value& value, Draft& draft) {
  read_table<Limits>(value, kLimitsKeys, draft.config.limits);
}

void read_log(const Value& value, Draft& draft) {
  read_table<Log>(value, kLogKeys, draft.config.log);
}

void list_limits_keys(std::vector<ConfigKey>& all) {
  list_keys<Limits>(all, "limits", kLimitsKeys);
  list_keys<Log>(all, "log", kLogKeys);
}

}  // namespace portcullis::policy
