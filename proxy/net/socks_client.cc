#include "proxy/net/socks_client.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "proxy/base/octets.h"

namespace portcullis::net {
namespace {

using By = SocksFailed::By;

constexpr std::uint8_t kVersion = 5;
constexpr std::uint8_t kLoginVersion = 1;
constexpr std::uint8_t kNoLogin = 0x00;
constexpr std::uint8_t kLoginByName = 0x02;
constexpr std::uint8_t kNoMethod = 0xff;
constexpr std::uint8_t kConnect = 1;
constexpr std::uint8_t kV4 = 1;
constexpr std::uint8_t kName = 3;
constexpr std::uint8_t kV6 = 4;
constexpr std::size_t kShortAnswer = 2;  // to the greeting and to the login
constexpr std::size_t kBeforeAddress = 4;
constexpr std::size_t kPortOctets = 2;
constexpr std::string_view kUser = "portcullis";

struct Code {
  std::uint8_t code;
  By by;
  std::string_view meaning;
};

// RFC 1928 section 6, and what Tor adds for onion services (proposal 304).
constexpr std::array kCodes{
    Code{0x01, By::kProxy, "it says that it failed, without a reason"},
    Code{0x02, By::kProxy, "its rules do not allow the connection"},
    Code{0x03, By::kPeer, "it says that the network cannot be reached"},
    Code{0x04, By::kPeer, "it says that the host cannot be reached"},
    Code{0x05, By::kPeer, "it says that the connection was refused"},
    Code{0x06, By::kPeer, "it says that the time was over"},
    Code{0x07, By::kProxy, "it does not know the command to connect"},
    Code{0x08, By::kProxy, "it takes no names"},
    Code{0xf0, By::kPeer, "it says that no descriptor of the onion service was found"},
    Code{0xf1, By::kPeer, "it says that the descriptor of the onion service is invalid"},
    Code{0xf2, By::kPeer, "it says that the onion service could not be introduced to"},
    Code{0xf3, By::kPeer, "it says that the onion service did not come to the rendezvous"},
    Code{0xf4, By::kProxy, "the onion service demands an authorization that it has not"},
    Code{0xf5, By::kProxy, "the onion service does not accept its authorization"},
    Code{0xf6, By::kPeer, "it says that the address is that of no onion service"},
    Code{0xf7, By::kPeer, "it says that introducing to the onion service took too long"},
};

std::uint8_t octet(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::string hex(std::uint8_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {'0', 'x', kDigits[value >> 4U], kDigits[value & 0x0fU]};
}

SocksFailed meaning_of(std::uint8_t code) {
  const auto* const known =
      std::find_if(kCodes.begin(), kCodes.end(), [&](const Code& one) { return one.code == code; });
  if (known == kCodes.end())
    return {By::kProxy, "it answered with " + hex(code) + ", which no such proxy says"};
  return {known->by, std::string(known->meaning) + " (" + hex(code) + ")"};
}

// A text behind its length.
void append_text(std::string& out, std::string_view text) {
  append_number(out, static_cast<std::uint32_t>(text.size()), 1);
  out += text;
}

// Of the whole reply; nullopt if no address begins so.
std::optional<std::size_t> reply_size(std::string_view heard) {
  const auto kind = octet(heard, 3);
  if (kind == kV4) return kBeforeAddress + 4 + kPortOctets;
  if (kind == kV6) return kBeforeAddress + 16 + kPortOctets;
  if (kind != kName) return std::nullopt;
  if (heard.size() == kBeforeAddress) return kBeforeAddress + 1;
  return kBeforeAddress + 1 + octet(heard, kBeforeAddress) + kPortOctets;
}

std::string no_socks(std::uint8_t first) {
  return "it is no SOCKS5 proxy: it begins with " + hex(first);
}
constexpr const char* kMore = "it said more than it was asked for";

}  // namespace

std::string SocksClient::greeting() {
  return {kVersion, 2, kNoLogin, kLoginByName};
}

SocksStep SocksClient::take(std::string_view octets) {
  const auto room = kLongestReply + 1 - std::min(heard_.size(), kLongestReply + 1);
  heard_ += octets.substr(0, room);
  if (heard_.empty()) return SocksWaits{};
  return std::visit([this](auto state) { return next(state); }, state_);
}

SocksFailed SocksClient::left() const {
  if (is_with_peer()) return {By::kPeer, "it closed the connection while it called the domain"};
  return {By::kProxy, "it closed the connection before it took the request"};
}

SocksStep SocksClient::next(AwaitsMethod /*state*/) {
  if (octet(heard_, 0) != kVersion) return fail(no_socks(octet(heard_, 0)));
  if (heard_.size() < kShortAnswer) return SocksWaits{};
  if (heard_.size() > kShortAnswer) return fail(kMore);
  const auto method = octet(heard_, 1);
  if (method == kNoLogin) return ask();
  if (method == kNoMethod) return fail("it takes neither connections without a login nor ours");
  if (method != kLoginByName)
    return fail("it chose a way to log in that it was not offered: " + hex(method));
  // Tor keeps connections with different passwords apart (IsolateSOCKSAuth). Neither is secret.
  std::string login{static_cast<char>(kLoginVersion)};
  append_text(login, kUser);
  append_text(login, request_.name.a_label());
  heard_.clear();
  state_ = AwaitsLogin{};
  return SocksSays{std::move(login)};
}

SocksStep SocksClient::next(AwaitsLogin /*state*/) {
  if (octet(heard_, 0) != kLoginVersion)
    return fail("its answer to the login begins with " + hex(octet(heard_, 0)));
  if (heard_.size() < kShortAnswer) return SocksWaits{};
  if (heard_.size() > kShortAnswer) return fail(kMore);
  if (octet(heard_, 1) != 0) return fail("it refused the login");
  return ask();
}

SocksStep SocksClient::ask() {
  std::string request{kVersion, kConnect, 0, kName};
  append_text(request, request_.name.a_label());
  append_number(request, request_.port, 2);
  heard_.clear();
  state_ = AwaitsReply{};
  return SocksSays{std::move(request)};
}

// What was bound to is of no use to us; it is only read to see where the reply ends. No server of
// XMPP speaks first, so octets behind it are not the far end's.
SocksStep SocksClient::next(AwaitsReply /*state*/) {
  if (octet(heard_, 0) != kVersion) return fail(no_socks(octet(heard_, 0)));
  if (heard_.size() < 2) return SocksWaits{};
  if (const auto code = octet(heard_, 1); code != 0) {
    state_ = Over{};
    return meaning_of(code);
  }
  if (heard_.size() > 2 && octet(heard_, 2) != 0)
    return fail("the reserved octet of its reply is " + hex(octet(heard_, 2)));
  if (heard_.size() < kBeforeAddress) return SocksWaits{};
  const auto size = reply_size(heard_);
  if (!size) return fail("its reply holds an address of the unknown kind " + hex(octet(heard_, 3)));
  if (heard_.size() < *size) return SocksWaits{};
  if (heard_.size() > *size) return fail(kMore);
  state_ = Over{};
  return SocksConnected{};
}

SocksStep SocksClient::next(Over /*state*/) {
  return SocksFailed{By::kProxy, "the connection to it is over"};
}

SocksStep SocksClient::fail(std::string detail) {
  state_ = Over{};
  return SocksFailed{By::kProxy, std::move(detail)};
}

}  // namespace portcullis::net
