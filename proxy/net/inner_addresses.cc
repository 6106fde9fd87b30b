#include "proxy/net/inner_addresses.h"

#include <algorithm>
#include <optional>

#include "proxy/net/special_addresses.h"

namespace portcullis::net {
namespace {

constexpr std::string_view kOfAddresses = "0123456789abcdefABCDEF:.";
constexpr std::string_view kInstead = "an inner address";

// The word without what ends a sentence or begins the next part, but never nothing.
std::string_view trimmed(std::string_view word) {
  const auto last = word.find_last_not_of(":.");
  return word.substr(0, last == std::string_view::npos ? 1 : last + 1);
}

// The word, or the word without a port.
std::optional<SocketAddress> address_in(std::string_view word) {
  for (const auto host : {word, word.substr(0, word.rfind(':'))})
    if (const auto address = SocketAddress::from(Endpoint{std::string(host), 0})) return *address;
  return std::nullopt;
}

}  // namespace

std::string without_inner_addresses(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto begin = text.find_first_of(kOfAddresses);
    if (begin == std::string_view::npos) break;
    out.append(text.substr(0, begin));
    text.remove_prefix(begin);
    const auto word = trimmed(text.substr(0, text.find_first_not_of(kOfAddresses)));
    const auto address = address_in(word);
    // It may also stand behind a colon: "ip:10.0.0.1".
    const auto used = address ? word.size() : std::min(word.find(':'), word.size() - 1) + 1;
    out.append(address && special_use(*address) ? kInstead : text.substr(0, used));
    text.remove_prefix(used);
  }
  return out.append(text);
}

}  // namespace portcullis::net
