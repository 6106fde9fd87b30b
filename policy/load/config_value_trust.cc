#include <algorithm>
#include <array>

#include "policy/load/config_list.h"
#include "policy/load/did_you_mean.h"
#include "policy/model/spki_pin.h"

namespace portcullis::policy {
namespace {

std::optional<SpkiPin> pin_of(const Value& value) {
  const auto* text = string_of(value, "a string such as \"spki-sha256:...\"");
  if (text == nullptr) return std::nullopt;
  const auto pin = parse_pin(*text);
  if (pin) return *pin;
  value.error("\"" + printable(*text, 100) + "\" " + pin.error().message);
  return std::nullopt;
}

std::vector<std::string_view> waivable() {
  std::vector<std::string_view> ids;
  for (std::size_t i = 0; i < kReasonCount; ++i)
    if (info(reason_at(i)).waiver != Waiver::kNever) ids.push_back(id(reason_at(i)));
  return ids;
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string list;
  for (const auto word : words) list += (list.empty() ? "" : ", ") + std::string(word);
  return list;
}

std::optional<Reason> waivable_reason_of(const Value& value) {
  const auto* text = string_of(value, "a string with the id of a reason");
  if (text == nullptr) return std::nullopt;
  const std::string shown = "\"" + printable(*text, 60) + "\"";
  const auto may_be_waived = waivable();
  const auto reason = reason_from_id(*text);
  if (!reason) {
    const auto similar = did_you_mean(*text, may_be_waived);
    value.error(shown + " is no reason; " +
                (similar ? "did you mean \"" + std::string(*similar) + "\"?"
                         : "may be waived: " + joined(may_be_waived)));
    return std::nullopt;
  }
  if (info(*reason).waiver != Waiver::kNever) return reason;
  value.error(shown + " cannot be waived; may be waived: " + joined(may_be_waived));
  return std::nullopt;
}

std::optional<std::string> file_pattern_of(const Value& value) {
  std::string path;
  read_path(value, path);
  if (path.empty()) return std::nullopt;
  const std::string_view last = std::string_view(path).substr(path.rfind('/') + 1);
  const auto stars = std::count(path.begin(), path.end(), '*');
  if (stars == 0 || (stars == 1 && last == "*.pem")) return path;
  value.error(R"(may hold "*" only as its last part, "*.pem")");
  return std::nullopt;
}

}  // namespace

void read_pins(const Value& value, std::vector<SpkiPin>& target) {
  read_list(value, "pins such as \"spki-sha256:...\"", target, pin_of);
}

void read_waivable_reasons(const Value& value, std::vector<Reason>& target) {
  read_list(value, "reasons", target, waivable_reason_of);
}

void read_file_patterns(const Value& value, std::vector<std::string>& target) {
  target.clear();
  read_list(value, "paths", target, file_pattern_of);
}

std::optional<std::vector<std::size_t>> read_words(const Value& value,
                                                   std::span<const std::string_view> allowed) {
  std::vector<std::size_t> chosen;
  read_list(value, "words", chosen,
            [&](const Value& element) { return read_word(element, allowed, {}); });
  if (value.findings.faulty(value.path)) return std::nullopt;
  if (!chosen.empty()) return chosen;
  value.error("is empty; allowed: " +
              joined(std::vector<std::string_view>(allowed.begin(), allowed.end())));
  return std::nullopt;
}

}  // namespace portcullis::policy
