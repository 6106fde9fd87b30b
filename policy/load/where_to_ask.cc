#include "policy/load/where_to_ask.h"

#include "policy/load/config_document.h"
#include "policy/load/config_field_names.h"
#include "policy/model/config.h"

namespace portcullis::policy {
namespace {

// The value of a key of [listen] as `Field` reads it, or `value` where the key is not given.
template <class Field, class T>
Result<T> listen_value(const ConfigSources& sources, std::string_view key, T value) {
  Findings findings(sources.texts.front().file, sources.folder, sources.texts.size() == 1);
  const auto root = read_document(sources, findings);
  if (!root) return fail(findings.take().front().text());
  if (const auto* written = (*root)["listen"][key].node())
    Field::read({*written, "listen." + std::string(key), findings}, value);
  return value;
}

}  // namespace

Result<std::string> control_path(const ConfigSources& sources) {
  return listen_value<SocketField>(sources, "control", Listen().control);
}

Result<std::optional<Endpoint>> admin_address(const ConfigSources& sources) {
  return listen_value<EndpointField<EndpointUse::kAddress>>(sources, "admin", Listen().admin);
}

}  // namespace portcullis::policy
