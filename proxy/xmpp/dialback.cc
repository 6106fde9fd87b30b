#include "proxy/xmpp/dialback.h"

#include <utility>

#include "proxy/xmpp/stream_prefixes.h"
#include "proxy/xmpp/writer.h"
#include "proxy/xmpp/xml_space.h"

namespace portcullis::xmpp {
namespace {

constexpr std::string_view kStanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas";

Result<DomainName> read_domain(const Element& element, std::string_view attribute) {
  const std::string* value = element.attribute(attribute);
  const std::string quoted = "the '" + std::string(attribute) + "' of a dialback request ";
  if (value == nullptr) return fail(quoted + "is missing");
  auto domain = DomainName::parse(*value);
  if (!domain) return fail(quoted + "is no domain");
  if (!domain->is_unambiguous()) return fail(quoted + "is read as different names by servers");
  return domain;
}

Result<std::string> read_id(const Element& verify) {
  const std::string* id = verify.attribute("id");
  if (id == nullptr || id->empty()) return fail("the 'id' of a <db:verify/> is missing");
  if (id->size() > kMaxDialbackText)
    return fail("the 'id' of a <db:verify/> is longer than " + std::to_string(kMaxDialbackText) +
                " octets");
  return *id;
}

Result<std::string> read_key(const Element& element, bool verify) {
  if (!element.children.empty()) return fail("a dialback request contains an element");
  const std::string text = element.text();
  const std::string_view key = trim_space(text);
  if (key.size() > kMaxDialbackText)
    return fail("a dialback key is longer than " + std::to_string(kMaxDialbackText) + " octets");
  if (verify && key.empty()) return fail("a <db:verify/> has no key");
  return std::string(key);
}

std::string open_tag(std::string_view name, std::string_view from, std::string_view to) {
  std::string out = "<db:";
  out.append(name);
  append_attribute(out, "from", from);
  append_attribute(out, "to", to);
  return out;
}

std::string open_tag(std::string_view name, const DomainName& from, const DomainName& to) {
  return open_tag(name, from.wire(), to.wire());
}

std::string open_answer(const Element& request) {
  const auto said = [&request](std::string_view attribute) {
    const auto* const value = request.attribute(attribute);
    return value == nullptr ? std::string_view() : std::string_view(*value);
  };
  std::string out = open_tag(request.name, said("to"), said("from"));
  if (request.attribute("id") != nullptr) append_attribute(out, "id", said("id"));
  return out;
}

void close_with_error(std::string& out, std::string_view name, std::string_view condition,
                      std::string_view text) {
  out.append(" type='error'><error type='cancel'><").append(condition);
  append_attribute(out, "xmlns", kStanzaErrors);
  out += "/>";
  if (!text.empty()) {
    out += "<text";
    append_attribute(out, "xmlns", kStanzaErrors);
    out += " xml:lang='en'>";
    append_escaped(out, text);
    out += "</text>";
  }
  out.append("</error></db:").append(name).append(">");
}

}  // namespace

bool is_dialback(const Element& element) {
  return element.is(ns::kDialback, "result") || element.is(ns::kDialback, "verify");
}

Result<DialbackRequest> read_dialback_request(const Element& element) {
  if (!is_dialback(element)) return fail("this is neither <db:result/> nor <db:verify/>");
  if (element.attribute("type") != nullptr)
    return fail("a dialback answer stands where only a request can");
  const bool verify = element.name == "verify";
  auto from = read_domain(element, "from");
  if (!from) return tl::unexpected(std::move(from).error());
  auto to = read_domain(element, "to");
  if (!to) return tl::unexpected(std::move(to).error());
  auto id = verify ? read_id(element) : Result<std::string>(std::string());
  if (!id) return tl::unexpected(std::move(id).error());
  auto key = read_key(element, verify);
  if (!key) return tl::unexpected(std::move(key).error());
  return DialbackRequest{verify, *std::move(from), *std::move(to), *std::move(id), *std::move(key)};
}

std::string write_dialback_request(const DialbackRequest& request) {
  const std::string_view name = request.verify ? "verify" : "result";
  std::string out = open_tag(name, request.from, request.to);
  if (request.verify) append_attribute(out, "id", request.id);
  out += '>';
  append_escaped(out, request.key);
  return out.append("</db:").append(name).append(">");
}

std::string write_dialback_valid(const DomainName& from, const DomainName& to) {
  return open_tag("result", from, to) + " type='valid'/>";
}

std::string write_dialback_error(bool verify, const DomainName& from, const DomainName& to,
                                 std::string_view id, std::string_view condition,
                                 std::string_view text) {
  const std::string_view name = verify ? "verify" : "result";
  std::string out = open_tag(name, from, to);
  if (verify) append_attribute(out, "id", id);
  close_with_error(out, name, condition, text);
  return out;
}

std::string write_dialback_answer(const Element& request, std::string_view type) {
  return open_answer(request).append(" type='").append(type).append("'/>");
}

std::string write_dialback_refusal(const Element& request, std::string_view condition,
                                   std::string_view text) {
  auto out = open_answer(request);
  close_with_error(out, request.name, condition, text);
  return out;
}

}  // namespace portcullis::xmpp
