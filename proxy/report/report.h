#pragma once

#include <cstdint>
#include <string>

#include "proxy/report/log_reader.h"

namespace portcullis::report {

enum class Breakdown : std::uint8_t { kReasonAndDomain, kReason, kDomain };

// For people at a terminal: who would be refused if observe became enforce, who is refused
// already, who lives on an exception. Printable ASCII only.
std::string text_report(const LogReader& log, Breakdown by);

// A list to publish: servers whose encryption does not suffice, in the two classes "untrusted
// certificate" and "dialback only", with what their admins can do. Only names that are domain
// names are listed, and not those that were accepted after their last failure.
std::string markdown_report(const LogReader& log);

// Who reports, RFC 8460 section 4.4.
struct Reporter {
  std::string organization;
  std::string contact;
};

// One JSON object: a TLSRPT report (RFC 8460 section 4.4), its policy domains being the remote
// domains, with "schema": 1 and all the sums of this library under "portcullis". ASCII only.
std::string json_report(const LogReader& log, const Reporter& reporter);

}  // namespace portcullis::report
