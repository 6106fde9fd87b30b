#include <expat.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/xmpp/guard.h"
#include "proxy/xmpp/stream_header.h"

// What a guard passes is well-formed under the header the far end was given, has as many stanzas
// as the guard counted, each of the pair's domains, and does not depend on how the input was cut.
namespace {

using namespace portcullis;
using namespace portcullis::xmpp;

GuardRules rules() {
  GuardRules made;
  made.from = *DomainName::parse("a.example");
  made.to = *DomainName::parse("b.example");
  made.content_ns = "jabber:server";
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

Outcome run(std::string_view bytes, std::size_t piece) {
  const GuardRules with = rules();
  Guard guard(with);
  Outcome outcome;
  while (!bytes.empty() && outcome.stop.empty()) {
    std::string out;
    const auto stop = guard.feed(bytes.substr(0, piece), out);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    if (out != " ") outcome.passed += out;
    if (stop) outcome.stop = describe(*stop);
    if (guard.held_bytes() > with.stanza_bytes) std::abort();
  }
  outcome.stanzas = guard.stanzas();
  return outcome;
}

// A reader of its own: plain expat, names with '|' between namespace and local part.
struct FarEnd {
  int depth = 0;
  std::uint64_t stanzas = 0;
};

bool ends_in_domain(std::string jid, const char* domain) {
  jid = jid.substr(0, jid.find('/'));
  jid = jid.substr(jid.find('@') == std::string::npos ? 0 : jid.find('@') + 1);
  const auto parsed = DomainName::parse(jid);
  return parsed && parsed->text() == domain;
}

void on_start(void* data, const XML_Char* name, const XML_Char** attributes) {
  auto& far_end = *static_cast<FarEnd*>(data);
  if (far_end.depth++ != 1) return;
  const std::string_view expanded = name;
  if (expanded != "jabber:server|message" && expanded != "jabber:server|presence" &&
      expanded != "jabber:server|iq")
    std::abort();
  bool from = false;
  bool to = false;
  for (; *attributes != nullptr; attributes += 2) {
    const std::string_view attribute = attributes[0];
    if (attribute == "from") from = ends_in_domain(attributes[1], "a.example");
    if (attribute == "to") to = ends_in_domain(attributes[1], "b.example");
  }
  if (!from || !to) std::abort();
  ++far_end.stanzas;
}

void on_end(void* data, const XML_Char*) {
  --static_cast<FarEnd*>(data)->depth;
}

void expect_well_formed(const Outcome& outcome) {
  StreamHeader header;
  header.content_ns = "jabber:server";
  header.declared = rules().declared;
  const std::string document = write_header(header) + outcome.passed + std::string(kStreamEnd);
  XML_Parser parser = XML_ParserCreateNS(nullptr, '|');
  FarEnd far_end;
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
  const Outcome whole = run(bytes, bytes.size() + 1);
  if (run(bytes, 1) != whole) std::abort();
  if (run(bytes, 1 + data[0]) != whole) std::abort();
  expect_well_formed(whole);
  return 0;
}
