#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "proxy/base/domain_name.h"

namespace portcullis::keeper {

// What the gate says to the process that holds the local CA's key, and what that process answers.
// Each message is one datagram of a pair of sockets, its first octet says which one it is.
//
// First the gate names the domains that are never certified, one in each message: those that it
// serves, as far as no other program behind it may be shown their names; then the folder of the CA,
// which ends that list for good; from then on it asks for leaves.

// This domain is served here, and never certified. There is no answer.
struct Served {
  DomainName domain;
};
// Load the CA. The answer is Loaded.
struct Load {
  std::string directory;
};
// The answer is a leaf for `remote` with this key.
struct Mint {
  std::string leaf_key;  // a SubjectPublicKeyInfo
  DomainName remote;
};
using Request = std::variant<Served, Load, Mint>;

struct Certificate {
  std::string der;
};
struct Loaded {
  std::string certificate;  // in DER
  // Why the process could not give up all that it does not need: sentences; "": it has.
  std::string unconfined;
};
struct Refused {
  std::string why;  // a sentence without a full stop
};
using Answer = std::variant<Certificate, Loaded, Refused>;

inline constexpr std::size_t kMaxRequest = 4200;  // a path has at most 4096 octets
inline constexpr std::size_t kMaxAnswer = std::size_t{16} * 1024;
inline constexpr std::size_t kMaxLeafKey = 128;

// Fails (nullopt) for anything but a whole, well-formed message within its bounds.
std::optional<std::string> encode(const Request& request);
std::optional<Request> decode_request(std::string_view message);
// A text that is too long is cut.
std::optional<std::string> encode(const Answer& answer);
std::optional<Answer> decode_answer(std::string_view message);

}  // namespace portcullis::keeper
