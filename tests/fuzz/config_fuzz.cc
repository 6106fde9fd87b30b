// The configuration loader on any octets: a value or an error, never both, never neither; and
// every finding is fit to be shown.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/config_load.h"
#include "policy/reason.h"

using portcullis::policy::has_errors;
using portcullis::policy::load_config;
using portcullis::policy::printable;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto loaded = load_config(text, "fuzz.toml");
  if (loaded.config.has_value() == has_errors(loaded.diagnostics)) std::abort();
  for (const auto& diagnostic : loaded.diagnostics) {
    const auto line = diagnostic.text();
    if (printable(line, line.size()) != line) std::abort();
  }
  if (loaded.config && loaded.config->hosts.empty()) std::abort();
  return 0;
}
