#include "proxy/report/tally.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "proxy/base/domain_name.h"

namespace portcullis::report {
namespace {

constexpr std::size_t kMaxOddName = 64;

Group group_of(const DecisionLine& line) {
  switch (line.verdict) {
    case policy::Verdict::kAccepted:
      return Group::kAccepted;
    case policy::Verdict::kExcepted:
      return Group::kExcepted;
    case policy::Verdict::kWouldReject:
    case policy::Verdict::kRejected:
      break;
  }
  if (policy::fault_of(*line.reason, line.kind) != policy::Fault::kPeer) return Group::kNotThePeer;
  return line.verdict == policy::Verdict::kRejected ? Group::kRejected : Group::kWouldReject;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, kMaxOddName)) out += c >= 0x20 && c <= 0x7e ? c : '?';
  if (text.size() > kMaxOddName) out += "...";
  return out + '"';
}

}  // namespace

void Row::add(std::optional<std::chrono::sys_seconds> time, std::uint64_t count) {
  streams += count;
  if (!time) return;
  first = first ? std::min(*first, *time) : *time;
  last = last ? std::max(*last, *time) : *time;
}

void Row::merge(const Row& other) {
  add(other.first, other.streams);
  add(other.last, 0);
}

std::string remote_domain(const DecisionLine& line) {
  const std::string& text = line.kind == StreamKind::kS2sOutbound ? line.to : line.from;
  if (text.empty()) return {};
  const auto domain = DomainName::parse(text);
  return domain ? domain->a_label() : in_quotes(text);
}

void Tally::add(const DecisionLine& line) {
  if (line.kind == StreamKind::kC2s) {
    ++client_streams_;
    return;
  }
  const Group group = group_of(line);
  all_.add(line.time);
  sums_[index(group)].add(line.time);
  reasons_[{group, line.reason}].add(line.time);

  RowKey key{group, line.kind, remote_domain(line), line.reason};
  const auto row = rows_.find(key);
  if (row != rows_.end()) {
    row->second.add(line.time);
    return;
  }
  auto& count = row_counts_[index(group)][line.kind == StreamKind::kS2sOutbound ? 1 : 0];
  if (count >= max_rows_) {
    ++further_[index(group)];
    return;
  }
  ++count;
  rows_[std::move(key)].add(line.time);
}

std::uint64_t Tally::further(Group group) const {
  return further_[index(group)];
}

std::size_t Tally::domains(Group group) const {
  std::set<std::string_view> names;
  for (const auto& [key, row] : rows_)
    if (key.group == group) names.insert(key.domain);
  return names.size();
}

}  // namespace portcullis::report
