#include "policy/load/control_path.h"

#include <toml++/toml.h>

#include <filesystem>

#include "policy/load/findings.h"
#include "policy/load/toml_nesting.h"
#include "policy/reasons/reason.h"

namespace portcullis::policy {

Result<std::string> control_path(std::string_view toml, const std::string& file_name) {
  if (too_deeply_nested(toml))
    return fail(file_name + ": nested deeper than anything a configuration holds");
  try {
    const auto root = toml::parse(toml, std::string_view(file_name));
    const auto written = root["listen"]["control"].value<std::string>();
    if (!written || written->empty()) return std::string();
    return Findings(file_name).resolve(*written);
  } catch (const toml::parse_error& error) {
    return fail(file_name + ":" + std::to_string(error.source().begin.line) + ":" +
                std::to_string(error.source().begin.column) +
                ": error: this is not TOML: " + printable(error.description()));
  }
}

}  // namespace portcullis::policy
