#pragma once

#include <expat.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/xmpp/boundary_scanner.h"
#include "proxy/xmpp/expat_position.h"
#include "proxy/xmpp/guard.h"
#include "proxy/xmpp/plain_stanza.h"
#include "proxy/xmpp/unit_judge.h"
#include "proxy/xmpp/xml_space.h"
#include "tests/support/feed_guard.h"
#include "tests/unit/xmpp/fresh_rules.h"

// What expat makes of bytes that PlainStanza accepted: a plain expat at the far end, and the guard
// as it would be without PlainStanza.
namespace portcullis::xmpp::test {

// The first first-level element behind a stream header, read by an expat of its own.
struct FarElement {
  std::string name;
  std::optional<std::string> from;
  std::optional<std::string> to;
  std::size_t length = 0;  // with everything in front of it
  int depth = 0;
  int count = 0;
  XML_Parser parser = nullptr;

  static void start(void* data, const XML_Char* name, const XML_Char** attributes) {
    auto& me = *static_cast<FarElement*>(data);
    if (me.depth++ != 1 || me.count++ != 0) return;
    me.name = name;
    for (; *attributes != nullptr; attributes += 2) {
      const std::string_view attribute = attributes[0];
      if (attribute == "from") me.from = attributes[1];
      if (attribute == "to") me.to = attributes[1];
    }
  }
  static void end(void* data, const XML_Char*) {
    auto& me = *static_cast<FarElement*>(data);
    if (--me.depth != 1 || me.count != 1) return;
    me.length = end_of_event(me.parser).value();
  }
};

// Then the far end was sent a header that declares dialback.
inline bool may_have_dialback(const GuardRules& rules) {
  return rules.dialback_verify || rules.traffic == GuardRules::Traffic::kS2sObserved ||
         rules.traffic == GuardRules::Traffic::kS2sObservedAnswers;
}

// Nothing: not well-formed under the header that the far end was sent.
inline std::optional<FarElement> read_at_far_end(const GuardRules& rules, std::string_view bytes) {
  StreamHeader written;
  written.content_ns = rules.content_ns;
  written.declared = rules.declared;
  const std::string header = write_header(written, may_have_dialback(rules));
  const std::string document = header + std::string(bytes) + std::string(kStreamEnd);
  FarElement element;
  // With '|', as some servers do it, expat refuses it inside a namespace name.
  element.parser = XML_ParserCreateNS(nullptr, '|');
  XML_SetUserData(element.parser, &element);
  XML_SetElementHandler(element.parser, &FarElement::start, &FarElement::end);
  const auto status =
      XML_Parse(element.parser, document.data(), static_cast<int>(document.size()), 1);
  XML_ParserFree(element.parser);
  if (status != XML_STATUS_OK || element.depth != 0) return std::nullopt;
  element.length -= header.size();
  return element;
}

inline bool is_of(const std::optional<std::string>& jid, const std::optional<DomainName>& domain) {
  if (!jid || !domain) return false;
  std::string rest = jid->substr(0, jid->find('/'));
  if (const auto at = rest.find('@'); at != std::string::npos) rest.erase(0, at + 1);
  const auto parsed = DomainName::parse(rest);
  return parsed && *parsed == *domain;
}

// The length of the stanza in front, if the guard's expat takes it; else 0.
inline std::size_t judged_by_expat(const GuardRules& rules, std::string_view bytes) {
  BoundaryScanner scanner;
  if (scanner.scan(bytes, BoundaryScanner::Unit::kElement) != BoundaryScanner::Found::kUnit)
    return 0;
  if (scanner.end() > rules.stanza_bytes || bytes.starts_with("</")) return 0;
  UnitJudge judge(rules);
  if (judge.judge(bytes.substr(0, scanner.end())) || !judge.stanza()) return 0;
  return scanner.end();
}

// Why `bytes` should not have been accepted with this length; empty: they should.
inline std::string objection(const GuardRules& rules, std::string_view bytes, std::size_t length) {
  if (length == 0 || length > bytes.size()) return "the length is none";
  if (judged_by_expat(rules, bytes) != length) return "the guard's expat does not take it";
  const auto element = read_at_far_end(rules, bytes.substr(0, length));
  if (!element) return "it is not well-formed";
  if (element->count != 1 || element->length != length) return "it is not one element";
  if (element->name != rules.content_ns + "|message" &&
      element->name != rules.content_ns + "|presence" && element->name != rules.content_ns + "|iq")
    return "it is no stanza";
  using Traffic = GuardRules::Traffic;
  if (rules.traffic == Traffic::kS2sSilent || rules.traffic == Traffic::kS2sObservedAnswers)
    return "no stanza may pass";
  if (rules.traffic != Traffic::kS2sStanzas && rules.traffic != Traffic::kS2sObserved) return {};
  if (!is_of(element->from, rules.from) || !is_of(element->to, rules.to))
    return "it is not of the pair";
  return {};
}

// What expat alone lets pass of `bytes`, up to the first unit that it refuses or that is cut.
struct PassedByExpat {
  std::string bytes;
  std::uint64_t stanzas = 0;
  bool operator==(const PassedByExpat&) const = default;
};

inline PassedByExpat pass_by_expat(const GuardRules& of, std::string_view bytes) {
  const GuardRules rules = fresh(of);
  PassedByExpat passed;
  for (bytes = skip_space(bytes); !bytes.empty(); bytes = skip_space(bytes)) {
    BoundaryScanner scanner;
    if (bytes.front() != '<' ||
        scanner.scan(bytes, BoundaryScanner::Unit::kElement) != BoundaryScanner::Found::kUnit ||
        scanner.end() > rules.stanza_bytes || bytes.starts_with("</"))
      return passed;
    UnitJudge judge(rules);
    if (judge.judge(bytes.substr(0, scanner.end()))) return passed;
    passed.bytes.append(bytes.substr(0, scanner.end()));
    if (judge.stanza()) ++passed.stanzas;
    bytes.remove_prefix(scanner.end());
  }
  return passed;
}

inline PassedByExpat pass_by_guard(const GuardRules& rules, std::string_view bytes) {
  PassedByExpat passed;
  Guard guard(fresh(rules));
  portcullis::xmpp::test::feed(guard, bytes, passed.bytes);
  passed.stanzas = guard.stanzas();
  // White space alone goes on as one space, which is not judged.
  if (skip_space(bytes).empty()) passed.bytes.clear();
  return passed;
}

}  // namespace portcullis::xmpp::test
