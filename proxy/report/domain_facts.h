#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/model/spki_pin.h"
#include "policy/reasons/reason.h"
#include "proxy/report/decision_line.h"
#include "proxy/report/tally.h"

namespace portcullis::report {

// How far a decision says something about the server of the domain that it names.
enum class Proof : std::uint8_t {
  kProved,   // we called the server that DNS names for it, and judged it as we judge everybody
  kCalled,   // we called it; but by a proxy, or by a rule of its own, or the log does not say how
  kClaimed,  // it came to us and said that it is the domain's server, which anybody can say
};
inline constexpr std::size_t kProofCount = 3;

// A key that was shown by a server that was refused.
struct ShownKey {
  policy::SpkiPin key;
  std::optional<std::chrono::sys_seconds> last;  // when it was shown
};

// What was decided about one domain, from decisions of one kind of proof.
struct Facts {
  static constexpr std::size_t kMostKeys = 4;

  std::map<policy::Reason, Row> refused;   // or would be refused by `enforce`
  std::map<policy::Reason, Row> excepted;  // let through by an exception
  std::map<policy::Reason, Row> also;      // what else was wrong when it was refused
  std::vector<ShownKey> keys;              // shown when it was refused, in the order of the log
  bool more_keys = false;                  // than kMostKeys
  bool below_tls12 = false;                // refused with a version that no exception waives
  std::optional<std::chrono::sys_seconds> accepted;  // the last time

  // Whether the domain was accepted after `row`.
  bool accepted_after(const Row& row) const { return row.last && accepted > row.last; }
  bool accepted_after(const ShownKey& key) const { return key.last && accepted > key.last; }
};

// What the decisions of a log say about each domain, in bounded memory. The kinds of proof are
// separate, so that strangers who claim names leave room for the servers to which we connect. Only
// valid domain names are kept, and only faults of the other server.
class DomainFacts {
 public:
  static constexpr std::size_t kMaxDomains = 10'000;  // of each kind

  explicit DomainFacts(std::size_t max_domains = kMaxDomains) : max_domains_(max_domains) {}

  void add(const DecisionLine& line);

  const std::map<std::string, Facts>& domains(Proof proof) const {
    return domains_[static_cast<std::size_t>(proof)];
  }
  const Facts* find(Proof proof, const std::string& domain) const;
  // How many streams were of domains for which there was no room.
  std::uint64_t further(Proof proof) const { return further_[static_cast<std::size_t>(proof)]; }

 private:
  Facts* facts_of(Proof proof, const std::string& domain);

  std::size_t max_domains_;
  std::array<std::map<std::string, Facts>, kProofCount> domains_;
  std::array<std::uint64_t, kProofCount> further_{};
};

}  // namespace portcullis::report
