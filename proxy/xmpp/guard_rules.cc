#include "proxy/xmpp/guard_rules.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "proxy/xmpp/dialback.h"

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

// The domain in `address`, as written. On dialback elements an address is always a domain.
std::optional<std::string_view> domain_of(const StartTag& tag, std::string_view address) {
  return tag.name().ns == ns::kDialback ? address : domain_part(address);
}

// RFC 6120 section 8.1. `wrong` is the stream error for a domain that is not the stream's.
std::optional<GuardFault> judge_address(const StartTag& tag, std::string_view attribute,
                                        const std::optional<DomainName>& expected,
                                        std::string_view wrong) {
  constexpr std::string_view kImproper = "improper-addressing";
  const auto fault = [&](Reason reason, std::string_view what, std::string_view condition) {
    const bool dialback = tag.name().ns == ns::kDialback;
    std::string detail = "the '" + std::string(attribute) + "' of a ";
    detail.append(dialback ? "dialback element " : "stanza ").append(what);
    return GuardFault{reason, std::move(detail), condition};
  };
  const auto spoofed = Reason::kAddressSpoofed;
  const auto jid = tag.value(attribute);
  if (!jid) return fault(spoofed, "is missing", kImproper);
  const auto domain = domain_of(tag, *jid);
  if (!domain) return fault(spoofed, "is no address", kImproper);
  if (expected && expected->is_written(*domain)) return std::nullopt;
  const auto ours = DomainName::parse(*domain);
  if (!ours) return fault(spoofed, "is no address", kImproper);
  // It is the stream's domain for us, but not for the servers: it has A-labels, a dot at the end,
  // or a character for which IDNA2003 and IDNA2008 have different rules.
  if (expected && *ours == *expected)
    return fault(Reason::kNameAmbiguous,
                 "is written so that servers read another name than " + expected->a_label() +
                     "; write that domain as our stream header does",
                 wrong);
  return fault(spoofed, "is of " + ours->a_label() + ", not of this stream's domain", wrong);
}

std::optional<DomainName> read_domain(const StartTag& tag, std::string_view attribute) {
  const auto jid = tag.value(attribute);
  const auto domain = jid ? domain_of(tag, *jid) : std::nullopt;
  if (!domain) return std::nullopt;
  auto parsed = DomainName::parse(*domain);
  if (!parsed || !parsed->is_written(*domain)) return std::nullopt;
  return *std::move(parsed);
}

bool is_admitted(const StartTag& tag, const GuardRules& rules) {
  if (rules.traffic != Traffic::kS2sObserved || !rules.admits) return false;
  const auto from = read_domain(tag, "from");
  const auto to = read_domain(tag, "to");
  return from && to && rules.admits(*from, *to);
}

std::optional<GuardFault> judge_pair(const StartTag& tag, const GuardRules& rules) {
  auto fault = judge_address(tag, "from", rules.from, "invalid-from");
  if (!fault) fault = judge_address(tag, "to", rules.to, "improper-addressing");
  if (fault && is_admitted(tag, rules)) return std::nullopt;
  return fault;
}

bool dialback_may_pass(const StartTag& tag, const GuardRules& rules) {
  const bool verify = tag.name().local == "verify";
  const bool answer = tag.value("type").has_value();
  switch (rules.traffic) {
    case Traffic::kS2sStanzas:
      return rules.dialback_verify && verify && !answer;
    case Traffic::kS2sSilent:
      return rules.dialback_verify && verify && answer;
    // Requests pass in one direction only, and answers in the other one only. Otherwise a stranger
    // could send an answer that nobody asked for, which servers have believed (XSF, 2012-08-21).
    case Traffic::kS2sObserved:
      return is_dialback(tag.name()) && !answer;
    case Traffic::kS2sObservedAnswers:
      return is_dialback(tag.name()) && answer;
    case Traffic::kClientToHost:
    case Traffic::kHostToClient:
      break;
  }
  return false;
}

GuardFault not_accepted(std::string detail) {
  return {Reason::kDialbackAttempted, std::move(detail), {}};
}

// The id is bounded, because it is kept until the answer comes.
std::optional<GuardFault> judge_request(const StartTag& tag, const GuardRules& rules) {
  if (auto fault = judge_pair(tag, rules)) return fault;
  if (tag.value("id").value_or("").size() > kMaxDialbackText)
    return not_accepted("a dialback id that is too long");
  if (rules.questions->full()) return not_accepted("too many dialback requests without an answer");
  return std::nullopt;
}

// On an observed stream, an answer of another pair was admitted together with its question.
std::optional<GuardFault> judge_answer(const StartTag& tag, const GuardRules& rules) {
  const auto question = question_of(tag);
  const bool open = question && rules.questions->is_open(*question);
  if (auto fault = judge_pair(tag, rules); fault && !(open && is_observed(rules.traffic)))
    return fault;
  if (open) return std::nullopt;
  return GuardFault{Reason::kUnaskedAnswer, "an answer of dialback without a question", {}};
}

std::optional<GuardFault> judge_dialback(const StartTag& tag, const GuardRules& rules) {
  if (rules.takes_dialback && is_dialback(tag.name())) return std::nullopt;
  if (!dialback_may_pass(tag, rules) || !rules.questions)
    return not_accepted("an element of server dialback");
  return tag.value("type") ? judge_answer(tag, rules) : judge_request(tag, rules);
}

std::optional<GuardFault> judge_s2s(const StartTag& tag, const GuardRules& rules) {
  if (!carries_stanzas(rules.traffic))
    return unsupported("an element in the direction that carries no stanzas");
  if (tag.name().ns != rules.content_ns || !contains(kStanzas, tag.name().local))
    return unsupported("a first-level element is no stanza");
  return judge_pair(tag, rules);
}

std::optional<GuardFault> judge_c2s(const StartTag& tag, const GuardRules& rules) {
  const bool stanza = tag.name().ns == rules.content_ns && contains(kStanzas, tag.name().local);
  if (stanza || contains(kClientStreamElements, tag.name().ns)) return std::nullopt;
  return unsupported("a first-level element is neither a stanza nor a known stream element");
}

}  // namespace

std::optional<std::string_view> domain_part(std::string_view jid) {
  // The resource is cut off first, because it may contain '@'.
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

std::optional<DialbackQuestion> question_of(const StartTag& tag) {
  if (!is_dialback(tag.name())) return std::nullopt;
  const bool answer = tag.value("type").has_value();
  auto from = read_domain(tag, answer ? "to" : "from");
  auto to = read_domain(tag, answer ? "from" : "to");
  if (!from || !to) return std::nullopt;
  const bool verify = tag.name().local == "verify";
  const std::string id(verify ? tag.value("id").value_or("") : "");
  return DialbackQuestion{verify, *std::move(from), *std::move(to), id};
}

bool begins_stream_management(std::string_view in_ns, std::string_view name) {
  return (in_ns == "urn:xmpp:sm:2" || in_ns == "urn:xmpp:sm:3") &&
         (name == "enabled" || name == "resumed");
}

bool is_dialback(const NameView& name) {
  return name.is(ns::kDialback, "result") || name.is(ns::kDialback, "verify");
}

std::optional<GuardFault> judge_first_level(const StartTag& tag, const GuardRules& rules) {
  if (tag.name().is(ns::kStream, "stream"))
    return unsupported("a second stream header on one stream");
  if (tag.name().ns == ns::kDialback) return judge_dialback(tag, rules);
  return is_between_servers(rules.traffic) ? judge_s2s(tag, rules) : judge_c2s(tag, rules);
}

}  // namespace portcullis::xmpp
