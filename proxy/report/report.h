#pragma once

#include <cstdint>
#include <string>

#include "proxy/report/log_reader.h"
#include "proxy/report/probed_keys.h"

namespace portcullis::report {

enum class Breakdown : std::uint8_t { kReasonAndDomain, kReason, kDomain };

// For reading on a terminal: which servers would be refused in `enforce` mode, which are refused
// already, and which an exception lets through. Printable ASCII only.
std::string text_report(const LogReader& log, Breakdown by);

// The list to publish: servers whose encryption is not sufficient, by class, with what their admins
// can do. Only what was proved is on it; see published.h. `probed`: null if there are no probes.
std::string markdown_report(const LogReader& log, const ProbedKeys* probed = nullptr);
// The same as one page that needs nothing else.
std::string html_report(const LogReader& log, const ProbedKeys* probed = nullptr);

// Who reports, RFC 8460 section 4.4.
struct Reporter {
  std::string organization;
  std::string contact;
};

// One JSON object: a TLSRPT report (RFC 8460 section 4.4) whose policy domains are the remote
// domains. Its member "portcullis" has all sums of this library, with "schema": 1. ASCII only.
std::string json_report(const LogReader& log, const Reporter& reporter);

}  // namespace portcullis::report
