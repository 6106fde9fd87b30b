#include "proxy/app/control.h"

#include "certs/x509/pem_file.h"
#include "policy/load/control_path.h"

namespace portcullis::app {

std::string answer_control(std::string_view request, const std::function<ReloadOutcome()>& reload) {
  if (request == kReloadRequest) return reload().text();
  return "unknown request; the only one is \"" + std::string(kReloadRequest) + "\"\nfailed\n";
}

Result<std::string> control_path(const std::string& config_file) {
  const auto text = certs::read_file(config_file);
  if (!text) return tl::unexpected(text.error());
  return policy::control_path(*text, config_file);
}

}  // namespace portcullis::app
