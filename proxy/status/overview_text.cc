#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>

#include "proxy/status/lights.h"
#include "proxy/status/overview_words.h"
#include "proxy/status/status_text.h"
#include "proxy/status/sums.h"
#include "proxy/status/words.h"

namespace portcullis::status {
namespace {

template <class... Arguments>
void print(std::string& out, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Arguments>(arguments)...);
}

std::string large(std::string_view word) {
  std::string text(word);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string_view sign(Level level) {
  switch (level) {
    case Level::kOk:
      return "ok";
    case Level::kAttention:
      return "ATTENTION";
    case Level::kBroken:
      return "BROKEN";
  }
  return "";
}

void light(std::string& out, const Light& light, std::string_view what) {
  print(out, "  {:<9}  {}\n", sign(light.level), what);
  for (const auto& finding : light.findings) print(out, "             {}\n", finding.sentence);
}

void head(std::string& out, const Overview& overview) {
  print(out, "portcullis {}, since {} ({}), generation {}\n\n", overview.version,
        time_text(overview.started), age_text(overview.now - overview.started),
        overview.generation);
  print(out, "MODE: {}\n  {}\n", large(name(overview.mode)), mode_sentence(overview.mode));
  for (const auto& rule : overview.other_modes)
    print(out, "  but {} for {}\n", large(name(rule.mode)), rule.pattern);
  if (overview.c2s_mode) print(out, "CLIENTS: {}\n", large(name(*overview.c2s_mode)));
}

void domains(std::string& out, const Overview& overview) {
  print(out, "\nDomains\n");
  for (const auto& host : overview.hosts) {
    const auto sums = sums_of(overview, host.domain);
    std::string also;
    for (const auto& alias : host.aliases) also += (also.empty() ? ", also " : ", ") + alias;
    light(out, light_of(overview, host),
          fmt::format("{}{}: {} from servers, {} to servers, {}", host.domain, also, sums.inbound,
                      sums.outbound, counted(sums.clients, "client", "clients")));
  }
  light(out, light_of_gate(overview), "the gate itself");
}

std::string row_of(const std::vector<Sums::Row>& rows) {
  std::string text;
  for (const auto& row : rows)
    text += fmt::format("{}{} {}", text.empty() ? "" : "   ", row.name, row.streams);
  return text.empty() ? "none" : text;
}

void streams(std::string& out, const Overview& overview) {
  const auto sums = sums_of(overview);
  print(out,
        "\nStreams\n  now         from servers {}   to servers {}   clients {}   negotiating {}\n",
        sums.inbound, sums.outbound, sums.clients, sums.negotiating);
  print(out, "  TLS         {}\n", row_of(sums.tls));
  print(out, "  servers by  {}\n", row_of(sums.server_auth));
  print(out, "  clients by  {}\n", row_of(sums.client_auth));
}

void backends(std::string& out, const Overview& overview) {
  print(out, "\nYour server\n");
  for (const auto& row : overview.backends)
    print(out, "  {:<15}  {}, {} at {}{}\n", state_of(row), row.host,
          row.kind == StreamKind::kC2s ? "clients" : "servers", row.address,
          row.since ? ", since " + time_text(*row.since) : "");
  print(out, "  capture          {}\n", capture_sentence(overview.capture));
}

void certificates(std::string& out, const Overview& overview) {
  print(out, "\nCertificates\n");
  for (const auto& row : overview.certificates)
    print(out, "  {:>9}  {}{}{}, until {}\n", days_text(overview, row), certificate_name(row),
          row.key ? fmt::format(", {}", name(*row.key)) : "",
          row.use == CertificateRow::Use::kOutgoing ? ", to other servers" : "",
          time_text(row.not_after));
}

void listeners(std::string& out, const Overview& overview) {
  print(out, "\nListeners\n");
  for (const auto& row : overview.listeners)
    print(out, "  {:<24}  {}, {}\n", row.address, words(row.kind), name(row.entry));
  print(out, "\nLast reload\n  {}\n", reload_sentence(overview));
}

void refusals(std::string& out, const Overview& overview) {
  print(out, "\nLast refusals\n");
  if (overview.refusals.empty()) print(out, "  none since the start\n");
  for (const auto& row : overview.refusals) {
    print(out, "  {}  {} {}, {}: {} -> {}{}{}\n", time_text(row.at), name(row.kind),
          policy::name(row.verdict), policy::id(row.reason), row.from.empty() ? "?" : row.from,
          row.to.empty() ? "?" : row.to, row.peer.empty() ? "" : ", " + row.peer,
          row.times > 1 ? fmt::format(", {} times", row.times) : "");
    print(out, "      {}\n      What to do: {}\n", row.detail, hint_for(row.reason));
  }
}

void traces(std::string& out, const Overview& overview) {
  if (overview.traces.empty()) return;
  print(out, "\nLogged step by step\n");
  for (const auto& row : overview.traces)
    print(out, "  {}  until {}\n", row.target, time_text(row.until));
}

}  // namespace

std::string overview_text(const Overview& overview) {
  std::string out;
  head(out, overview);
  domains(out, overview);
  streams(out, overview);
  backends(out, overview);
  certificates(out, overview);
  listeners(out, overview);
  refusals(out, overview);
  traces(out, overview);
  return out;
}

}  // namespace portcullis::status
