#include "proxy/xmpp/address_form.h"

#include <optional>

#include "proxy/xmpp/guard_rules.h"
#include "proxy/xmpp/xml_space.h"

namespace portcullis::xmpp {
namespace {

constexpr std::string_view kEndOfName = " \t\r\n=/>";

// The attributes of a start tag as they are written. It stops where it meets what is no attribute;
// expat refuses such a tag afterwards.
class RawAttributes {
 public:
  struct Attribute {
    std::string_view name;
    std::string_view value;  // a view into the tag
  };

  explicit RawAttributes(std::string_view tag) : rest_(tag) { take_name(); }

  std::optional<Attribute> next() {
    rest_ = skip_space(rest_);
    const std::string_view name = take_name();
    rest_ = skip_space(rest_);
    if (name.empty() || !rest_.starts_with('=')) return std::nullopt;
    rest_ = skip_space(rest_.substr(1));
    if (!rest_.starts_with('\'') && !rest_.starts_with('"')) return std::nullopt;
    const auto end = rest_.find(rest_.front(), 1);
    if (end == std::string_view::npos) return std::nullopt;
    const Attribute found{name, rest_.substr(1, end - 1)};
    rest_.remove_prefix(end + 1);
    return found;
  }

 private:
  std::string_view take_name() {
    const std::string_view name = rest_.substr(0, rest_.find_first_of(kEndOfName));
    rest_.remove_prefix(name.size());
    return name;
  }

  std::string_view rest_;
};

const std::optional<DomainName>* domain_for(std::string_view attribute, const GuardRules& rules) {
  if (attribute == "from") return &rules.from;
  if (attribute == "to") return &rules.to;
  return nullptr;
}

bool is_written_otherwise(const std::optional<DomainName>& domain) {
  return domain && domain->is_unambiguous() && domain->wire() != domain->a_label();
}

}  // namespace

AddressForm::AddressForm(std::string_view unit, std::size_t tag, const GuardRules& rules)
    : unit_(unit) {
  if (rules.names != NameForm::kALabels) return;
  if (!is_written_otherwise(rules.from) && !is_written_otherwise(rules.to)) return;
  std::size_t copied = 0;
  RawAttributes attributes(unit.substr(0, tag));
  while (const auto attribute = attributes.next()) {
    const auto* const expected = domain_for(attribute->name, rules);
    if (expected == nullptr || !is_written_otherwise(*expected)) continue;
    const auto domain = domain_part(attribute->value);
    if (domain != (*expected)->a_label()) continue;
    const auto at = static_cast<std::size_t>(domain->data() - unit.data());
    changed_.append(unit.substr(copied, at - copied)).append((*expected)->wire());
    copied = at + domain->size();
  }
  if (copied == 0) return;
  changed_.append(unit.substr(copied));
  unit_ = changed_;
}

}  // namespace portcullis::xmpp
