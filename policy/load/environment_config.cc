#include "policy/load/environment_config.h"

#include "policy/load/toml_text.h"
#include "policy/model/backend_kind.h"

namespace portcullis::policy {
namespace {

std::string value_of(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

// As a string of the file, in which "$" would begin a variable.
std::string literal(std::string_view text) {
  std::string doubled;
  for (const char c : text) doubled += c == '$' ? std::string("$$") : std::string(1, c);
  return toml_string(doubled);
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::string list_of(std::string_view names) {
  std::string list;
  while (!names.empty()) {
    const auto comma = names.find(',');
    const auto name = trimmed(names.substr(0, comma));
    names = comma == std::string_view::npos ? "" : names.substr(comma + 1);
    if (!name.empty()) list += (list.empty() ? "" : ", ") + literal(name);
  }
  return "[" + list + "]";
}

std::string backend_of(std::string_view text) {
  if (backend_kind_from_name(text)) return "kind = " + literal(text);
  const auto at = text.find('@');
  if (at == std::string_view::npos) return "host = " + literal(text);
  return "kind = " + literal(text.substr(0, at)) + ", host = " + literal(text.substr(at + 1));
}

// The keys of the leg to the client port. A word that is not "true" is written as a string, so that
// loading says what is wrong with it.
std::string client_leg_of(const Environment& environment) {
  std::string keys;
  if (const auto tls = value_of(environment, kClientTlsVariable); !tls.empty())
    keys += ", c2s_tls = " + literal(tls);
  const auto allow = value_of(environment, kAllowClearVariable);
  if (!allow.empty())
    keys += ", allow_clear_c2s = " + (allow == "true" || allow == "false" ? allow : literal(allow));
  return keys;
}

}  // namespace

bool names_a_domain(const Environment& environment) {
  return environment.find(std::string_view(kDomainVariable)) != environment.end();
}

Result<ConfigText> environment_config(const Environment& environment) {
  const std::string domain = value_of(environment, kDomainVariable);
  const std::string backend = value_of(environment, kBackendVariable);
  if (domain.empty())
    return fail("PORTCULLIS_DOMAIN is empty; set it to the XMPP domain that is served");
  if (backend.empty())
    return fail(
        "PORTCULLIS_DOMAIN is set, but PORTCULLIS_BACKEND is not; set it to the kind of the server "
        "(prosody, ejabberd, openfire, jabberd2, other), to its host, or to KIND@HOST");
  return ConfigText{kEnvironmentFile, "[[host]]\ndomain = " + literal(domain) + "\naliases = " +
                                          list_of(value_of(environment, kAliasesVariable)) +
                                          "\nbackend = { " + backend_of(backend) +
                                          client_leg_of(environment) + " }\n"};
}

}  // namespace portcullis::policy
