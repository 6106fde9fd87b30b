#include "proxy/report/published.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "proxy/report/wording.h"

namespace portcullis::report {
namespace {

using policy::Reason;

constexpr std::string_view kAddEcdsa =
    "Install a certificate with an ECDSA key beside the one with an RSA key, and reload the "
    "server.";
constexpr std::string_view kAddRsa =
    "Install a certificate with an RSA key beside the one with an ECDSA key, and reload the "
    "server.";

// What the failure says about the encryption of a server that we have called. Some failures say
// nothing about it for certain: who offers us no SASL EXTERNAL may know dialback only, or may not
// trust our certificate; pins and revocation lists are agreed on this side.
std::optional<PublicClass> class_of(Reason reason) {
  if (reason == Reason::kExternalNotOffered || reason == Reason::kPinMismatch ||
      reason == Reason::kRevocationUnknown)
    return std::nullopt;
  switch (policy::info(reason).published) {
    case policy::PublishedClass::kNone:
      return std::nullopt;
    case policy::PublishedClass::kUntrustedCertificate:
      return PublicClass::kUntrusted;
    case policy::PublishedClass::kDialbackOnly:
      return PublicClass::kDialbackOnly;
  }
  return std::nullopt;
}

using ByClass = std::map<PublicClass, PublicEntry>;

// Adds the failures that can be published; returns whether there were some before the domain was
// accepted.
bool add_failures(const Facts& facts, ByClass& classes) {
  bool recovered = false;
  for (const auto* const failures : {&facts.refused, &facts.excepted})
    for (const auto& [reason, row] : *failures) {
      const auto in = class_of(reason);
      if (!in) continue;
      if (facts.accepted_after(row)) {
        recovered = true;
        continue;
      }
      auto& entry = classes[*in];
      entry.reasons[reason].merge(row);
      entry.sum.merge(row);
    }
  return recovered;
}

bool fails(const Facts& facts) {
  ByClass classes;
  add_failures(facts, classes);
  return !classes.empty();
}

void add_advice(PublicEntry& entry) {
  for (const auto& [reason, row] : entry.reasons)
    entry.advice.push_back(policy::info(reason).remote);
}

void add(const std::string& domain, const Facts& facts, PublicList& list) {
  ByClass classes;
  const bool recovered = add_failures(facts, classes);
  if (classes.empty()) {
    if (recovered) ++list.recovered;
    if (facts.refused.contains(Reason::kExternalNotOffered)) ++list.unaccepted;
    return;
  }
  auto& [in, entry] = *classes.begin();  // the worst
  entry.domain = domain;
  add_advice(entry);
  list.classes[static_cast<std::size_t>(in)].push_back(std::move(entry));
}

std::uint64_t failing(const DomainFacts& domains, Proof proof) {
  const auto& all = domains.domains(proof);
  return static_cast<std::uint64_t>(std::count_if(all.begin(), all.end(), [&](const auto& one) {
    return fails(one.second) && domains.find(Proof::kProved, one.first) == nullptr;
  }));
}

void add_kinds(const ProbedKeys& probed, PublicList& list) {
  list.asked_for_kinds = true;
  list.further_probes = probed.further();
  std::set<std::string> listed;
  for (const auto& entries : list.classes)
    for (const auto& entry : entries) listed.insert(entry.domain);
  for (const auto& [domain, known] : probed.domains()) {
    if (known.contradicting) {
      ++list.contradicting;
    } else if (known.kinds == KeyKinds::kUnproved) {
      ++list.unclear;
    } else if (known.kinds != KeyKinds::kBoth && !listed.contains(domain)) {
      const bool rsa = known.kinds == KeyKinds::kOnlyRsa;
      PublicEntry entry;
      entry.domain = domain;
      entry.advice.push_back(rsa ? kAddEcdsa : kAddRsa);
      const auto in = rsa ? PublicClass::kOnlyRsa : PublicClass::kOnlyEcdsa;
      list.classes[static_cast<std::size_t>(in)].push_back(std::move(entry));
    }
  }
}

}  // namespace

PublicList public_list(const DomainFacts& domains, const ProbedKeys* probed) {
  PublicList list;
  for (const auto& [domain, facts] : domains.domains(Proof::kProved)) add(domain, facts, list);
  list.claimed = failing(domains, Proof::kClaimed);
  list.unproved = failing(domains, Proof::kCalled);
  list.further = domains.further(Proof::kProved);
  if (probed != nullptr) add_kinds(*probed, list);
  return list;
}

std::string public_dates(const LogReader& log) {
  const auto& all = log.tally().all();
  if (!all.first) return "The log contains no times.";
  return fmt::format("Seen from {} to {}.", timestamp(*all.first), timestamp(*all.last));
}

std::vector<std::string> public_notes(const LogReader& log, const PublicList& list) {
  std::vector<std::string> notes{
      "Listed is who was called, at the address that DNS has for the domain, and failed there by "
      "rules that are the same for everybody. Who was accepted after the last failure is not "
      "listed. Each domain is listed once, in its worst class."};
  const auto add = [&notes](std::uint64_t count, std::string_view one, std::string_view more,
                            std::string_view why) {
    if (count > 0)
      notes.push_back(fmt::format("{} not listed: {}.", counted(count, one, more), why));
  };
  add(list.claimed, "domain that failed is", "domains that failed are",
      "a server came and said that it was the domain's, which anybody can say");
  add(list.unproved, "domain that failed is", "domains that failed are",
      "it was called by a proxy or judged by a rule of its own, or the log does not say how it was "
      "found");
  add(list.unaccepted, "domain is", "domains are",
      "it offered no SASL EXTERNAL, which may be because of the certificate on this side");
  add(list.recovered, "domain is", "domains are", "it was accepted after its last failure");
  if (!list.asked_for_kinds)
    notes.emplace_back(
        "Which servers have a certificate of one kind of key only, RSA or ECDSA, was not asked.");
  else
    notes.emplace_back(
        "With a certificate of one kind of key only is listed who answered so at every address, "
        "and "
        "refused the handshake there when the other kind was asked for (`portcullis probe`).");
  add(list.unclear, "probed domain is", "probed domains are",
      "an address of it was not reached, or did not say for certain which kinds of keys it has");
  add(list.contradicting, "probed domain is", "probed domains are",
      "its probes contradict each other");
  add(list.further, "stream of another domain is", "streams of other domains are",
      "there are too many domains");
  add(list.further_probes, "probe of another domain is", "probes of other domains are",
      "there are too many domains");
  add(log.counts().unreadable, "decision of the log is", "decisions of the log are",
      "it could not be read");
  return notes;
}

}  // namespace portcullis::report
