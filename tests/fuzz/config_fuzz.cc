// The configuration loader on any octets: a value or an error, never both, never neither; every
// finding is fit to be shown; and what is accepted can be explained and is the same when read
// again. The octet 0x1e separates files; what is behind the last one is the value of the variable
// FUZZ, which can change values but never what is set.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/decide/gate.h"
#include "policy/explain/explain.h"
#include "policy/load/config_load.h"
#include "policy/model/domain_pattern.h"
#include "policy/reasons/reason.h"

namespace {

using portcullis::DomainName;
using namespace portcullis::policy;

const std::chrono::sys_days kToday = std::chrono::year(2026) / std::chrono::November / 21;

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_shown_as_it_is(const std::string& line) {
  return printable(line, line.size()) == line;
}

std::vector<std::string> told(const Config& config, const DomainName& remote) {
  auto all = lines(explain_domain(config, remote, kToday));
  for (const auto& line : all) require(is_shown_as_it_is(line));
  return all;
}

// A name that the pattern covers.
std::optional<DomainName> covered_by(const std::string& pattern) {
  const auto name =
      DomainName::parse(pattern.starts_with("*.") ? "x" + pattern.substr(1) : pattern);
  if (!name) return std::nullopt;  // "*." before a name of 252 octets
  return *name;
}

void explain_everything(const Config& config, const Config& again) {
  for (const auto& rule : config.s2s.rules) {
    for (const auto& pattern : rule.match) {
      const auto remote = covered_by(pattern);
      if (!remote) continue;
      require(pattern_covers(pattern, *remote));
      require(!remote_policy(config, *remote, kToday).pattern.empty());
      require(told(config, *remote) == told(again, *remote));
      const Evidence good{*remote, portcullis::TlsVersion::kTls13, {}, {}};
      require(certificate_gate(config, good, kToday).verdict ==
              certificate_gate(again, good, kToday).verdict);
    }
  }
  for (const auto& exception : config.s2s.exceptions) {
    require(explain_domain(config, exception.domain, kToday).exception.has_value());
    require(told(config, exception.domain) == told(again, exception.domain));
  }
}

ConfigSources sources_in(std::string_view text) {
  ConfigSources sources{{}, "", {{"EMPTY", ""}}};
  for (auto end = text.find('\x1e'); end != std::string_view::npos; end = text.find('\x1e')) {
    sources.texts.push_back({"fuzz-" + std::to_string(sources.texts.size()) + ".toml",
                             std::string(text.substr(0, end))});
    text.remove_prefix(end + 1);
  }
  if (sources.texts.empty())
    sources.texts.push_back({"fuzz.toml", std::string(text)});
  else
    sources.environment.emplace("FUZZ", text);
  return sources;
}

// A variable is a part of one string.
void require_that_no_variable_adds_a_key(ConfigSources sources, const Config& config) {
  if (sources.environment.find("FUZZ") == sources.environment.end()) return;
  sources.environment["FUZZ"] = "x";
  const auto other = load_config(sources, LoadContext{kToday, false});
  if (other.config) require(other.config->lines == config.lines);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto sources = sources_in({reinterpret_cast<const char*>(data), size});
  const LoadContext context{kToday, false};
  const auto loaded = load_config(sources, context);
  require(loaded.config.has_value() != has_errors(loaded.diagnostics));
  for (const auto& diagnostic : loaded.diagnostics) require(is_shown_as_it_is(diagnostic.text()));
  if (!loaded.config) return 0;
  require(!loaded.config->hosts.empty());
  require_that_no_variable_adds_a_key(sources, *loaded.config);
  const auto again = load_config(sources, context);
  require(again.config.has_value());
  require(again.config->lines == loaded.config->lines);
  require(again.diagnostics.size() == loaded.diagnostics.size());
  explain_everything(*loaded.config, *again.config);
  return 0;
}
