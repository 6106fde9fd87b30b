#include "proxy/xmpp/element_builder.h"

#include <utility>

namespace portcullis::xmpp {

bool ElementBuilder::start(const StartTag& tag) {
  const NameView& name = tag.name();
  if (!spend(sizeof(Element) + name.ns.size() + name.local.size())) return false;
  Element element;
  element.ns = name.ns;
  element.name = name.local;
  element.attributes.reserve(tag.attribute_count());
  for (std::size_t i = 0; i < tag.attribute_count(); ++i) {
    const AttributeView one = tag.attribute(i);
    if (!spend(sizeof(Attribute) + one.name.ns.size() + one.name.local.size() + one.value.size()))
      return false;
    element.attributes.push_back(
        {std::string(one.name.ns), std::string(one.name.local), std::string(one.value)});
  }
  element.preceding_text = std::exchange(text_, {});
  open_.push_back(std::move(element));
  return true;
}

void ElementBuilder::end() {
  Element element = std::move(open_.back());
  open_.pop_back();
  element.trailing_text = std::exchange(text_, {});
  if (open_.empty()) {
    root_ = std::move(element);
    complete_ = true;
  } else {
    open_.back().children.push_back(std::move(element));
  }
}

Element ElementBuilder::take_element() {
  complete_ = false;
  spent_ = 0;
  return std::move(root_);
}

bool ElementBuilder::spend(std::size_t bytes) {
  if (bytes > budget_ - spent_) return false;
  spent_ += bytes;
  return true;
}

}  // namespace portcullis::xmpp
