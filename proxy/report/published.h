#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "policy/reasons/reason.h"
#include "proxy/report/log_reader.h"
#include "proxy/report/probed_keys.h"

namespace portcullis::report {

// The list of servers with bad encryption that can be published: values, which the forms of the
// report write down.

// The classes, the worst first. A domain is in one of them only.
enum class PublicClass : std::uint8_t { kDialbackOnly, kUntrusted, kOnlyRsa, kOnlyEcdsa };
struct PublicClassWords {
  PublicClass in;
  std::string_view id;  // of its section
  std::string_view title;
  std::string_view meaning;
};
inline constexpr std::array kPublicClasses{
    PublicClassWords{PublicClass::kDialbackOnly, "dialback-only", "Dialback only",
                     "These servers offer no encryption to other servers. Only DNS says who they "
                     "are, and everybody on the way can read and change what is sent."},
    PublicClassWords{PublicClass::kUntrusted, "untrusted-certificate", "Untrusted certificate",
                     "These servers encrypt, but their certificate does not prove who they are."},
    PublicClassWords{
        PublicClass::kOnlyRsa, "only-rsa", "Only RSA",
        "These servers have a certificate with an RSA key only. They cannot be reached "
        "by who wants ECDSA."},
    PublicClassWords{PublicClass::kOnlyEcdsa, "only-ecdsa", "Only ECDSA",
                     "These servers have a certificate with an ECDSA key only. They cannot be "
                     "reached by who knows RSA only."},
};

struct PublicEntry {
  std::string domain;
  std::map<policy::Reason, Row> reasons;  // empty for a class about kinds of keys
  Row sum;
  std::vector<std::string_view> advice;  // for its admin, a sentence each
};

struct PublicList {
  std::array<std::vector<PublicEntry>, kPublicClasses.size()> classes;
  // What is not on the list, and why.
  std::uint64_t claimed = 0;     // domains: they only came to us
  std::uint64_t unproved = 0;    // domains: called by a proxy or a rule, or the log says too little
  std::uint64_t recovered = 0;   // domains: accepted after the last failure
  std::uint64_t unaccepted = 0;  // domains: they offered us no SASL EXTERNAL, perhaps because of us
  std::uint64_t further = 0;     // streams of domains for which there was no room
  std::uint64_t unclear = 0;     // domains: a probe proved neither one kind of key nor both
  std::uint64_t contradicting = 0;   // domains: their probes do not agree
  std::uint64_t further_probes = 0;  // of domains for which there was no room
  // Whether anybody was asked for both kinds of keys. A log does not say that, probes do.
  bool asked_for_kinds = false;

  const std::vector<PublicEntry>& entries(PublicClass in) const {
    return classes[static_cast<std::size_t>(in)];
  }
  // Whether it was looked for servers of this class at all.
  bool looked_for(PublicClass in) const { return asked_for_kinds || in <= PublicClass::kUntrusted; }
};

// Only what was proved: that a server which we called, at the address that DNS has for the domain,
// failed by a rule that is the same for everybody. `probed`: null if there are no probes; of them
// come the classes about kinds of keys.
PublicList public_list(const DomainFacts& domains, const ProbedKeys* probed = nullptr);

// The sentences below the list, which say how it was made and what is not on it.
std::vector<std::string> public_notes(const LogReader& log, const PublicList& list);
// "Seen from ... to ..."
std::string public_dates(const LogReader& log);

}  // namespace portcullis::report
