#include "proxy/xmpp/stream_limits.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "proxy/xmpp/xml_space.h"

namespace portcullis::xmpp {
namespace {

constexpr std::string_view kMaxBytes = "max-bytes";
constexpr std::string_view kIdleSeconds = "idle-seconds";

using Number = std::optional<std::uint64_t>;

Number read_number(const Element& limits, std::string_view name) {
  const Element* const child = limits.child(ns::kLimits, name);
  if (child == nullptr) return std::nullopt;
  const std::string all = child->text();
  const auto text = trim_space(all);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0) return std::nullopt;
  return number;
}

Number smaller_of(const Number& one, const Number& other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

void add(Element& limits, std::string_view name, const Number& number) {
  if (!number) return;
  Element child{std::string(ns::kLimits), std::string(name), {}, {}, {}, std::to_string(*number)};
  limits.children.push_back(std::move(child));
}

}  // namespace

StreamLimits read_limits(const Element& features) {
  StreamLimits found;
  for (const Element& child : features.children)
    if (child.is(ns::kLimits, "limits"))
      found = smaller_of(found, {read_number(child, kMaxBytes), read_number(child, kIdleSeconds)});
  return found;
}

StreamLimits smaller_of(const StreamLimits& one, const StreamLimits& other) {
  return {smaller_of(one.max_bytes, other.max_bytes),
          smaller_of(one.idle_seconds, other.idle_seconds)};
}

Element limits_element(const StreamLimits& limits) {
  Element element{std::string(ns::kLimits), "limits", {}, {}, {}, {}};
  add(element, kMaxBytes, limits.max_bytes);
  add(element, kIdleSeconds, limits.idle_seconds);
  return element;
}

}  // namespace portcullis::xmpp
