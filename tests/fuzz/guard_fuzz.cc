#include <expat.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/xmpp/guard.h"
#include "proxy/xmpp/stream_header.h"
#include "tests/support/feed_guard.h"

// What a guard passes is well-formed under the header the far end was given, consists of elements
// that this traffic may have, each of the pair's domains, has as many stanzas as the guard counted,
// and does not depend on how the input was cut. The first byte of an input chooses the rules and
// the length of the pieces.
namespace {

using namespace portcullis;
using namespace portcullis::xmpp;
using Traffic = GuardRules::Traffic;

struct Choice {
  Traffic traffic;
  bool dialback_verify;
};
constexpr std::array<Choice, 8> kChoices{{{Traffic::kS2sStanzas, false},
                                          {Traffic::kS2sStanzas, true},
                                          {Traffic::kS2sSilent, false},
                                          {Traffic::kS2sSilent, true},
                                          {Traffic::kS2sObserved, false},
                                          {Traffic::kS2sObservedAnswers, false},
                                          {Traffic::kClientToHost, true},
                                          {Traffic::kHostToClient, false}}};

bool is_c2s(const GuardRules& rules) {
  return rules.traffic == Traffic::kClientToHost || rules.traffic == Traffic::kHostToClient;
}

bool is_observed(const GuardRules& rules) {
  return rules.traffic == Traffic::kS2sObserved || rules.traffic == Traffic::kS2sObservedAnswers;
}

GuardRules rules_for(std::uint8_t first) {
  const Choice choice = kChoices[first % kChoices.size()];
  GuardRules made;
  made.traffic = choice.traffic;
  made.dialback_verify = choice.dialback_verify;
  made.content_ns = is_c2s(made) ? ns::kClient : ns::kServer;
  made.from = *DomainName::parse("a.example");
  made.to = *DomainName::parse("b.example");
  made.admits = [](const DomainName& from, const DomainName& to) {
    return from.a_label() == "c.example" && to.a_label() == "b.example";
  };
  made.declared = {
      {"x", "urn:x"}, {"s", std::string(ns::kStream)}, {"db", std::string(ns::kDialback)}};
  made.stanza_bytes = 2048;
  made.depth = 8;
  made.attributes = 16;
  return made;
}

struct Outcome {
  std::string passed;
  std::string stop;
  std::uint64_t stanzas = 0;
  bool operator==(const Outcome&) const = default;
};

std::string describe(const GuardStop& stop) {
  if (const auto* fault = std::get_if<GuardFault>(&stop))
    return std::string(policy::id(fault->reason)) + " " + std::string(fault->condition);
  return std::holds_alternative<GuardEnded>(stop) ? "ended" : "error";
}

// The questions that are open when a run begins: from the end that hears this direction.
std::shared_ptr<DialbackQuestions> open_questions() {
  auto questions = std::make_shared<DialbackQuestions>();
  for (const char* domain : {"a.example", "c.example"})
    for (const bool verify : {false, true})
      questions->ask(
          {verify, *DomainName::parse("b.example"), *DomainName::parse(domain), verify ? "1" : ""});
  return questions;
}

Outcome run(GuardRules rules, std::string_view bytes, std::size_t piece) {
  rules.questions = open_questions();
  Guard guard(rules);
  Outcome outcome;
  while (!bytes.empty() && outcome.stop.empty()) {
    std::string out;
    const auto stop = portcullis::xmpp::test::feed(guard, bytes.substr(0, piece), out);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    if (out != " ") outcome.passed += out;
    if (stop) outcome.stop = describe(*stop);
    if (guard.held_bytes() > rules.stanza_bytes) std::abort();
  }
  outcome.stanzas = guard.stanzas();
  return outcome;
}

// ---- the far end: an expat of its own, which puts a separator of its own into names -------------

constexpr char kSeparator = '\x02';

struct FarEnd {
  const GuardRules& rules;
  std::shared_ptr<DialbackQuestions> questions = open_questions();
  int depth = 0;
  std::uint64_t stanzas = 0;
};

struct Addresses {
  std::optional<std::string> from;
  std::optional<std::string> to;
  std::string id;
  bool typed = false;
  bool valid = false;
};

Addresses read_addresses(const XML_Char** attributes) {
  Addresses found;
  for (; *attributes != nullptr; attributes += 2) {
    const std::string_view name = attributes[0];
    if (name == "from") found.from = attributes[1];
    if (name == "to") found.to = attributes[1];
    if (name == "id") found.id = attributes[1];
    if (name != "type") continue;
    found.typed = true;
    found.valid = std::string_view(attributes[1]) == "valid";
  }
  return found;
}

std::string domain_of(std::string jid, bool dialback) {
  if (!dialback) {
    jid = jid.substr(0, jid.find('/'));
    jid = jid.substr(jid.find('@') == std::string::npos ? 0 : jid.find('@') + 1);
  }
  const auto parsed = DomainName::parse(jid);
  return parsed ? parsed->a_label() : "";
}

bool is_of_pair(const GuardRules& rules, const Addresses& addresses, bool dialback) {
  if (!addresses.from || !addresses.to) return false;
  const std::string from = domain_of(*addresses.from, dialback);
  if (domain_of(*addresses.to, dialback) != "b.example") return false;
  return from == "a.example" || (is_observed(rules) && from == "c.example");
}

bool dialback_may_pass(const GuardRules& rules, std::string_view local, bool typed) {
  if (is_observed(rules))
    return (local == "result" || local == "verify") &&
           typed == (rules.traffic == Traffic::kS2sObservedAnswers);
  if (!rules.dialback_verify || is_c2s(rules) || local != "verify") return false;
  return typed == (rules.traffic == Traffic::kS2sSilent);
}

void judge_stanza(FarEnd& far_end, std::string_view local, const Addresses& addresses) {
  const GuardRules& rules = far_end.rules;
  if (local != "message" && local != "presence" && local != "iq") std::abort();
  if (rules.traffic == Traffic::kS2sSilent || rules.traffic == Traffic::kS2sObservedAnswers)
    std::abort();
  if (!is_c2s(rules) && !is_of_pair(rules, addresses, false)) std::abort();
  ++far_end.stanzas;
}

// Each answer closes a question that was open.
void judge_answer(FarEnd& far_end, bool verify, const Addresses& addresses) {
  const DialbackQuestion question{verify, *DomainName::parse(domain_of(*addresses.to, true)),
                                  *DomainName::parse(domain_of(*addresses.from, true)),
                                  verify ? addresses.id : ""};
  if (!far_end.questions->is_open(question)) std::abort();
  far_end.questions->answer(question, addresses.valid);
}

void on_start(void* data, const XML_Char* name, const XML_Char** attributes) {
  auto& far_end = *static_cast<FarEnd*>(data);
  const std::string_view expanded = name;
  const auto separator = expanded.find(kSeparator);
  const auto ns_name = separator == std::string_view::npos ? "" : expanded.substr(0, separator);
  const auto local = expanded.substr(separator == std::string_view::npos ? 0 : separator + 1);
  const bool dialback = ns_name == ns::kDialback;
  if (far_end.depth++ != 1) {
    if (dialback && (local == "result" || local == "verify")) std::abort();
    return;
  }
  const Addresses addresses = read_addresses(attributes);
  if (dialback) {
    if (!dialback_may_pass(far_end.rules, local, addresses.typed)) std::abort();
    if (!is_of_pair(far_end.rules, addresses, true)) std::abort();
    if (addresses.typed) judge_answer(far_end, local == "verify", addresses);
  } else if (ns_name == far_end.rules.content_ns) {
    judge_stanza(far_end, local, addresses);
  } else if (!is_c2s(far_end.rules) || (ns_name != "urn:xmpp:sm:2" && ns_name != "urn:xmpp:sm:3" &&
                                        ns_name != "urn:xmpp:csi:0")) {
    std::abort();
  }
}

void on_end(void* data, const XML_Char*) {
  --static_cast<FarEnd*>(data)->depth;
}

void expect_well_formed(const GuardRules& rules, const Outcome& outcome) {
  StreamHeader header;
  header.content_ns = rules.content_ns;
  header.declared = rules.declared;
  const bool dialback = is_observed(rules) || rules.dialback_verify;
  const std::string document =
      write_header(header, dialback) + outcome.passed + std::string(kStreamEnd);
  XML_Parser parser = XML_ParserCreateNS(nullptr, kSeparator);
  FarEnd far_end{rules};
  XML_SetUserData(parser, &far_end);
  XML_SetElementHandler(parser, &on_start, &on_end);
  if (XML_Parse(parser, document.data(), static_cast<int>(document.size()), 1) != XML_STATUS_OK)
    std::abort();
  if (far_end.depth != 0 || far_end.stanzas != outcome.stanzas) std::abort();
  XML_ParserFree(parser);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const GuardRules rules = rules_for(data[0]);
  const Outcome whole = run(rules, bytes, bytes.size() + 1);
  if (run(rules, bytes, 1) != whole) std::abort();
  if (run(rules, bytes, 2 + data[0] / kChoices.size()) != whole) std::abort();
  expect_well_formed(rules, whole);
  return 0;
}
