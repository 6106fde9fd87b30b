#include "proxy/keeper/message.h"

#include <utility>

namespace portcullis::keeper {
namespace {

constexpr char kServed = 'S';
constexpr char kLoad = 'L';
constexpr char kMint = 'M';
constexpr char kCertificate = 'C';
constexpr char kLoaded = 'D';
constexpr char kRefused = 'R';
constexpr std::size_t kMaxPath = 4096;
constexpr std::size_t kMaxText = 1024;

std::string with_kind(char kind, std::string_view rest) {
  std::string message(1, kind);
  message += rest;
  return message;
}

// Only the one spelling that a DomainName has.
std::optional<DomainName> domain_of(std::string_view text) {
  auto domain = DomainName::parse(text);
  if (!domain || domain->a_label() != text) return std::nullopt;
  return std::move(*domain);
}

std::optional<Request> decode_served(std::string_view rest) {
  auto domain = domain_of(rest);
  if (!domain) return std::nullopt;
  return Served{std::move(*domain)};
}

std::optional<Request> decode_load(std::string_view rest) {
  if (rest.empty() || rest.size() > kMaxPath || rest.find('\0') != std::string_view::npos)
    return std::nullopt;
  return Load{std::string(rest)};
}

// The length of the key in one octet, the key, the domain.
std::optional<Request> decode_mint(std::string_view rest) {
  if (rest.empty()) return std::nullopt;
  const std::size_t key_size = static_cast<unsigned char>(rest.front());
  rest.remove_prefix(1);
  if (key_size == 0 || key_size > kMaxLeafKey || key_size >= rest.size()) return std::nullopt;
  auto domain = domain_of(rest.substr(key_size));
  if (!domain) return std::nullopt;
  return Mint{std::string(rest.substr(0, key_size)), std::move(*domain)};
}

struct Encoder {
  std::optional<std::string> operator()(const Served& served) const {
    return with_kind(kServed, served.domain.a_label());
  }
  std::optional<std::string> operator()(const Load& load) const {
    if (!decode_load(load.directory)) return std::nullopt;
    return with_kind(kLoad, load.directory);
  }
  std::optional<std::string> operator()(const Mint& mint) const {
    if (mint.leaf_key.empty() || mint.leaf_key.size() > kMaxLeafKey) return std::nullopt;
    return with_kind(kMint, with_kind(static_cast<char>(mint.leaf_key.size()), mint.leaf_key) +
                                mint.remote.a_label());
  }
  std::optional<std::string> operator()(const Certificate& certificate) const {
    if (certificate.der.empty() || certificate.der.size() >= kMaxAnswer) return std::nullopt;
    return with_kind(kCertificate, certificate.der);
  }
  // The text ends with the first octet that is 0.
  std::optional<std::string> operator()(const Loaded& loaded) const {
    const auto text = std::string_view(loaded.unconfined).substr(0, kMaxText);
    if (text.find('\0') != std::string_view::npos || loaded.certificate.empty() ||
        loaded.certificate.size() + text.size() + 2 > kMaxAnswer)
      return std::nullopt;
    auto message = with_kind(kLoaded, text);
    message += '\0';
    return message + loaded.certificate;
  }
  std::optional<std::string> operator()(const Refused& refused) const {
    return with_kind(kRefused, std::string_view(refused.why).substr(0, kMaxText));
  }
};

std::optional<Answer> decode_loaded(std::string_view rest) {
  const auto end = rest.find('\0');
  if (end > kMaxText || end + 1 >= rest.size()) return std::nullopt;
  return Loaded{std::string(rest.substr(end + 1)), std::string(rest.substr(0, end))};
}

}  // namespace

std::optional<std::string> encode(const Request& request) {
  return std::visit(Encoder{}, request);
}

std::optional<std::string> encode(const Answer& answer) {
  return std::visit(Encoder{}, answer);
}

std::optional<Request> decode_request(std::string_view message) {
  if (message.empty() || message.size() > kMaxRequest) return std::nullopt;
  const auto rest = message.substr(1);
  if (message.front() == kServed) return decode_served(rest);
  if (message.front() == kLoad) return decode_load(rest);
  if (message.front() == kMint) return decode_mint(rest);
  return std::nullopt;
}

std::optional<Answer> decode_answer(std::string_view message) {
  if (message.size() < 2 || message.size() > kMaxAnswer) return std::nullopt;
  const auto rest = message.substr(1);
  if (message.front() == kCertificate) return Certificate{std::string(rest)};
  if (message.front() == kLoaded) return decode_loaded(rest);
  if (message.front() == kRefused && rest.size() <= kMaxText) return Refused{std::string(rest)};
  return std::nullopt;
}

}  // namespace portcullis::keeper
