#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <vector>

#include "proxy/report/report.h"
#include "proxy/report/wording.h"

namespace portcullis::report {
namespace {

struct Section {
  Group group;
  std::string_view summary;
  std::string_view title;
};
constexpr std::array kSections{
    Section{Group::kWouldReject, "would be refused if mode were \"enforce\"",
            "Would be refused if mode were \"enforce\""},
    Section{Group::kRejected, "refused", "Refused already"},
    Section{Group::kExcepted, "let through by an exception", "Let through by an exception"},
    Section{Group::kNotThePeer, "refused for no fault of the other server",
            "Not the other server's fault: look at your own side, or at DNS and network"},
};

template <class Key>
using Entry = const std::pair<const Key, Row>*;

// The most frequent ones first; equally frequent ones stay in the order of the map.
template <class Key>
std::vector<Entry<Key>> most_frequent(const std::map<Key, Row>& rows, auto&& is_wanted) {
  std::vector<Entry<Key>> found;
  for (const auto& entry : rows)
    if (is_wanted(entry.first)) found.push_back(&entry);
  std::stable_sort(found.begin(), found.end(), [](const auto* a, const auto* b) {
    return a->second.streams > b->second.streams;
  });
  return found;
}

template <class... Arguments>
void print(std::string& out, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Arguments>(arguments)...);
}

std::size_t domains_with(const Tally& tally, Group group, policy::Reason reason) {
  std::set<std::string_view> names;
  for (const auto& [key, row] : tally.rows())
    if (key.group == group && key.reason == reason) names.insert(key.domain);
  return names.size();
}

void by_reason(std::string& out, const Tally& tally, Group group) {
  print(out, "\n  {:>10}  {:>8}  {:<20}  {:<20}  {}\n", "streams", "domains", "first seen",
        "last seen", "reason");
  const bool cut = tally.further(group) > 0;
  for (const auto* entry :
       most_frequent(tally.reasons(), [&](const auto& key) { return key.first == group; })) {
    const auto& [key, row] = *entry;
    const auto domains = domains_with(tally, group, *key.second);
    print(out, "  {:>10}  {:>8}  {:<20}  {:<20}  {}\n", row.streams,
          fmt::format("{}{}", domains, cut ? "+" : ""), timestamp_or_dash(row.first),
          timestamp_or_dash(row.last), policy::id(*key.second));
  }
}

void by_domain(std::string& out, const Tally& tally, Group group) {
  print(out, "\n  {:>10}  {:<20}  {:<20}  {:<3}  {:<24}  {}\n", "streams", "first seen",
        "last seen", "way", "reason", "domain");
  for (const auto* entry :
       most_frequent(tally.rows(), [&](const RowKey& key) { return key.group == group; })) {
    const auto& [key, row] = *entry;
    print(out, "  {:>10}  {:<20}  {:<20}  {:<3}  {:<24}  {}\n", row.streams,
          timestamp_or_dash(row.first), timestamp_or_dash(row.last), direction(key.kind),
          policy::id(*key.reason), shown_domain(key.domain));
  }
  if (const auto more = tally.further(group); more > 0)
    print(out, "  and {} of other domains, which are too many to list\n",
          counted(more, "stream", "streams"));
}

void section(std::string& out, const Tally& tally, const Section& section, Breakdown by) {
  const auto streams = tally.streams(section.group);
  if (streams == 0) return;
  print(out, "\n{}: {}, {}{}\n", section.title, counted(streams, "stream", "streams"),
        tally.further(section.group) > 0 ? "at least " : "",
        counted(tally.domains(section.group), "domain", "domains"));
  if (by != Breakdown::kDomain) by_reason(out, tally, section.group);
  if (by != Breakdown::kReason) by_domain(out, tally, section.group);
}

void notes(std::string& out, const LogReader& log, Breakdown by) {
  const auto& counts = log.counts();
  out += '\n';
  if (by != Breakdown::kReason && log.tally().all().streams > 0)
    out +=
        "Way: the domain of an \"in\" stream is only what the other side claimed;\n"
        "an \"out\" stream went to the server that DNS names for the domain.\n";
  if (counts.unreadable > 0)
    print(out, "{} could not be read: cut off, damaged or of another version.\n",
          counted(counts.unreadable, "decision", "decisions"));
  if (counts.older > 0)
    print(out, "{} left out: older than --since.\n",
          counted(counts.older, "decision is", "decisions are"));
  if (log.options().since && counts.undated > 0)
    print(out, "{} no time, so --since could not be applied.\n",
          counted(counts.undated, "decision has", "decisions have"));
  if (const auto clients = log.tally().client_streams(); clients > 0)
    print(out, "{} not listed: this is about servers.\n",
          counted(clients, "client stream is", "client streams are"));
}

}  // namespace

std::string text_report(const LogReader& log, Breakdown by) {
  const auto& tally = log.tally();
  std::string out;
  if (tally.all().streams == 0) {
    print(out, "No decision about a server-to-server stream in {}.\n",
          counted(log.counts().lines, "line", "lines"));
  } else {
    print(out, "{} about server-to-server streams",
          counted(tally.all().streams, "decision", "decisions"));
    if (tally.all().first)
      print(out, ", {} to {}", timestamp(*tally.all().first), timestamp(*tally.all().last));
    print(out, "\n{:>12} accepted\n", tally.streams(Group::kAccepted));
    for (const auto& part : kSections)
      print(out, "{:>12} {}\n", tally.streams(part.group), part.summary);
    for (const auto& part : kSections) section(out, tally, part, by);
  }
  notes(out, log, by);
  return out;
}

}  // namespace portcullis::report
