#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "proxy/base/domain_name.h"

namespace portcullis::certs {

// A domain that is served here. The local CA makes no certificate in its name, with one exception:
// one that is shown to another program behind this gate than the one that serves the domain.
struct ServedDomain {
  // NOLINTNEXTLINE(google-explicit-constructor): without a program it is a domain as any other
  ServedDomain(DomainName name, std::optional<std::size_t> by = std::nullopt)
      : domain(std::move(name)), program(by) {}

  DomainName domain;
  // The program that serves it, by number; nullopt: its name is never certified, to nobody.
  std::optional<std::size_t> program;
};

// Those in whose names no certificate is ever made, because there is no other program. With one
// program, as is usual, that is all of them.
std::vector<DomainName> never_certified(const std::vector<ServedDomain>& served);

}  // namespace portcullis::certs
