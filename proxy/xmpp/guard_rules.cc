#include "proxy/xmpp/guard_rules.h"

#include <algorithm>
#include <array>
#include <string>

namespace portcullis::xmpp {
namespace {

using policy::Reason;
using Traffic = GuardRules::Traffic;

constexpr std::array<std::string_view, 3> kStanzas{"message", "presence", "iq"};
// Stream elements that a logged-in client and its server exchange: stream management (XEP-0198)
// and client state indication (XEP-0352).
constexpr std::array<std::string_view, 3> kClientStreamElements{"urn:xmpp:sm:2", "urn:xmpp:sm:3",
                                                                "urn:xmpp:csi:0"};

template <class List>
bool contains(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

GuardFault unsupported(std::string detail) {
  return {Reason::kXmlInvalid, std::move(detail), "unsupported-stanza-type"};
}

GuardFault spoofed(std::string_view attribute, std::string_view what, std::string_view condition) {
  return {Reason::kAddressSpoofed, "the '" + std::string(attribute) + "' of a stanza " += what,
          condition};
}

// RFC 6120 section 8.1: `wrong` is the condition for a domain that is not the stream's.
std::optional<GuardFault> judge_address(const StartTag& tag, std::string_view attribute,
                                        const std::optional<DomainName>& expected,
                                        std::string_view wrong) {
  constexpr std::string_view kImproper = "improper-addressing";
  const auto jid = tag.value(attribute);
  if (!jid) return spoofed(attribute, "is missing", kImproper);
  const auto domain = domain_part(*jid);
  if (!domain) return spoofed(attribute, "is no address", kImproper);
  if (expected && *domain == expected->text()) return std::nullopt;
  const auto normalised = DomainName::parse(*domain);
  if (!normalised) return spoofed(attribute, "is no address", kImproper);
  if (expected && *normalised == *expected) return std::nullopt;
  return spoofed(attribute, "is of " + normalised->text() + ", not of this stream's domain", wrong);
}

std::optional<GuardFault> judge_s2s(const StartTag& tag, const GuardRules& rules) {
  if (rules.traffic == Traffic::kS2sSilent)
    return unsupported("an element in the direction that carries no stanzas");
  if (tag.name().ns != rules.content_ns || !contains(kStanzas, tag.name().local))
    return unsupported("a first-level element is no stanza");
  if (auto fault = judge_address(tag, "from", rules.from, "invalid-from")) return fault;
  return judge_address(tag, "to", rules.to, "improper-addressing");
}

std::optional<GuardFault> judge_c2s(const StartTag& tag, const GuardRules& rules) {
  const bool stanza = tag.name().ns == rules.content_ns && contains(kStanzas, tag.name().local);
  if (stanza || contains(kClientStreamElements, tag.name().ns)) return std::nullopt;
  return unsupported("a first-level element is neither a stanza nor a known stream element");
}

}  // namespace

std::optional<std::string_view> domain_part(std::string_view jid) {
  // The resource first: it may contain '@'.
  const auto slash = jid.find('/');
  if (slash != std::string_view::npos) {
    if (slash + 1 == jid.size()) return std::nullopt;
    jid = jid.substr(0, slash);
  }
  const auto at = jid.find('@');
  if (at == 0) return std::nullopt;
  if (at != std::string_view::npos) jid.remove_prefix(at + 1);
  if (jid.empty()) return std::nullopt;
  return jid;
}

std::optional<GuardFault> judge_first_level(const StartTag& tag, const GuardRules& rules) {
  if (tag.name().is(ns::kStream, "stream"))
    return unsupported("a second stream header on one stream");
  const bool s2s = rules.traffic == Traffic::kS2sStanzas || rules.traffic == Traffic::kS2sSilent;
  return s2s ? judge_s2s(tag, rules) : judge_c2s(tag, rules);
}

}  // namespace portcullis::xmpp
