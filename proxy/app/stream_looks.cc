#include "proxy/app/stream_looks.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <tuple>
#include <utility>

#include "proxy/base/domain_name.h"
#include "proxy/relay/bridge.h"

namespace portcullis::app {
namespace {

using relay::Bridge;
using relay::StreamFacts;

bool is_meant(const StreamFacts& facts, const std::string& target) {
  return target.empty() || facts.id == target || facts.from == target || facts.to == target ||
         facts.host == target;
}

using CountKey =
    std::tuple<StreamKind, std::string, std::optional<TlsVersion>, std::optional<Authentication>>;
using Counts = std::map<CountKey, std::size_t>;

CountKey key_of(const StreamFacts& facts) {
  if (!facts.established) return {facts.kind, {}, std::nullopt, std::nullopt};
  return {facts.kind, facts.host, facts.shown.tls, facts.how};
}

CountKey key_of(const status::StreamCount& count) {
  return {count.kind, count.host, count.tls, count.auth};
}

std::vector<status::StreamCount> listed(const Counts& counts) {
  std::vector<status::StreamCount> all;
  for (const auto& [key, streams] : counts)
    all.push_back(
        {std::get<0>(key), std::get<1>(key), std::get<2>(key), std::get<3>(key), streams});
  return all;
}

void keep_newest(std::vector<status::StreamRow>& rows, std::size_t most) {
  std::sort(rows.begin(), rows.end(), [](const auto& one, const auto& other) {
    return std::pair(one.established, one.number) > std::pair(other.established, other.number);
  });
  if (rows.size() > most) rows.resize(most);
}

}  // namespace

Result<std::string> stream_target(std::string_view given) {
  const auto domain = DomainName::parse(given);
  if (!domain)
    return fail("\"" + policy::printable(given, 80) +
                "\" is neither the id of a stream nor a domain");
  return domain->a_label();
}

StreamLook look_at(const relay::StreamSet& streams, const StreamWish& wish) {
  StreamLook look;
  Counts counts;
  // Strangers who say nothing come after all that are established.
  std::vector<std::pair<bool, std::uint64_t>> meant;
  streams.look_at_each([&](const Bridge& bridge) {
    const auto& one = bridge.operators();
    ++counts[key_of(one.facts())];
    if (is_meant(one.facts(), wish.target))
      meant.emplace_back(one.facts().established, one.number());
  });
  look.counts = listed(counts);
  look.matching = meant.size();
  // Rows are only made of those that are wanted.
  const auto kept = std::min(wish.most, meant.size());
  std::partial_sort(meant.begin(), meant.begin() + static_cast<std::ptrdiff_t>(kept), meant.end(),
                    std::greater<>());
  meant.resize(kept);
  for (const auto& [established, number] : meant)
    streams.look_at(number,
                    [&](const Bridge& bridge) { look.rows.push_back(bridge.operators().row()); });
  return look;
}

std::size_t close_streams(relay::StreamSet& streams, const std::string& target,
                          const policy::Refusal& why) {
  std::size_t ended = 0;
  streams.for_each([&](Bridge& bridge) {
    auto& one = bridge.operators();
    if (one.facts().ending || !is_meant(one.facts(), target)) return;
    ++ended;
    one.close(why);
  });
  return ended;
}

StreamLook joined(std::vector<std::optional<StreamLook>> parts, std::size_t most) {
  StreamLook all;
  Counts counts;
  for (auto& part : parts) {
    if (!part) continue;
    for (const auto& count : part->counts) counts[key_of(count)] += count.streams;
    all.matching += part->matching;
    std::move(part->rows.begin(), part->rows.end(), std::back_inserter(all.rows));
  }
  all.counts = listed(counts);
  keep_newest(all.rows, most);
  return all;
}

}  // namespace portcullis::app
