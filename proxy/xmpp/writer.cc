#include "proxy/xmpp/writer.h"

#include <vector>

#include "proxy/xmpp/stream_prefixes.h"

namespace portcullis::xmpp {
namespace {

// What to write instead of a character that XML does not allow as it is; empty if it may be written
// as it is. A carriage return would be read as a line feed. XML does not allow other control
// characters at all.
std::string_view reference(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '\'':
      return "&apos;";
    case '"':
      return "&quot;";
    case '\r':
      return "&#13;";
    case '\t':
    case '\n':
      return {};
    default:
      return c >= 0 && c < ' ' ? "?" : "";
  }
}

// Attributes in a namespace need a prefix. It is declared on each element that uses it, so that an
// element's prefixes never depend on where the element stands.
class AttributePrefixes {
 public:
  // Returns the prefix. If it is new, it is declared on the element that is being written.
  std::string prefix(std::string& out, const std::string& attribute_ns) {
    if (attribute_ns == ns::kXml) return "xml";
    if (attribute_ns == ns::kStream) return "stream";
    for (std::size_t i = 0; i < declared_.size(); ++i)
      if (*declared_[i] == attribute_ns) return name(i);
    declared_.push_back(&attribute_ns);
    append_attribute(out, "xmlns:" + name(declared_.size() - 1), attribute_ns);
    return name(declared_.size() - 1);
  }

 private:
  static std::string name(std::size_t index) { return "a" + std::to_string(index); }
  std::vector<const std::string*> declared_;
};

void write_attributes(std::string& out, const Element& element) {
  AttributePrefixes prefixes;
  for (const auto& [attribute_ns, name, value] : element.attributes) {
    const std::string qualified =
        attribute_ns.empty() ? name : prefixes.prefix(out, attribute_ns) + ":" + name;
    append_attribute(out, qualified, value);
  }
}

// `default_ns` is the default namespace at this place. The reader's depth limit bounds the
// recursion.
void write_element(std::string& out, const Element& element, std::string_view default_ns) {
  std::string name = element.name;
  std::string_view inner_ns = default_ns;
  if (element.ns == ns::kStream) {
    name.insert(0, "stream:");
  } else if (element.ns == ns::kXml) {
    name.insert(0, "xml:");
  } else {
    inner_ns = element.ns;
  }
  out.append("<").append(name);
  if (inner_ns != default_ns) append_attribute(out, "xmlns", inner_ns);
  write_attributes(out, element);
  if (element.children.empty() && element.trailing_text.empty()) {
    out += "/>";
    return;
  }
  out += '>';
  for (const Element& child : element.children) {
    append_escaped(out, child.preceding_text);
    write_element(out, child, inner_ns);
  }
  append_escaped(out, element.trailing_text);
  out.append("</").append(name).append(">");
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    const std::string_view instead = reference(c);
    if (instead.empty()) {
      out += c;
    } else {
      out += instead;
    }
  }
}

std::string serialize(const Element& element, std::string_view content_ns) {
  std::string out;
  write_element(out, element, content_ns);
  return out;
}

}  // namespace portcullis::xmpp
