#include "proxy/net/dns_answers.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "proxy/base/octets.h"
#include "proxy/net/dns_message.h"
#include "proxy/net/dns_name.h"

namespace portcullis::net {
namespace {

// Short, because an operator who ends the capture expects the backend to notice.
constexpr std::uint32_t kTtl = 60;
constexpr std::size_t kV4Octets = 4;

std::string number(std::uint32_t value, std::size_t octets) {
  std::string out;
  append_number(out, value, octets);
  return out;
}

// Never too long for a name: it is an address.
std::string name_of(const SocketAddress& target) {
  return wire_name(target.host()).value_or("");
}

std::string address_octets(const SocketAddress& target) {
  const in6_addr address = target.as_v6();
  const std::string all(reinterpret_cast<const char*>(&address), sizeof address);
  return target.is_v6() ? all : all.substr(all.size() - kV4Octets);
}

bool asks_for(const DnsQuestion& question, RecordType type) {
  return question.type == type || question.type == RecordType::kAny;
}

// RFC 2782. The priorities keep the order of the configuration.
std::vector<DnsRecord> server_records(const DnsQuestion& question, const DnsCapture& capture) {
  std::vector<DnsRecord> records;
  std::uint32_t priority = 0;
  for (const auto& target : capture.targets)
    records.push_back(
        {question.name, RecordType::kSrv, kTtl,
         number(priority++, 2) + number(0, 2) + number(target.port(), 2) + name_of(target)});
  return records;
}

// Of a zone that holds nothing but what is said here. It makes the asker remember that there is no
// such record, for kTtl and no longer (RFC 2308 section 5).
DnsRecord zone_record(std::string zone, const DnsCapture& capture) {
  constexpr std::uint32_t kSerial = 1;
  constexpr std::uint32_t kRefresh = 3'600;
  constexpr std::uint32_t kRetry = 1'200;
  constexpr std::uint32_t kExpire = 604'800;
  std::string rdata = name_of(capture.targets.front()) + wire_name("nobody.invalid").value_or("");
  for (const auto value : {kSerial, kRefresh, kRetry, kExpire, kTtl}) rdata += number(value, 4);
  return {std::move(zone), RecordType::kSoa, kTtl, std::move(rdata)};
}

// Without records it says that there are none, or no such name.
DnsResponse in_zone(std::string zone, std::vector<DnsRecord> records, Rcode rcode,
                    const DnsCapture& capture) {
  DnsResponse response{rcode, true, std::move(records), {}};
  if (response.answers.empty()) response.authority = {zone_record(std::move(zone), capture)};
  return response;
}

struct Answer {
  DnsOutcome outcome;
  DnsResponse response;
};

// Names by which servers find each other. Their zone begins with "_tcp".
std::optional<Answer> answer_service(const DnsQuestion& question, const DnsCapture& capture) {
  const auto labels = labels_of(question.name);
  constexpr std::size_t kServiceLabels = 2;
  if (labels.size() <= kServiceLabels || !same_name(labels[1], "_tcp")) return std::nullopt;
  auto zone = question.name.substr(1 + labels[0].size());
  if (same_name(labels[0], "_xmpp-server")) {
    std::vector<DnsRecord> records;
    if (asks_for(question, RecordType::kSrv)) records = server_records(question, capture);
    return Answer{DnsOutcome::kCaptured,
                  in_zone(std::move(zone), std::move(records), Rcode::kNoError, capture)};
  }
  if (!same_name(labels[0], "_xmpps-server") && !same_name(labels[0], "_jabber"))
    return std::nullopt;
  return Answer{DnsOutcome::kNone, in_zone(std::move(zone), {}, Rcode::kNoSuchName, capture)};
}

// The name of a target, or one below it, such as that of a TLSA record.
std::optional<Answer> answer_target(const DnsQuestion& question, const SocketAddress& target,
                                    const DnsCapture& capture) {
  const auto labels = labels_of(question.name);
  const auto zone = name_of(target);
  const auto zone_labels = labels_of(zone);
  if (labels.size() < zone_labels.size() ||
      !std::equal(zone_labels.rbegin(), zone_labels.rend(), labels.rbegin(), &same_name))
    return std::nullopt;
  if (labels.size() > zone_labels.size())
    return Answer{DnsOutcome::kNone, in_zone(zone, {}, Rcode::kNoSuchName, capture)};
  const auto type = target.is_v6() ? RecordType::kAaaa : RecordType::kA;
  std::vector<DnsRecord> records;
  if (asks_for(question, type)) records = {{question.name, type, kTtl, address_octets(target)}};
  return Answer{DnsOutcome::kAddress,
                in_zone(question.name, std::move(records), Rcode::kNoError, capture)};
}

// RFC 7686 section 2: nobody is asked for what is below .onion, and there is no such name.
std::optional<Answer> answer_onion(const DnsQuestion& question, const DnsCapture& capture) {
  const auto labels = labels_of(question.name);
  if (labels.empty() || !same_name(labels.back(), "onion")) return std::nullopt;
  auto zone = wire_name("onion").value_or("");
  return Answer{DnsOutcome::kNone, in_zone(std::move(zone), {}, Rcode::kNoSuchName, capture)};
}

std::optional<Answer> answer(const DnsQuery& query, const DnsCapture& capture) {
  const auto& question = query.question;
  if (query.edns && query.edns->version != 0)
    return Answer{DnsOutcome::kMalformed, {Rcode::kBadVersion, false, {}, {}}};
  if (question.record_class == kClassInternet) {
    if (auto found = answer_service(question, capture)) return found;
    for (const auto& target : capture.targets)
      if (auto found = answer_target(question, target, capture)) return found;
  }
  if (auto found = answer_onion(question, capture)) return found;
  if (capture.forwards) return std::nullopt;
  return Answer{DnsOutcome::kRefused, {Rcode::kRefused, false, {}, {}}};
}

// RFC 6891 section 6.2.3: less than 512 octets counts as 512.
std::size_t room_for(const DnsQuery& query, DnsTransport transport) {
  if (transport == DnsTransport::kTcp) return kTcpDnsMessage;
  const std::size_t asked = query.edns ? query.edns->udp_size : kPlainDnsMessage;
  return std::clamp(asked, kPlainDnsMessage, kUdpDnsMessage);
}

}  // namespace

DnsReply reply_to_query(std::string_view message, const DnsCapture& capture,
                        DnsTransport transport) {
  const auto read = read_query(message);
  if (const auto* fault = std::get_if<DnsFault>(&read))
    return {DnsOutcome::kMalformed, write_fault(*fault)};
  const auto* query = std::get_if<DnsQuery>(&read);
  if (query == nullptr) return {DnsOutcome::kMalformed, {}};
  const auto found = answer(*query, capture);
  if (!found) return {DnsOutcome::kForwarded, {}};
  return {found->outcome, write_response(*query, found->response, room_for(*query, transport))};
}

std::string reply_for_lost(std::string_view message) {
  const auto read = read_query(message);
  const auto* query = std::get_if<DnsQuery>(&read);
  if (query == nullptr) return {};
  return write_response(*query, {Rcode::kServerFailure, false, {}, {}}, kPlainDnsMessage);
}

}  // namespace portcullis::net
