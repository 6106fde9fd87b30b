#include <cstdlib>
#include <string>

#include "proxy/net/address_records.h"
#include "proxy/net/srv_order.h"
#include "proxy/net/srv_rdata.h"
#include "proxy/net/tlsa_rdata.h"

namespace {

using namespace portcullis;
using namespace portcullis::net;

constexpr std::size_t kMaxTargets = 16;

void require(bool condition) {
  if (!condition) std::abort();
}

// The input as a list of length-prefixed records, as an answer would hold them.
std::vector<std::string> split(std::string_view bytes) {
  std::vector<std::string> out;
  while (!bytes.empty()) {
    const std::size_t size = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    out.emplace_back(bytes.substr(0, size));
    bytes.remove_prefix(out.back().size());
  }
  return out;
}

void check_order(const std::vector<SrvRecord>& records, std::uint64_t seed) {
  const RandomUpTo random = [&seed](std::uint64_t bound) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return bound == 0 ? 0 : (seed >> 16) % (bound + 1);
  };
  SrvAnswer answer{TlsEntry::kStartTls, SrvAnswer::Outcome::kRecords, records};
  const SrvPlan plan = order_srv({answer}, kMaxTargets, random);
  require(plan.targets.size() <= kMaxTargets && plan.targets.size() <= records.size());
  require((plan.verdict == SrvPlan::Verdict::kTargets) == !plan.targets.empty());
  for (const SrvTarget& target : plan.targets) require(target.port != 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::vector<SrvRecord> records;
  DnsAnswer answer;
  answer.rdata = split(bytes);
  for (const std::string& rdata : answer.rdata) {
    if (const auto tlsa = parse_tlsa_rdata(rdata)) require(text(*tlsa).size() <= 3 * 4 + 128);
    const auto record = parse_srv_rdata(rdata);
    const auto literal = parse_srv_literal(rdata);
    require(!literal || !record);
    require(!literal || literal->port() != 0);
    if (!record) continue;
    if (record->target) {
      // What was read is a name that reads the same again.
      const auto again = DomainName::parse(record->target->a_label());
      require(again.has_value() && *again == *record->target);
    }
    records.push_back(*record);
  }
  check_order(records, size);
  for (const auto type : {DnsType::kA, DnsType::kAaaa})
    require(addresses_from(answer, type, 5269).size() <= answer.rdata.size());
  return 0;
}
