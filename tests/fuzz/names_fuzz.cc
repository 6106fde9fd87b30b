#include <idna.h>
#include <stringprep.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/xmpp/guard.h"
#include "proxy/xmpp/guard_rules.h"
#include "proxy/xmpp/writer.h"
#include "tests/support/feed_guard.h"

// Two texts: a domain as a stream header names it, and the address of a stanza. Where the gate says
// that the address belongs to the domain, a backend reads the same domain: nameprep of IDNA2003
// (libidn, called here directly) gives octet for octet what the gate wrote into its header. The
// same holds for what comes out of the guard when the sender is a backend that writes A-labels.
namespace {

using namespace portcullis;

using OwnedText = std::unique_ptr<char, decltype(&std::free)>;

void expect(bool holds, const char* what, const std::string& text) {
  if (holds) return;
  std::fprintf(stderr, "%s: %s\n", what, text.c_str());
  std::abort();
}

// As a backend reads a domain; nullopt if it accepts no such name.
std::optional<std::string> backend_reading(const std::string& text) {
  char* raw = nullptr;
  const int status =
      stringprep_profile(text.c_str(), &raw, "Nameprep", static_cast<Stringprep_profile_flags>(0));
  const OwnedText owned(raw, &std::free);
  if (status != STRINGPREP_OK) return std::nullopt;
  return std::string(raw);
}

// As a backend that goes by IDNA2003 looks a domain up, and compares it with certificates.
std::optional<std::string> backend_a_label(const std::string& text) {
  char* raw = nullptr;
  const int status = idna_to_ascii_8z(text.c_str(), &raw, IDNA_ALLOW_UNASSIGNED);
  const OwnedText owned(raw, &std::free);
  if (status != IDNA_SUCCESS) return std::nullopt;
  return std::string(raw);
}

// As a backend reads it that turns every domain into A-labels.
std::optional<std::string> a_label_backend_reading(const std::string& text) {
  const auto a_labels = backend_a_label(text);
  return a_labels ? backend_reading(*a_labels) : std::nullopt;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto octet = [&](std::uint32_t bits) { out += static_cast<char>(bits); };
  if (point < 0x80) return octet(point);
  if (point < 0x800) {
    octet(0xC0U | (point >> 6U));
  } else if (point < 0x10000) {
    octet(0xE0U | (point >> 12U));
    octet(0x80U | ((point >> 6U) & 0x3FU));
  } else {
    octet(0xF0U | (point >> 18U));
    octet(0x80U | ((point >> 12U) & 0x3FU));
    octet(0x80U | ((point >> 6U) & 0x3FU));
  }
  octet(0x80U | (point & 0x3FU));
}

// An ASCII octet is itself. Any other octet is the first of three that make a code point, so that
// most inputs are well-formed and all of Unicode is as near as ASCII.
std::string text_of(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const auto lead = static_cast<unsigned char>(bytes[at]);
    if (lead < 0x80 || bytes.size() - at < 3) {
      if (lead < 0x80) out += bytes[at];
      continue;
    }
    std::uint32_t point = lead & 0x1FU;
    for (int more = 0; more < 2; ++more)
      point = (point << 8U) | static_cast<unsigned char>(bytes[++at]);
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (point >= 0x80 && point <= 0x10FFFF && !surrogate) append_utf8(out, point);
  }
  return out;
}

void check_forms(const DomainName& domain) {
  for (const auto& form : {domain.a_label(), domain.u_label()}) {
    const auto again = DomainName::parse(form);
    expect(again && *again == domain && again->wire() == domain.wire(), "read otherwise", form);
  }
  const auto in_a_labels = domain.for_server(NameForm::kALabels);
  expect(in_a_labels == domain && in_a_labels.wire() == domain.a_label(), "no A-labels",
         domain.wire());
  expect(domain.ambiguity().empty() == domain.is_unambiguous(), "no words", domain.a_label());
  if (!domain.is_unambiguous()) return;
  expect(backend_reading(domain.wire()) == domain.wire(), "a backend reads another name",
         domain.wire());
  const auto other = backend_a_label(domain.wire());
  expect(!other || *other == domain.a_label(), "a backend looks another name up", domain.wire());
}

std::string stanza_from(std::string_view jid) {
  std::string stanza = "<iq from='";
  xmpp::append_escaped(stanza, jid);
  return stanza += "' to='b.example'/>";
}

// What comes out for the stanza of that sender; nullopt if it is stopped.
std::optional<std::string> passed(const DomainName& domain, NameForm names, std::string_view jid) {
  xmpp::GuardRules rules;
  rules.from = domain;
  rules.to = *DomainName::parse("b.example");
  rules.names = names;
  rules.content_ns = "jabber:server";
  xmpp::Guard guard(std::move(rules));
  std::string out;
  const bool stopped = portcullis::xmpp::test::feed(guard, stanza_from(jid), out).has_value();
  expect(stopped == out.empty(), "neither passed nor stopped", std::string(jid));
  if (stopped) return std::nullopt;
  return out;
}

void check_reading(const DomainName& domain, const std::string& part) {
  const auto ours = DomainName::parse(part);
  expect(ours && *ours == domain, "our own reading is another name", part);
  expect(backend_reading(part) == domain.wire(), "a backend reads another name", part);
  const auto other = a_label_backend_reading(part);
  expect(!other || *other == domain.a_label(), "a backend with A-labels reads another name", part);
}

// What the guard makes of it when the sender is known to write A-labels: those of the domain, and
// nothing else, are written anew.
std::string formed(const DomainName& domain, const std::string& jid) {
  const auto part = xmpp::domain_part(jid);
  if (!part || *part != domain.a_label() || !domain.is_unambiguous()) return jid;
  std::string out = jid;
  return out.replace(static_cast<std::size_t>(part->data() - jid.data()), part->size(),
                     domain.wire());
}

void check_address(const DomainName& domain, const std::string& jid) {
  // Control characters do not reach the guard's rules: XML forbids some and normalises others.
  const bool plain = jid.find_first_of("\t\n\r") == std::string::npos;
  for (const auto names : {NameForm::kUnicode, NameForm::kALabels}) {
    const std::string sent_on = names == NameForm::kALabels ? formed(domain, jid) : jid;
    const auto part = xmpp::domain_part(sent_on);
    const bool written = part && domain.is_written(*part);
    if (written) check_reading(domain, std::string(*part));
    const auto out = passed(domain, names, jid);
    expect(!out || *out == stanza_from(sent_on), "passed changed", jid);
    expect(!out || written || !plain, "the guard passed it", jid);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto split = bytes.find('\n');
  const std::string header = text_of(bytes.substr(0, split));
  const auto domain = DomainName::parse(header);
  if (!domain) return 0;
  check_forms(*domain);
  const auto spelled = DomainName::parse_as_spelled(header);
  expect(spelled && *spelled == *domain, "the spelling changes the domain", header);
  const std::string jid =
      split == std::string_view::npos ? header : text_of(bytes.substr(split + 1));
  for (const auto& each : {*domain, *spelled}) {
    check_address(each, jid);
    check_address(each, header);
  }
  return 0;
}
