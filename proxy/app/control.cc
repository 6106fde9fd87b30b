#include "proxy/app/control.h"

#include "policy/load/where_to_ask.h"
#include "proxy/app/config_source.h"

namespace portcullis::app {

std::string answer_control(std::string_view request, const std::function<ReloadOutcome()>& reload) {
  if (request == kReloadRequest) return reload().text();
  return "unknown request; the only one is \"" + std::string(kReloadRequest) + "\"\nfailed\n";
}

Result<std::string> control_path(const std::string& config_file) {
  const auto sources = read_sources(config_file);
  if (!sources) return fail(sources.error().text());
  return policy::control_path(*sources);
}

}  // namespace portcullis::app
