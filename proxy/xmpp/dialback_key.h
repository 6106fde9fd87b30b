#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/base/domain_name.h"

namespace portcullis::xmpp {

// Where keys are used. A key of one place says nothing at the other.
enum class DialbackPlace : std::uint8_t { kBackend, kWan };

// Makes and checks the keys of server dialback. They are stateless (XEP-0185 section 3): whoever
// holds the secret knows a key again, also another instance, and nothing is kept for one. A value;
// copies are as good as it.
class DialbackKeys {
 public:
  // `secret` holds at least 16 octets that nobody can guess.
  DialbackKeys(std::string_view secret, DialbackPlace place);

  // For the stream with that id, which the receiving server made. Hexadecimal, 64 characters. How
  // the domains are spelled on that stream makes no difference.
  std::string key(const DomainName& receiving, const DomainName& originating,
                  std::string_view stream_id) const;
  // Whether key() gives `key`. It takes as long for a wrong key as for the right one.
  bool is_right(std::string_view key, const DomainName& receiving, const DomainName& originating,
                std::string_view stream_id) const;

 private:
  std::string hashed_secret_;
};

}  // namespace portcullis::xmpp
