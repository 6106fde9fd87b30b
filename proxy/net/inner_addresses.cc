#include "proxy/net/inner_addresses.h"

#include "proxy/net/special_addresses.h"

namespace portcullis::net {
namespace {

constexpr std::string_view kOfAddresses = "0123456789abcdefABCDEF:.";
constexpr std::string_view kInstead = "an inner address";

// The address, and its port if it is IPv4, without what ends a sentence or begins the next part.
std::string_view trimmed(std::string_view word) {
  const auto last = word.find_last_not_of(":.");
  return word.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

bool is_inner(std::string_view host) {
  const auto address = SocketAddress::from(Endpoint{std::string(host), 0});
  return address && special_use(*address);
}

bool names_inner(std::string_view word) {
  return is_inner(word) || is_inner(word.substr(0, word.rfind(':')));
}

}  // namespace

std::string without_inner_addresses(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto begin = text.find_first_of(kOfAddresses);
    if (begin == std::string_view::npos) break;
    const auto end = text.find_first_not_of(kOfAddresses, begin);
    const auto word =
        trimmed(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    const auto used = word.empty() ? begin + 1 : begin + word.size();
    if (names_inner(word))
      out.append(text.substr(0, begin)).append(kInstead);
    else
      out.append(text.substr(0, used));
    text.remove_prefix(used);
  }
  return out.append(text);
}

}  // namespace portcullis::net
