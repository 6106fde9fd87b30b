#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "policy/reasons/reason.h"
#include "proxy/base/stream_kind.h"
#include "proxy/report/decision_line.h"

namespace portcullis::report {

enum class Group : std::uint8_t {
  kAccepted,
  kWouldReject,  // observe mode let it through
  kRejected,
  kExcepted,
  kNotThePeer,  // refused, but not through a fault of the remote server
};
inline constexpr std::size_t kGroupCount = 5;

struct RowKey {
  Group group;
  StreamKind kind;     // s2s only
  std::string domain;  // see remote_domain
  std::optional<policy::Reason> reason;

  bool operator<(const RowKey& other) const {
    return std::tie(group, kind, domain, reason) <
           std::tie(other.group, other.kind, other.domain, other.reason);
  }
};

// How many streams, and the times of the first and the last one that has a time.
struct Row {
  std::uint64_t streams = 0;
  std::optional<std::chrono::sys_seconds> first;
  std::optional<std::chrono::sys_seconds> last;

  void add(std::optional<std::chrono::sys_seconds> time, std::uint64_t count = 1);
  void merge(const Row& other);
};

// The remote domain of a line, as A-labels; "" if the line has none. What is not a domain name is
// returned in quotes, cut at 64 octets, with '?' for everything that is not printable ASCII.
std::string remote_domain(const DecisionLine& line);

// Sums up any number of decisions in bounded memory. Totals are exact. There are at most `max_rows`
// rows by domain for each group and direction; streams of other domains are counted in further().
// The directions are separate, so that strangers cannot fill the table with names that they claim
// and leave no room for the servers to which we connect.
class Tally {
 public:
  static constexpr std::size_t kMaxRows = 10'000;

  explicit Tally(std::size_t max_rows = kMaxRows) : max_rows_(max_rows) {}

  void add(const DecisionLine& line);

  const std::map<RowKey, Row>& rows() const { return rows_; }
  // By reason, for both directions together. Exact.
  const std::map<std::pair<Group, std::optional<policy::Reason>>, Row>& reasons() const {
    return reasons_;
  }
  std::uint64_t streams(Group group) const { return sums_[index(group)].streams; }
  // How many streams of `group` have no row.
  std::uint64_t further(Group group) const;
  // How many different domains the rows of `group` have.
  std::size_t domains(Group group) const;
  const Row& all() const { return all_; }
  std::uint64_t client_streams() const { return client_streams_; }

 private:
  static std::size_t index(Group group) { return static_cast<std::size_t>(group); }

  std::size_t max_rows_;
  std::map<RowKey, Row> rows_;
  std::map<std::pair<Group, std::optional<policy::Reason>>, Row> reasons_;
  std::array<Row, kGroupCount> sums_{};
  std::array<std::array<std::size_t, 2>, kGroupCount> row_counts_{};
  std::array<std::uint64_t, kGroupCount> further_{};
  Row all_;
  std::uint64_t client_streams_ = 0;
};

}  // namespace portcullis::report
