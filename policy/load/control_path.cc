#include "policy/load/control_path.h"

#include "policy/load/config_document.h"
#include "policy/load/config_field.h"
#include "policy/model/config.h"

namespace portcullis::policy {

Result<std::string> control_path(const ConfigSources& sources) {
  Findings findings(sources.texts.front().file, sources.folder, sources.texts.size() == 1);
  const auto root = read_document(sources, findings);
  if (!root) return fail(findings.take().front().text());
  std::string path = Listen().control;
  if (const auto* written = (*root)["listen"]["control"].node())
    SocketField::read({*written, "listen.control", findings}, path);
  return path;
}

}  // namespace portcullis::policy
