#include "proxy/xmpp/stream_header.h"

#include "proxy/xmpp/element.h"
#include "proxy/xmpp/stream_prefixes.h"
#include "proxy/xmpp/writer.h"

namespace portcullis::xmpp {

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  out.append(" ").append(name).append("='");
  while (true) {
    const auto plain = value.find_first_of("\t\n");
    append_escaped(out, value.substr(0, plain));
    if (plain == std::string_view::npos) break;
    out += value[plain] == '\t' ? "&#9;" : "&#10;";
    value.remove_prefix(plain + 1);
  }
  out += '\'';
}

bool is_own_prefix(std::string_view prefix) {
  return prefix.empty() || prefix == "stream" || prefix == "db" || prefix == "xml" ||
         prefix == "xmlns";
}

void append_declarations(std::string& out, const std::vector<NamespaceDeclaration>& declared) {
  for (const auto& [prefix, uri] : declared)
    if (!is_own_prefix(prefix)) append_attribute(out, "xmlns:" + prefix, uri);
}

std::optional<DomainName> HeaderAddress::parsed(const std::string& text) {
  auto domain = DomainName::parse(text);
  if (!domain) return std::nullopt;
  return *std::move(domain);
}

bool HeaderVersion::is_xmpp_1(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  const auto dot = text.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == text.size()) return false;
  if (text.find_first_not_of(kDigits, dot + 1) != std::string_view::npos) return false;
  const auto major = text.substr(0, dot);
  return major.find_first_not_of(kDigits) == std::string_view::npos &&
         major.find_first_not_of('0') != std::string_view::npos;
}

std::string write_header(const StreamHeader& header, bool with_dialback) {
  std::string out = "<?xml version='1.0'?><stream:stream";
  append_attribute(out, "xmlns", header.content_ns);
  append_attribute(out, "xmlns:stream", ns::kStream);
  if (with_dialback && header.content_ns == ns::kServer)
    append_attribute(out, "xmlns:db", ns::kDialback);
  append_declarations(out, header.declared);
  if (header.from) append_attribute(out, "from", header.from->text());
  if (header.to) append_attribute(out, "to", header.to->text());
  if (header.id) append_attribute(out, "id", *header.id);
  if (header.version) append_attribute(out, "version", header.version->text());
  if (header.lang) append_attribute(out, "xml:lang", *header.lang);
  out += '>';
  return out;
}

}  // namespace portcullis::xmpp
