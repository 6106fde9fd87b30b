#include "policy/load/config_field_names.h"

#include <cstdint>
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

using Places = CountField<1, 1'000'000>;
using PerSecond = CountField<1, 100'000>;

// "auto": the share that is found out at the start.
struct MemoryField : SizeField<std::size_t{32} * kMiB, std::size_t{1024} * 1024 * kMiB> {
  using Size = SizeField<std::size_t{32} * kMiB, std::size_t{1024} * 1024 * kMiB>;
  static void read(const Value& value, std::size_t& target) {
    const auto* const text = value.node.as_string();
    if (text != nullptr && text->get() == kAuto)
      target = 0;
    else
      Size::read(value, target);
  }
  static std::string write(std::size_t value) {
    return value == 0 ? toml_string(kAuto) : Size::write(value);
  }
  static std::string range() { return toml_string(kAuto) + ", or " + Size::range(); }
  static ValueShape shape() {
    auto shape = Size::shape();
    shape.pattern = "^(auto|[0-9]+[KM]iB)$";
    return shape;
  }

 private:
  static constexpr std::string_view kAuto = "auto";
};

// RFC 6120 section 13.12: no server may allow less than 10000 octets for a stanza.
constexpr std::array kLimitsKeys{
    key<&Limits::before_tls, Deadline<10 * kMinute>>(
        {.name = "before_tls", .doc = "from accept to the end of the TLS handshake"}),
    key<&Limits::negotiation, Deadline<10 * kMinute>>(
        {.name = "negotiation",
         .doc = "from the end of the handshake to an authenticated stream between servers; and how "
                "long a client's server may take to answer a header of its stream",
         .note = "from there to an authenticated stream between servers"}),
    key<&Limits::login, Deadline<kHour>>(
        {.name = "login",
         .doc = "from accept to a client that is logged in; "
                "the time to fill in a registration form is a part of it. Prosody gives five "
                "minutes, which should be over before these",
         .note = "from accept to a login, filling in a registration included"}),
    key<&Limits::dial, Deadline<10 * kMinute>>(
        {.name = "dial",
         .doc = "outgoing streams: DNS and every address together. Look-ups take three quarters of "
                "it at most, so that time is left to connect",
         .note = "outgoing: DNS and every address together"}),
    key<&Limits::backend, Deadline<10 * kMinute>>(
        {.name = "backend", .doc = "to look up and reach the backend, and to authenticate there"}),
    key<&Limits::idle, Deadline<168 * kHour>>(
        {.name = "idle", .doc = "no octet in either direction"}),
    key<&Limits::stall, Deadline<24 * kHour>>(
        {.name = "stall",
         .doc = "while octets wait for an end of an established stream and its system acknowledges "
                "none of them; a slow reader is not stalled as long as it reads at all",
         .note = "an end that takes nothing of what waits for it"}),
    key<&Limits::linger, Deadline<kHour>>(
        {.name = "linger",
         .doc =
             "when one side has ended an established stream: until the other side has taken what "
             "was sent to it and has ended, too. What was not established lingers 2 s",
         .note = "after one side ended: for the other to take all and to end, too"}),
    key<&Limits::tcp_user_timeout, DurationField<kSecond, 24 * kHour>>(
        {.name = "tcp_user_timeout",
         .doc =
             "`TCP_USER_TIMEOUT` of established streams (RFC 5482): the system gives a connection "
             "up when what was sent is not acknowledged, or the other side has no room for it, "
             "for that long. Should not be less than `stall`",
         .note = "the same, as the system's TCP sees it; not less than stall"}),
    key<&Limits::tcp_keepalive, DurationField<kSecond, 24 * kHour>>(
        {.name = "tcp_keepalive",
         .doc = "a silent connection of an established stream is probed after that time, in whole "
                "seconds",
         .note = "a silent connection is probed after that time"}),
    key<&Limits::drain_notice, DurationField<0, kHour>>(
        {.name = "drain_notice",
         .doc = "after SIGTERM or `portcullis drain`: `/readyz` says no, and new connections are "
                "still taken, so that a balancer has time to see it",
         .note = "not ready, but still listening, when the service stops"}),
    key<&Limits::drain, Deadline<24 * kHour>>(
        {.name = "drain",
         .doc = "after that, when the listeners are closed: until the streams that are left are "
                "ended with `system-shutdown`",
         .note = "then: streams go on, and nobody new is let in"}),
    key<&Limits::hand_over, Deadline<24 * kHour>>(
        {.name = "hand_over",
         .doc = "after a new process has taken the listeners over: how long this one goes on with "
                "the streams that it has, before it ends them with `system-shutdown`",
         .note = "after an upgrade: how long the old process serves its streams"}),
    key<&Limits::stanza_bytes, SizeField<10'000, 16 * kMiB>>(
        {.name = "stanza_bytes",
         .doc = "of one stanza; RFC 6120 allows no limit below 10000",
         .note = "of one stanza"}),
    key<&Limits::negotiation_bytes, SizeField<2 * kKiB, 256 * kKiB>>(
        {.name = "negotiation_bytes",
         .doc = "of one element before authentication; of a client only before TLS"}),
    key<&Limits::login_bytes, SizeField<10'000, kMiB>>(
        {.name = "login_bytes",
         .doc = "of one element of a client that is not logged in: a Kerberos ticket or an OAuth "
                "token is one",
         .note = "of a client that is not logged in: tickets, tokens"}),
    key<&Limits::depth, CountField<8, 256>>({.name = "depth", .doc = "nesting within a stanza"}),
    key<&Limits::attributes, CountField<8, 1024>>({.name = "attributes", .doc = "of one element"}),
    key<&Limits::backend_stanza_bytes, SizeField<64 * kKiB, 64 * kMiB>>(
        {.name = "backend_stanza_bytes",
         .doc = "of one stanza or element of your own server, to clients and to other servers, "
                "also during a login: contact lists, search results, forms",
         .note = "of one stanza of your own server, to anybody"}),
    key<&Limits::backend_depth, CountField<64, 4096>>(
        {.name = "backend_depth", .doc = "nesting within a stanza of your own server"}),
    key<&Limits::backend_attributes, CountField<128, 65'536>>(
        {.name = "backend_attributes", .doc = "of one element of your own server"}),
    key<&Limits::buffer_bytes, SizeField<16 * kKiB, 64 * kMiB>>(
        {.name = "buffer_bytes",
         .doc = "queued to one connection; then its sender has to wait",
         .note = "waiting for one slow connection, before its sender has to wait"}),
    key<&Limits::stanza_rate, CountField<1, 1'000'000>>(
        {.name = "stanza_rate",
         .doc = "octets a second, over 30 seconds, that a peer has to send of a stanza that it has "
                "begun; the time in which we do not read is not counted",
         .note = "octets a second that an unfinished stanza must grow by"}),
    key<&Limits::memory, MemoryField>(
        {.name = "memory",
         .doc = "for all streams together, with what each costs by itself; near it those who hold "
                "most are not read from, then newcomers are refused. `\"auto\"`: half of what the "
                "process may have of the machine, its cgroup, `RLIMIT_AS` and `RLIMIT_DATA`",
         .note = "for all streams; auto: half of what the process may have"}),
    key<&Limits::held_bytes, SizeField<kMiB, 1024 * kMiB>>(
        {.name = "held_bytes",
         .doc =
             "the part of `memory` that unfinished stanzas and what is queued to connections may "
             "take, over all streams; near it those who hold most are not read from, and when "
             "there is more, they are ended",
         .note = "of unfinished stanzas and queues, all streams together"}),
    key<&Limits::streams_per_domain, Places>(
        {.name = "streams_per_domain",
         .doc = "incoming streams from one remote domain. Streams that only claim the domain "
                "(observe mode) are counted apart",
         .note = "incoming, from one remote domain"}),
    key<&Limits::inbound_connections, Places>(
        {.name = "inbound_connections", .doc = "of other servers"}),
    key<&Limits::outbound_connections, Places>(
        {.name = "outbound_connections", .doc = "of the backend, for its outgoing streams"}),
    key<&Limits::client_connections, Places>({.name = "client_connections", .doc = "of clients"}),
    key<&Limits::refused_connections, Places>(
        {.name = "refused_connections",
         .doc = "that were refused and may still read why; they take no other place, and beyond "
                "this number refused connections are closed without words",
         .note = "that were refused and may still read why"}),
    key<&Limits::connections_per_address, Places>(
        {.name = "connections_per_address", .doc = "from one IPv4 address or IPv6 /64"}),
    key<&Limits::connections_per_ipv6_56, Places>(
        {.name = "connections_per_ipv6_56", .doc = "from one IPv6 /56"}),
    key<&Limits::connections_per_ipv6_48, Places>(
        {.name = "connections_per_ipv6_48", .doc = "from one IPv6 /48"}),
    key<&Limits::rate_per_address, PerSecond>(
        {.name = "rate_per_address",
         .doc = "new connections a second from one IPv4 address or IPv6 /64, over a long time",
         .note = "new ones a second from one IPv4 address or IPv6 /64"}),
    key<&Limits::burst_per_address, Places>(
        {.name = "burst_per_address",
         .doc = "new connections from it at once, after a pause",
         .note = "at once, after a pause"}),
    key<&Limits::rate_per_ipv6_56, PerSecond>({.name = "rate_per_ipv6_56",
                                               .doc = "as `rate_per_address`, from one IPv6 /56",
                                               .note = "from one IPv6 /56"}),
    key<&Limits::burst_per_ipv6_56, Places>({.name = "burst_per_ipv6_56",
                                             .doc = "as `burst_per_address`, from one IPv6 /56",
                                             .note = "at once, after a pause"}),
    key<&Limits::rate_per_ipv6_48, PerSecond>({.name = "rate_per_ipv6_48",
                                               .doc = "as `rate_per_address`, from one IPv6 /48",
                                               .note = "from one IPv6 /48"}),
    key<&Limits::burst_per_ipv6_48, Places>({.name = "burst_per_ipv6_48",
                                             .doc = "as `burst_per_address`, from one IPv6 /48",
                                             .note = "at once, after a pause"}),
    key<&Limits::rate_total, PerSecond>(
        {.name = "rate_total",
         .doc = "new connections a second of all servers, of all clients, and of all addresses of "
                "`exempt`, each",
         .note = "of all servers, of all clients, and of all exempt addresses"}),
    key<&Limits::burst_total, Places>({.name = "burst_total",
                                       .doc = "of each of them at once, after a pause",
                                       .note = "of each of them at once, after a pause"}),
    key<&Limits::failed_logins_per_address, Places>(
        {.name = "failed_logins_per_address",
         .doc = "logins that your server refuses in an hour, from one IPv4 address or IPv6 /64; as "
                "many may fail at once after a pause. A /56 may have twice as many, a /48 four "
                "times. Whoever is over it is told to try again later",
         .note = "an hour, that your server refuses"}),
    key<&Limits::registrations_per_address, Places>(
        {.name = "registrations_per_address",
         .doc = "accounts that clients register in an hour before a login (XEP-0077), counted in "
                "the same way",
         .note = "an hour, of new accounts"}),
    key<&Limits::exempt, NetworksField>(
        {.name = "exempt",
         .doc = "CIDR blocks that are not counted per address, because many come from one address "
                "there: a NAT, an onion service, a balancer without PROXY header",
         .note = "CIDR blocks where many share one address: NAT, Tor, a balancer"}),
    key<&Limits::exempt_connections, Places>({.name = "exempt_connections",
                                              .doc = "from all addresses of `exempt` together; "
                                                     "raise it where more than that come from them",
                                              .note = "from all of them together"}),
    key<&Limits::dials, Places>(
        {.name = "dials",
         .doc =
             "addresses of other servers that are being called at one time, until the server has "
             "answered. One server is called at several of its addresses only while less than "
             "half of these places are taken",
         .note = "addresses that are being called at one time"}),
    key<&Limits::dials_per_domain, Places>(
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

void add_limits_values(std::vector<ConfigTable>& all, const Config& config) {
  add_table<Limits>(all, "limits", kLimitsKeys, config.limits);
  add_table<Log>(all, "log", kLogKeys, config.log);
}

}  // namespace portcullis::policy
