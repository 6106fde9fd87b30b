#include <cstdlib>
#include <string>

#include "proxy/net/dns_answers.h"
#include "proxy/net/dns_message.h"
#include "proxy/net/dns_name.h"

namespace {

using namespace portcullis;
using namespace portcullis::net;

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_query(std::string_view message) {
  return std::holds_alternative<DnsQuery>(read_query(message));
}

// A query is read whole or not at all.
void check_query(std::string_view message, const DnsQuery& query) {
  require(query.id == id_of(message));
  require(query.question.name.size() <= kMaxDnsName && query.question.name.back() == '\0');
  std::size_t octets = 1;
  for (const auto label : labels_of(query.question.name)) octets += 1 + label.size();
  require(octets == query.question.name.size());
  for (std::size_t size = 0; size < message.size(); ++size)
    require(!is_query(message.substr(0, size)));
  require(!is_query(std::string(message) + '\0'));
}

void check_reply(std::string_view message, const DnsReply& reply, std::size_t room) {
  require(reply.message.size() <= room);
  if (reply.message.empty()) return;
  require(id_of(reply.message) == id_of(message));
  require(is_answer_to(reply.message, message) == is_query(message));
  // Two responders would otherwise answer each other for ever.
  require(std::holds_alternative<NoDnsQuery>(read_query(reply.message)));
}

void check_replies(std::string_view message, const DnsCapture& capture) {
  const auto by_udp = reply_to_query(message, capture, DnsTransport::kUdp);
  const auto by_tcp = reply_to_query(message, capture, DnsTransport::kTcp);
  check_reply(message, by_udp, kUdpDnsMessage);
  check_reply(message, by_tcp, kTcpDnsMessage);
  require(by_udp.outcome == by_tcp.outcome);
  if (by_udp.outcome != DnsOutcome::kForwarded) return;
  require(capture.forwards && is_query(message) && by_udp.message.empty());
  require(is_answer_to(reply_for_lost(message), message));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const auto read = read_query(message);
  if (const auto* query = std::get_if<DnsQuery>(&read)) check_query(message, *query);
  DnsCapture capture{{*SocketAddress::from(Endpoint{"127.0.0.2", 5269})}, false};
  check_replies(message, capture);
  for (int i = 0; i < 20; ++i)
    capture.targets.push_back(*SocketAddress::from(Endpoint{"2001:db8::1", 5269}));
  capture.forwards = true;
  check_replies(message, capture);
  // An answer of a resolver, to a query that is its first half.
  is_answer_to(message.substr(size / 2), message.substr(0, size / 2));
  return 0;
}
