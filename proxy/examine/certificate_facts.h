#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "certs/verify/types/presented_chain.h"

namespace portcullis::examine {

// What a chain says about itself, in words. Nothing of it is verified; every text is printable and
// bounded.
struct CertificateFacts {
  std::string key;  // "ECDSA P-256"
  std::string pin;  // of the key, as the configuration writes it
  std::string subject;
  std::string issuer;
  std::vector<std::string> names;  // kMostNames at most
  std::size_t more_names = 0;
  std::string names_fault;  // why there are none; empty: nothing is wrong
  std::chrono::sys_seconds not_after{};
  std::size_t certificates = 0;  // that were sent, with the first one

  static constexpr std::size_t kMostNames = 20;
};

// Of a chain whose leaf is not null.
CertificateFacts facts_of(const certs::PresentedChain& chain);

}  // namespace portcullis::examine
