#include "proxy/net/srv_order.h"

#include <algorithm>

namespace portcullis::net {
namespace {

struct Entry {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  SrvTarget target;
};

bool same(const SrvTarget& a, const SrvTarget& b) {
  return a.host == b.host && a.port == b.port && a.entry == b.entry;
}

// RFC 2782: records of weight 0 come first, so that they have a small chance beside others.
bool comes_before(const Entry& a, const Entry& b) {
  if (a.priority != b.priority) return a.priority < b.priority;
  return a.weight == 0 && b.weight != 0;
}

// The index, counted from `begin`, of the record whose running sum of weights reaches the number.
std::size_t pick(std::vector<Entry>::const_iterator begin, std::vector<Entry>::const_iterator end,
                 const RandomUpTo& random) {
  std::uint64_t total = 0;
  for (auto at = begin; at != end; ++at) total += at->weight;
  const std::uint64_t chosen = random(total);
  std::uint64_t running = 0;
  for (auto at = begin; at != end; ++at) {
    running += at->weight;
    if (running >= chosen) return static_cast<std::size_t>(at - begin);
  }
  return 0;
}

std::vector<SrvTarget> in_order(std::vector<Entry> entries, std::size_t max_targets,
                                const RandomUpTo& random) {
  std::stable_sort(entries.begin(), entries.end(), comes_before);
  std::vector<SrvTarget> out;
  while (!entries.empty() && out.size() < max_targets) {
    const auto priority = entries.front().priority;
    const auto group_end =
        std::find_if(entries.cbegin(), entries.cend(),
                     [priority](const Entry& entry) { return entry.priority != priority; });
    const auto chosen =
        entries.begin() + static_cast<std::ptrdiff_t>(pick(entries.cbegin(), group_end, random));
    const SrvTarget target = chosen->target;
    entries.erase(chosen);
    const bool known = std::any_of(out.begin(), out.end(),
                                   [&](const SrvTarget& other) { return same(other, target); });
    if (!known) out.push_back(target);
  }
  return out;
}

}  // namespace

SrvPlan order_srv(const std::vector<SrvAnswer>& answers, std::size_t max_targets,
                  const RandomUpTo& random) {
  std::vector<Entry> entries;
  bool failed = false;
  bool unreadable = false;
  bool refused = false;
  for (const SrvAnswer& answer : answers) {
    const bool has_records = answer.outcome == SrvAnswer::Outcome::kRecords;
    failed |= answer.outcome == SrvAnswer::Outcome::kFailed;
    // If no record can be read, the zone has a defect. It does not say that there is no service,
    // and as there are records, the domain's own addresses are not for XMPP.
    unreadable |= has_records && answer.records.empty();
    for (const SrvRecord& record : answer.records) {
      refused |= !record.target.has_value();
      if (record.target)
        entries.push_back(
            {record.priority, record.weight, {*record.target, record.port, answer.entry}});
    }
  }
  if (!entries.empty())
    return {SrvPlan::Verdict::kTargets, in_order(std::move(entries), max_targets, random)};
  if (unreadable || (refused && failed)) return {SrvPlan::Verdict::kFailed, {}};
  if (refused) return {SrvPlan::Verdict::kNoService, {}};
  return {failed ? SrvPlan::Verdict::kUnsure : SrvPlan::Verdict::kFallback, {}};
}

}  // namespace portcullis::net
