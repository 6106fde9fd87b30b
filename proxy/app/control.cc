#include "proxy/app/control.h"

#include <toml++/toml.h>

#include <filesystem>

#include "certs/pem_file.h"
#include "policy/toml_nesting.h"

namespace portcullis::app {
namespace {

Result<toml::table> parse(const std::string& config_file) {
  const auto text = certs::read_file(config_file);
  if (!text) return tl::unexpected(text.error());
  if (policy::too_deeply_nested(*text))
    return fail(config_file + ": nested deeper than anything a configuration holds");
  try {
    return toml::parse(*text, std::string_view(config_file));
  } catch (const toml::parse_error& error) {
    return fail(config_file + ":" + std::to_string(error.source().begin.line) + ":" +
                std::to_string(error.source().begin.column) +
                ": error: this is not TOML: " + std::string(error.description()));
  }
}

}  // namespace

std::string answer_control(std::string_view request, const std::function<ReloadOutcome()>& reload) {
  if (request == kReloadRequest) return reload().text();
  return "unknown request; the only one is \"" + std::string(kReloadRequest) + "\"\nfailed\n";
}

Result<std::string> control_path(const std::string& config_file) {
  const auto root = parse(config_file);
  if (!root) return tl::unexpected(root.error());
  const auto written = (*root)["listen"]["control"].value<std::string>();
  if (!written || written->empty()) return std::string();
  return (std::filesystem::path(config_file).parent_path() / *written).string();
}

}  // namespace portcullis::app
