#include "policy/reasons/reason.h"

#include <algorithm>

#include "policy/reasons/reason_table.h"

namespace portcullis::policy {
namespace {

constexpr std::size_t kMaxText = 512;
// So that one endless name cannot push the rest of the sentence out.
constexpr std::size_t kMaxArgument = 160;

std::string value_of(std::string_view name, std::initializer_list<Argument> arguments) {
  const auto* const found = std::find_if(arguments.begin(), arguments.end(),
                                         [&](const Argument& a) { return a.first == name; });
  if (found == arguments.end() || found->second.empty()) return "?";
  return printable(found->second, kMaxArgument);
}

std::string fill(std::string_view sentence, std::initializer_list<Argument> arguments) {
  std::string text;
  while (!sentence.empty()) {
    const auto open = sentence.find('{');
    text += sentence.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = sentence.find('}', open);
    text += value_of(sentence.substr(open + 1, close - open - 1), arguments);
    sentence.remove_prefix(close + 1);
  }
  return text;
}

}  // namespace

const ReasonInfo& info(Reason reason) {
  return kReasonTable.at(static_cast<std::size_t>(reason));
}

const ReasonHelp& help(Reason reason) {
  auto index = static_cast<std::size_t>(reason);
  if (index < kStreamHelp.size()) return kStreamHelp.at(index);
  index -= kStreamHelp.size();
  if (index < kCertificateHelp.size()) return kCertificateHelp.at(index);
  return kSessionHelp.at(index - kCertificateHelp.size());
}

std::optional<Reason> reason_from_id(std::string_view id) {
  const auto* const found = std::find_if(kReasonTable.begin(), kReasonTable.end(),
                                         [&](const ReasonInfo& row) { return row.id == id; });
  if (found == kReasonTable.end()) return std::nullopt;
  return reason_at(static_cast<std::size_t>(found - kReasonTable.begin()));
}

Refusal refuse(Reason reason, std::initializer_list<Argument> arguments) {
  return {reason, printable(fill(info(reason).sentence, arguments), kMaxText)};
}

}  // namespace portcullis::policy
