#pragma once

#include <optional>
#include <vector>

#include "policy/load/config_load.h"
#include "policy/load/findings.h"
#include "policy/model/config.h"

namespace portcullis::policy {

// A host as far as it could be read.
struct HostDraft {
  std::optional<DomainName> domain;
  std::vector<DomainName> aliases;
  std::vector<CertificateFiles> certificates;
  Backend backend;
};

struct ExceptionDraft {
  std::optional<DomainName> domain;
  std::vector<Reason> allow;
  std::vector<SpkiPin> pins;
  std::chrono::sys_days until;
  std::string why;
  std::string path;
};

// A configuration as far as it could be read, so that what is right can still be compared when
// something else in the file is wrong. Becomes a Config when nothing is.
struct Draft {
  Config config;  // but for its hosts and its exceptions
  std::vector<HostDraft> hosts;
  std::vector<ExceptionDraft> exceptions;
};

// What only shows when values are held against each other. Without `context` nothing is compared
// with the date. Reports into `findings`.
void check_consistency(const Draft& draft, const std::optional<LoadContext>& context,
                       Findings& findings);
// The part of it that is about [s2s], its rules and its exceptions.
void check_s2s(const Draft& draft, const std::optional<LoadContext>& context, Findings& findings);

}  // namespace portcullis::policy
