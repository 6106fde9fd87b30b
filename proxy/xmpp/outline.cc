#include "proxy/xmpp/outline.h"

#include <string_view>

namespace portcullis::xmpp {
namespace {

// The log cuts a value at 1024 octets. The outline ends before that, so that no word of it is cut.
constexpr std::size_t kMaxOutline = 800;
constexpr std::size_t kMaxValue = 200;
constexpr std::string_view kLeftOut = "...";

bool is_full(const std::string& out) {
  return out.size() >= kMaxOutline;
}

// One long value must not fill the line: what follows it must be shown, too.
std::string bounded(const std::string& value) {
  return value.size() <= kMaxValue ? value : value.substr(0, kMaxValue).append(kLeftOut);
}

void append(std::string& out, const Element& element, std::string_view outer_ns) {
  out += "<" + element.name;
  if (element.ns != outer_ns) out += " xmlns='" + element.ns + "'";
  for (const auto& attribute : element.attributes) {
    if (is_full(out)) break;
    out += " " + attribute.name + "='" + bounded(attribute.value) + "'";
  }
  if (element.children.empty() && element.text().empty()) {
    out += "/>";
    return;
  }
  out += ">";
  if (!element.text().empty()) out += kLeftOut;
  for (const auto& child : element.children) {
    if (is_full(out)) {
      out += kLeftOut;
      break;
    }
    append(out, child, element.ns);
  }
  out += "</" + element.name + ">";
}

}  // namespace

std::string outline(const Element& element) {
  std::string out;
  append(out, element, {});
  return out;
}

}  // namespace portcullis::xmpp
