#include <charconv>
#include <chrono>
#include <cmath>
#include <string_view>

#include "proxy/app/doctor/examiner.h"
#include "proxy/net/ask_tcp.h"

namespace portcullis::app {
namespace {

constexpr net::AskLimits kLimits{std::chrono::seconds(3), std::size_t{8} * 1024 * 1024};
constexpr std::string_view kRequest =
    "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

// The sum of all samples of a metric whose labels hold `label`.
double sum(std::string_view text, std::string_view name, std::string_view label = {}) {
  double total = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with(name) || line.size() == name.size()) continue;
    if (const char next = line[name.size()]; next != ' ' && next != '{') continue;
    if (line.find(label) == line.npos) continue;
    const auto value = line.substr(line.rfind(' ') + 1);
    double number = 0;
    const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool is_number = error == std::errc() && stop == value.data() + value.size();
    if (is_number && std::isfinite(number) && number > 0) total += number;
  }
  return std::min(total, 1e12);
}

}  // namespace

GateNumbers numbers_of(std::string_view metrics, const policy::Limits& limits) {
  GateNumbers numbers;
  numbers.clients.busiest =
      static_cast<std::size_t>(sum(metrics, "portcullis_busiest_address_connections"));
  // The backend's own streams have no address of a stranger.
  const auto active = sum(metrics, "portcullis_streams_active") -
                      sum(metrics, "portcullis_streams_active", "kind=\"s2s_out\"");
  numbers.clients.all = static_cast<std::size_t>(std::max(active, 0.0));
  numbers.clients.limit = limits.connections_per_address;
  numbers.has_sent = sum(metrics, "portcullis_streams_established_total", "kind=\"s2s_out\"") > 0;
  numbers.clock_suspect = sum(metrics, "portcullis_clock_suspect") > 0;
  return numbers;
}

std::optional<GateNumbers> ask_the_gate(const policy::Config& config) {
  if (!config.listen.admin) return std::nullopt;
  auto admin = *config.listen.admin;
  if (admin.host == "0.0.0.0") admin.host = "127.0.0.1";
  const auto answer = net::ask_tcp(admin, kRequest, kLimits);
  if (!answer || answer->find("\nportcullis_streams_active") == std::string::npos)
    return std::nullopt;
  return numbers_of(*answer, config.limits);
}

}  // namespace portcullis::app
