#include "proxy/xmpp/dialback_answer.h"

#include <optional>
#include <string_view>
#include <utility>

#include "proxy/xmpp/dialback.h"

namespace portcullis::xmpp {
namespace {

constexpr std::string_view kStanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas";

using Type = DialbackAnswer::Type;

std::optional<Type> read_type(const Element& element) {
  const std::string* type = element.attribute("type");
  if (type == nullptr) return std::nullopt;
  if (*type == "valid") return Type::kValid;
  if (*type == "invalid") return Type::kInvalid;
  if (*type == "error") return Type::kError;
  return std::nullopt;
}

Result<DomainName> read_domain(const Element& element, std::string_view attribute) {
  const std::string* value = element.attribute(attribute);
  const std::string quoted = "the '" + std::string(attribute) + "' of a dialback answer ";
  if (value == nullptr) return fail(quoted + "is missing");
  auto domain = DomainName::parse(*value);
  if (!domain) return fail(quoted + "is no domain");
  if (!domain->is_unambiguous()) return fail(quoted + "is read as different names by servers");
  return domain;
}

// Servers write <error/> in the namespace of the stream, or let it inherit that of dialback.
std::string read_condition(const Element& element) {
  for (const auto& error : element.children) {
    if (error.name != "error") continue;
    for (const auto& child : error.children)
      if (child.ns == kStanzaErrors && child.name != "text") return child.name;
  }
  return {};
}

}  // namespace

Result<DialbackAnswer> read_dialback_answer(const Element& element) {
  if (!is_dialback(element)) return fail("this is neither <db:result/> nor <db:verify/>");
  const auto type = read_type(element);
  if (!type) return fail("a dialback element has no 'type' of an answer");
  auto from = read_domain(element, "from");
  if (!from) return tl::unexpected(std::move(from).error());
  auto to = read_domain(element, "to");
  if (!to) return tl::unexpected(std::move(to).error());
  DialbackAnswer answer{element.name == "verify", *std::move(from), *std::move(to), {}, *type, {}};
  if (answer.verify) {
    const std::string* id = element.attribute("id");
    if (id == nullptr || id->empty() || id->size() > kMaxDialbackText)
      return fail("the 'id' of an answer to <db:verify/> is missing or too long");
    answer.id = *id;
  }
  if (*type == Type::kError) answer.condition = read_condition(element);
  return answer;
}

}  // namespace portcullis::xmpp
