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
  std::vector<CertificateFiles> outgoing_certificates;
  std::string acme_dir;
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

// As much of a configuration as could be read. Its right parts are checked against each other even
// when other parts are wrong. Without any error it becomes a Config.
struct Draft {
  Config config;  // without hosts and exceptions
  std::vector<HostDraft> hosts;
  std::vector<ExceptionDraft> exceptions;
};

// The checks that need more than one value. Without `context`, dates are not checked. Reports into
// `findings`.
void check_consistency(const Draft& draft, const std::optional<LoadContext>& context,
                       Findings& findings);
// The part of it that is about [s2s], its rules and its exceptions.
void check_s2s(const Draft& draft, const std::optional<LoadContext>& context, Findings& findings);
// What it opens to others.
void check_exposure(const Draft& draft, Findings& findings);
// Whether the capture that it asks for can work.
void check_capture(const Draft& draft, Findings& findings);
// What rules say of proxies.
void check_via(const Draft& draft, Findings& findings);
// What it says of channel binding.
void check_binding(const Draft& draft, Findings& findings);
// Whether what it passes on of a balancer's header can be passed on.
void check_tlvs(const Draft& draft, Findings& findings);
// Whether what it says of the servers of several hosts fits together.
void check_neighbours(const Draft& draft, Findings& findings);

}  // namespace portcullis::policy
