#pragma once

#include <cstdint>
#include <string>

namespace portcullis::net {

// What DNSSEC says about an answer.
struct DnsSigned {
  enum class Verdict : std::uint8_t {
    kUnchecked,  // no trust anchor was given
    kNo,         // the zone is not signed, and the zones above prove that
    kYes,        // signed, and checked up to the trust anchor
    kBogus,      // it should be signed and is not, or the signature is wrong
  } verdict = Verdict::kUnchecked;
  std::string why;  // kBogus: printable
};

}  // namespace portcullis::net
