#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "proxy/xmpp/element.h"

namespace portcullis::xmpp {

// What an entity takes on a stream (XEP-0478). A value that is absent is not announced.
struct StreamLimits {
  std::optional<std::uint64_t> max_bytes;     // of one first-level element
  std::optional<std::uint64_t> idle_seconds;  // without an octet from the other end
  bool operator==(const StreamLimits&) const = default;
};

// What the features announce. Nonsense is no announcement: a value must be a number above 0.
StreamLimits read_limits(const Element& features);

// What holds where both hold: the smaller value of each.
StreamLimits smaller_of(const StreamLimits& one, const StreamLimits& other);

// <limits/>, a child of the features. At least one value must be there.
Element limits_element(const StreamLimits& limits);

}  // namespace portcullis::xmpp
