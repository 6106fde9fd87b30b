#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/xmpp/guard.h"

namespace portcullis::xmpp::test {

// Appends to `out` what the guard lets pass of these bytes. The marks count from the begin of
// `out`.
inline std::optional<GuardStop> feed(Guard& guard, std::string_view bytes, std::string& out,
                                     std::vector<StanzaMark>* marks = nullptr) {
  Gathered passed;
  const std::size_t known = marks == nullptr ? 0 : marks->size();
  auto stop = guard.feed(bytes, passed, marks);
  for (std::size_t i = known; marks != nullptr && i < marks->size(); ++i) {
    (*marks)[i].begin += out.size();
    (*marks)[i].end += out.size();
  }
  out.append(passed.text());
  return stop;
}

}  // namespace portcullis::xmpp::test
