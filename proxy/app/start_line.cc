#include "proxy/app/start_line.h"

#include <pwd.h>
#include <unistd.h>

#include <string_view>
#include <utility>
#include <vector>

#include "proxy/app/config_source.h"
#include "proxy/app/version.h"
#include "proxy/base/log_words.h"

namespace portcullis::app {
namespace {

void append(std::string& text, std::string_view name, const std::vector<Endpoint>& endpoints) {
  if (endpoints.empty()) return;
  text.append(text.empty() ? "" : " ").append(name).append("=");
  std::string_view separator;
  for (const auto& endpoint : endpoints) {
    text.append(separator).append(endpoint.text());
    separator = ",";
  }
}

}  // namespace

std::string addresses_text(const policy::Config& config) {
  const auto& listen = config.listen;
  std::string text;
  append(text, "s2s", listen.s2s);
  append(text, "s2s_direct", listen.s2s_direct);
  append(text, "c2s", listen.c2s);
  append(text, "c2s_direct", listen.c2s_direct);
  append(text, "outbound", config.outbound.listen);
  append(text, "dns", config.dns_listeners());
  if (listen.admin) append(text, "admin", {*listen.admin});
  return text;
}

// Asked once, at the start, by the thread that starts the others.
std::string user_text() {
  const auto user = geteuid();
  const passwd* const entry = getpwuid(user);  // NOLINT(concurrency-mt-unsafe)
  return entry != nullptr ? entry->pw_name : std::to_string(user);
}

void write_start(telemetry::Log& log, const policy::Config& config, std::size_t workers) {
  log.write(telemetry::Severity::kNotice, log_event::kStarted,
            {{log_field::kVersion, PORTCULLIS_VERSION},
             {log_field::kFile, is_from_environment(config) ? "environment" : config.file},
             {log_field::kUser, user_text()},
             {log_field::kHosts, static_cast<std::int64_t>(config.hosts.size())},
             {log_field::kWorkers, static_cast<std::int64_t>(workers)},
             {log_field::kMode, name(config.mode)},
             {log_field::kClientMode, name(config.c2s.mode)},
             {log_field::kAddresses, addresses_text(config)}});
}

std::string serving_text(const policy::Config& config, std::uint64_t generation) {
  const auto hosts = config.hosts.size();
  return "Serving " + std::to_string(hosts) + (hosts == 1 ? " host" : " hosts") + ", mode " +
         std::string(name(config.mode)) + ", generation " + std::to_string(generation);
}

}  // namespace portcullis::app
