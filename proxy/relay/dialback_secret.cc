#include "proxy/relay/dialback_secret.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>
#include <cstdlib>
#include <string>
#include <utility>

#include "certs/own/key_file.h"

namespace portcullis::relay {
namespace {

constexpr std::size_t kLeastOctets = 16;

std::string_view without_line_end(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

DialbackSecret::DialbackSecret(std::string_view secret, bool is_to_be_told)
    : backend_(std::make_shared<xmpp::DialbackKeys>(secret, xmpp::DialbackPlace::kBackend)),
      wan_(std::make_shared<xmpp::DialbackKeys>(secret, xmpp::DialbackPlace::kWan)),
      octets_(std::make_shared<const std::string>(is_to_be_told ? secret : std::string_view())) {}

DialbackSecret DialbackSecret::random() {
  std::array<char, 32> octets{};
  // OpenSSL fails here only if there is no entropy source.
  if (RAND_bytes(reinterpret_cast<unsigned char*>(octets.data()),
                 static_cast<int>(octets.size())) != 1)
    std::abort();
  DialbackSecret secret(std::string_view(octets.data(), octets.size()), true);
  OPENSSL_cleanse(octets.data(), octets.size());
  return secret;
}

Result<DialbackSecret> DialbackSecret::load(const std::string& path, const certs::ServiceUser& us) {
  auto read = certs::read_key_file(path, us);
  if (!read) return tl::unexpected(read.error());
  std::string text = std::move(*read);
  const std::size_t size = without_line_end(text).size();
  if (size < kLeastOctets)
    return fail(path + ": has " + std::to_string(size) +
                " octets, and a secret that nobody can guess has at least 16; make one with "
                "\"openssl rand -hex 32\"");
  DialbackSecret loaded(std::string_view(text).substr(0, size), false);
  OPENSSL_cleanse(text.data(), text.size());
  return loaded;
}

}  // namespace portcullis::relay
