#include <algorithm>
#include <utility>

#include "policy/explain/explain.h"
#include "policy/model/day_text.h"

namespace portcullis::policy {
namespace {

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  out.resize(std::max(out.size(), width), ' ');
  return out;
}

std::string federation_line(const FederationDecision& federation) {
  const std::string_view verb = federation.denied ? "denied" : "allowed";
  const std::string by =
      federation.pattern.empty() ? "by default" : "by \"" + federation.pattern + "\"";
  return "federation  " + std::string(verb) + " " + by + " (" + federation.origin + ")";
}

std::string days_text(const ExceptionState& exception) {
  const int left = exception.days_left;
  if (!exception.applied)
    return "over for " + std::to_string(-left) + (left == -1 ? " day" : " days") + ", not applied";
  if (left == 0) return "today is the last day";
  return std::to_string(left) + (left == 1 ? " day left" : " days left");
}

void append_exception(std::vector<std::string>& out, const ExceptionState& exception) {
  std::string allow;
  for (const auto reason : exception.allow)
    allow += (allow.empty() ? "" : ", ") + std::string(id(reason));
  out.push_back("exception   until " + day_text(exception.until) + ", " + days_text(exception) +
                " (" + exception.origin + ")");
  std::string waives = "            waives " + allow;
  if (exception.pins > 0) waives += "; " + std::to_string(exception.pins) + " pinned";
  out.push_back(std::move(waives));
  out.push_back("            why: " + exception.why);
}

std::vector<std::string> made_printable(std::vector<std::string> out) {
  // A path has up to 4096 octets.
  for (auto& line : out) line = printable(line, 8'192);
  return out;
}

}  // namespace

std::vector<std::string> lines(const Explanation& explanation) {
  std::vector<std::string> out;
  const DomainName& domain = explanation.domain;
  out.push_back("domain      " + domain.a_label());
  if (domain.u_label() != domain.a_label()) out.push_back("            " + domain.u_label());
  out.push_back(federation_line(explanation.federation));
  if (explanation.won)
    out.push_back("rule        \"" + explanation.won->pattern + "\" (" + explanation.won->origin +
                  ")");
  else
    out.push_back("rule        none; [s2s] holds");
  if (!explanation.note.empty()) out.push_back("            note: " + explanation.note);
  for (const auto& lost : explanation.lost)
    out.push_back("            not \"" + lost.pattern + "\" (" + lost.origin +
                  "), which is less near");
  if (explanation.exception)
    append_exception(out, *explanation.exception);
  else
    out.push_back("exception   none");
  std::size_t width = 0;
  for (const auto& value : explanation.values) width = std::max(width, value.key.size());
  for (const auto& value : explanation.values)
    out.push_back(padded(value.key, width) + " = " + value.value + "  (" + value.origin + ")");
  return made_printable(std::move(out));
}

}  // namespace portcullis::policy
