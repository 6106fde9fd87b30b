#include "proxy/xmpp/element.h"

#include <algorithm>

namespace portcullis::xmpp {

const std::string* Element::attribute(std::string_view local) const {
  const auto found = std::find_if(attributes.begin(), attributes.end(), [&](const Attribute& one) {
    return one.ns.empty() && one.name == local;
  });
  return found == attributes.end() ? nullptr : &found->value;
}

const Element* Element::child(std::string_view in_ns, std::string_view local) const {
  const auto found = std::find_if(children.begin(), children.end(),
                                  [&](const Element& one) { return one.is(in_ns, local); });
  return found == children.end() ? nullptr : &*found;
}

std::string Element::text() const {
  std::string all;
  for (const Element& child : children) all += child.preceding_text;
  return all + trailing_text;
}

}  // namespace portcullis::xmpp
