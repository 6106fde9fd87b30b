#include "policy/load/config_schema_parts.h"
#include "policy/load/config_section.h"
#include "policy/model/quantity.h"

namespace portcullis::policy {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;

constexpr std::array kLogFormats{std::pair{std::string_view("auto"), LogFormat::kAuto},
                                 std::pair{std::string_view("text"), LogFormat::kText},
                                 std::pair{std::string_view("json"), LogFormat::kJson}};

template <std::int64_t MostMinutes>
constexpr Bounds<milliseconds> kDeadline{milliseconds(100), minutes(MostMinutes)};

// The three kinds of limits, each a row of the table: how it is read and its range come from the
// same bounds.
template <milliseconds Limits::*Member, std::int64_t MostMinutes>
constexpr Key<Limits> deadline(std::string_view name, std::string_view fallback,
                               std::string_view doc) {
  return {name,
          fallback,
          [](const Value& v, Limits& t) { read_duration(v, t.*Member, kDeadline<MostMinutes>); },
          doc,
          KeyKind::kOptional,
          [] {
            return quantity_text(kDeadline<MostMinutes>.least) + " to " +
                   quantity_text(kDeadline<MostMinutes>.most);
          }};
}

template <std::size_t Limits::*Member, std::size_t Least, std::size_t Most>
constexpr Key<Limits> octets(std::string_view name, std::string_view fallback,
                             std::string_view doc) {
  return {name,
          fallback,
          [](const Value& v, Limits& t) { read_size(v, t.*Member, {Least, Most}); },
          doc,
          KeyKind::kOptional,
          [] { return quantity_text(Least) + " to " + quantity_text(Most); }};
}

template <std::size_t Limits::*Member, std::size_t Least, std::size_t Most>
constexpr Key<Limits> number(std::string_view name, std::string_view fallback,
                             std::string_view doc) {
  return {name,
          fallback,
          [](const Value& v, Limits& t) {
            read_count(v, t.*Member, {Least, Most});
          },
          doc,
          KeyKind::kOptional,
          [] { return std::to_string(Least) + " to " + std::to_string(Most); }};
}

// RFC 6120 section 13.12: no server may allow less than 10000 octets for a stanza.
constexpr std::array<Key<Limits>, 14> kLimitsKeys{{
    deadline<&Limits::before_tls, 10>("before_tls", R"("10s")",
                                      "from accept to the end of the TLS handshake"),
    deadline<&Limits::negotiation, 10>(
        "negotiation", R"("30s")",
        "from the end of the handshake to an authenticated stream between servers"),
    deadline<&Limits::login, 60>("login", R"("60s")", "from accept to a client that is logged in"),
    deadline<&Limits::dial, 10>("dial", R"("20s")",
                                "outgoing streams: DNS and every address together"),
    deadline<&Limits::backend, 10>("backend", R"("10s")",
                                   "to reach the backend and to authenticate there"),
    deadline<&Limits::idle, 7 * 24 * 60>("idle", R"("4h")", "no octet in either direction"),
    deadline<&Limits::drain, 60>("drain", R"("10s")", "for open streams after SIGTERM"),
    octets<&Limits::stanza_bytes, 10'000, 16 * kMiB>(
        "stanza_bytes", R"("512KiB")", "of one stanza; RFC 6120 allows no limit below 10000"),
    octets<&Limits::negotiation_bytes, 2 * kKiB, 256 * kKiB>(
        "negotiation_bytes", "10000", "of one element before authentication"),
    number<&Limits::depth, 8, 256>("depth", "64", "nesting within a stanza"),
    number<&Limits::attributes, 8, 1024>("attributes", "128", "of one element"),
    octets<&Limits::buffer_bytes, 16 * kKiB, 64 * kMiB>(
        "buffer_bytes", R"("256KiB")", "queued to one connection; then its sender has to wait"),
    number<&Limits::connections, 1, 1'000'000>("connections", "10000", "in total"),
    number<&Limits::connections_per_address, 1, 1'000'000>("connections_per_address", "100",
                                                           "from one IPv4 address or IPv6 /64"),
}};

constexpr std::array<Key<Log>, 2> kLogKeys{{
    {"format", R"("auto")", [](const Value& v, Log& t) { read_choice(v, t.format, kLogFormats); },
     R"(`"text"`, `"json"`, or `"auto"`: text, with priorities under systemd)"},
    {"debug", "false", [](const Value& v, Log& t) { read_bool(v, t.debug); },
     "more than one line per decision and per end of a stream"},
}};

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
