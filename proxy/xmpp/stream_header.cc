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

std::string write_header(const StreamHeader& header, bool with_dialback) {
  std::string out = "<?xml version='1.0'?><stream:stream";
  append_attribute(out, "xmlns", header.content_ns);
  append_attribute(out, "xmlns:stream", ns::kStream);
  if (with_dialback && header.content_ns == ns::kServer)
    append_attribute(out, "xmlns:db", ns::kDialback);
  append_declarations(out, header.declared);
  const auto append = [&](std::string_view name, const std::optional<std::string>& value) {
    if (value) append_attribute(out, name, *value);
  };
  append("from", header.from);
  append("to", header.to);
  append("id", header.id);
  append("version", header.version);
  append("xml:lang", header.lang);
  out += '>';
  return out;
}

}  // namespace portcullis::xmpp
