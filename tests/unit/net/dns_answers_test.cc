#include "proxy/net/dns_answers.h"

#include <gtest/gtest.h>

#include "proxy/net/dns_message.h"
#include "tests/unit/net/dns_wire.h"

namespace portcullis::net {
namespace {

using namespace test;

SocketAddress at(const std::string& host, std::uint16_t port) {
  return *SocketAddress::from(Endpoint{host, port});
}

DnsCapture one_target(bool forwards = false) {
  return {{at("127.0.0.2", 5269)}, forwards};
}

DnsReply ask(const std::string& message, const DnsCapture& capture = one_target(),
             DnsTransport transport = DnsTransport::kUdp) {
  return reply_to_query(message, capture, transport);
}

constexpr unsigned kAnswered = 0x8580;  // response, authoritative, RD, RA
constexpr unsigned kNoSuchName = 0x8583;
constexpr unsigned kRefusal = 0x8185;

std::string record(const std::string& owner, unsigned type, const std::string& rdata) {
  return owner + two(type) + two(1) + two(0) + two(60) + two(static_cast<unsigned>(rdata.size())) +
         rdata;
}

std::string srv(unsigned priority, unsigned port, const std::string& target) {
  return record("\xc0\x0c"s, kSrv, two(priority) + two(0) + two(port) + wire(target));
}

std::string soa(const std::string& owner, const std::string& host = "127.0.0.2") {
  return record(owner, kSoa,
                wire(host) + wire("nobody.invalid") + two(0) + two(1) + two(0) + two(3600) +
                    two(0) + two(1200) + two(9) + two(14976) + two(0) + two(60));
}

void expect_refused(const std::string& name, unsigned type) {
  const auto reply = ask(query(name, type));
  EXPECT_EQ(reply.outcome, DnsOutcome::kRefused) << name;
  EXPECT_EQ(reply.message, header(kRefusal) + question(name, type)) << name;
}

TEST(DnsCapture, LeadsEveryServerToTheGate) {
  for (const std::string name : {"peer.example", "a", "x.y.z.example", "xn--bcher-kva.example",
                                 "127.0.0.2", "_tcp", "_xmpp-server._tcp.peer.example"}) {
    const auto asked = "_xmpp-server._tcp." + name;
    const auto reply = ask(query(asked, kSrv));
    EXPECT_EQ(reply.outcome, DnsOutcome::kCaptured);
    EXPECT_EQ(reply.message,
              header(kAnswered, 1, 1) + question(asked, kSrv) + srv(0, 5269, "127.0.0.2"));
  }
}

TEST(DnsCapture, KeepsTheCaseOfTheQuestion) {
  const std::string asked = "_XMPP-Server._TCP.pEEr.example";
  EXPECT_EQ(ask(query(asked, kSrv)).message,
            header(kAnswered, 1, 1) + question(asked, kSrv) + srv(0, 5269, "127.0.0.2"));
}

TEST(DnsCapture, NamesEachListenerInOrder) {
  const DnsCapture capture{{at("127.0.0.2", 15269), at("::1", 5279)}, false};
  const std::string asked = "_xmpp-server._tcp.peer.example";
  EXPECT_EQ(ask(query(asked, kSrv), capture).message,
            header(kAnswered, 1, 2) + question(asked, kSrv) + srv(0, 15269, "127.0.0.2") +
                srv(1, 5279, "::1"));
  EXPECT_EQ(ask(query("::1", kAaaa), capture).message,
            header(kAnswered, 1, 1) + question("::1", kAaaa) +
                record("\xc0\x0c"s, kAaaa, std::string(15, '\0') + "\1"s));
}

// "_xmpp-server._tcp.peer.example" exists, but has no such record.
TEST(DnsCapture, HasNoOtherRecordsOfAServer) {
  for (const unsigned type : {kA, kAaaa, kTxt, kTlsa}) {
    const std::string asked = "_xmpp-server._tcp.peer.example";
    EXPECT_EQ(ask(query(asked, type)).message,
              header(kAnswered, 1, 0, 1) + question(asked, type) + soa("\xc0\x19"s));
  }
  EXPECT_EQ(ask(query("_xmpp-server._tcp.peer.example", kAny)).message.substr(6, 2), two(1));
}

TEST(DnsCapture, HidesWhatLeadsAroundTheGate) {
  for (const std::string service : {"_xmpps-server", "_XMPPS-SERVER", "_jabber"})
    for (const unsigned type : {kSrv, kA, kAny}) {
      const auto asked = service + "._tcp.peer.example";
      const auto zone = "\xc0"s + static_cast<char>(13 + service.size());
      const auto reply = ask(query(asked, type), one_target(true));
      EXPECT_EQ(reply.outcome, DnsOutcome::kNone);
      EXPECT_EQ(reply.message, header(kNoSuchName, 1, 0, 1) + question(asked, type) + soa(zone));
    }
}

TEST(DnsCapture, KnowsTheAddressOfATarget) {
  const auto reply = ask(query("127.0.0.2", kA));
  EXPECT_EQ(reply.outcome, DnsOutcome::kAddress);
  EXPECT_EQ(reply.message, header(kAnswered, 1, 1) + question("127.0.0.2", kA) +
                               record("\xc0\x0c"s, kA, "\x7f\0\0\2"s));
  EXPECT_EQ(ask(query("127.0.0.2", kAaaa)).message,
            header(kAnswered, 1, 0, 1) + question("127.0.0.2", kAaaa) + soa("\xc0\x0c"s));
  const std::string below = "_5269._tcp.127.0.0.2";
  EXPECT_EQ(ask(query(below, kTlsa)).message,
            header(kNoSuchName, 1, 0, 1) + question(below, kTlsa) + soa("\xc0\x17"s));
}

TEST(DnsCapture, RefusesOrForwardsEverythingElse) {
  for (const std::string name :
       {"peer.example", "_xmpp-client._tcp.peer.example", "_xmpp-server._udp.peer.example",
        "_tcp.peer.example", "_xmpp-server._tcp", "_xmpps-server._tcp", "_xmpp-server.peer.example",
        "x._xmpp-server._tcp.peer.example", "_xmpp-servers._tcp.peer.example",
        "_xmpp-serve._tcp.peer.example", "127.0.0.3", "0.0.2", "127.0.0.2.example", ""})
    for (const unsigned type : {kA, kSrv, kPtr, kAny}) {
      expect_refused(name, type);
      const auto reply = ask(query(name, type), one_target(true));
      EXPECT_EQ(reply.outcome, DnsOutcome::kForwarded);
      EXPECT_EQ(reply.message, "");
    }
}

// RFC 7686. Servers there are found at the gate, as all others.
TEST(DnsCapture, AsksNobodyForAnOnionService) {
  for (const bool forwards : {false, true})
    for (const auto& [name, zone] : std::vector<std::pair<std::string, std::string>>{
             {"onion", "\xc0\x0c"},
             {"abc.onion", "\xc0\x10"},
             {"_xmpp-client._tcp.abc.onion", "\xc0\x22"}}) {
      const auto reply = ask(query(name, kA), one_target(forwards));
      EXPECT_EQ(reply.outcome, DnsOutcome::kNone) << name;
      EXPECT_EQ(reply.message, header(kNoSuchName, 1, 0, 1) + question(name, kA) + soa(zone));
    }
  EXPECT_EQ(ask(query("abc.ONION", kA), one_target(true)).outcome, DnsOutcome::kNone);
  EXPECT_EQ(ask(query("onion.example", kA), one_target(true)).outcome, DnsOutcome::kForwarded);
  EXPECT_EQ(ask(query("_xmpp-server._tcp.abc.onion", kSrv), one_target(true)).outcome,
            DnsOutcome::kCaptured);
}

TEST(DnsCapture, OtherClassesAreOtherNames) {
  const auto chaos = header(kRd) + question("_xmpp-server._tcp.peer.example", kSrv, 3);
  EXPECT_EQ(ask(chaos).outcome, DnsOutcome::kRefused);
  EXPECT_EQ(ask(chaos, one_target(true)).outcome, DnsOutcome::kForwarded);
}

TEST(DnsCapture, AnswersMalformedMessages) {
  const auto whole = query("_xmpp-server._tcp.peer.example", kSrv);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto reply = ask(whole.substr(0, size), one_target(true));
    EXPECT_EQ(reply.outcome, DnsOutcome::kMalformed);
    EXPECT_EQ(reply.message, size < 12 ? "" : header(0x8181, 0)) << size;
  }
  EXPECT_EQ(ask(header(0x2900) + question("a", kSoa)).message, header(0xa984, 0));
  const auto response = header(0x8180) + question("_xmpp-server._tcp.peer.example", kSrv);
  EXPECT_EQ(ask(response).message, "");
}

TEST(DnsCapture, AnswersEdns) {
  const std::string asked = "_xmpp-server._tcp.peer.example";
  EXPECT_EQ(ask(edns_query(asked, kSrv, opt(4096, 0x8000))).message,
            header(kAnswered, 1, 1, 0, 1) + question(asked, kSrv) + srv(0, 5269, "127.0.0.2") +
                opt(1232, 0x8000));
  const auto later = ask(edns_query(asked, kSrv, opt(4096, 0, 1)), one_target(true));
  EXPECT_EQ(later.outcome, DnsOutcome::kMalformed);
  auto record = opt(1232);
  record[5] = '\1';
  EXPECT_EQ(later.message, header(0x8180, 1, 0, 0, 1) + question(asked, kSrv) + record);
}

TEST(DnsCapture, TruncatesOverUdpOnly) {
  DnsCapture capture;
  for (int i = 1; i <= 16; ++i) capture.targets.push_back(at("127.0.0." + std::to_string(i), 5269));
  const std::string asked = "_xmpp-server._tcp.peer.example";
  constexpr unsigned kCut = kAnswered | 0x0200;
  EXPECT_EQ(ask(query(asked, kSrv), capture).message, header(kCut) + question(asked, kSrv));
  EXPECT_EQ(ask(edns_query(asked, kSrv, opt(0)), capture).message,
            header(kCut, 1, 0, 0, 1) + question(asked, kSrv) + opt(1232));
  EXPECT_EQ(ask(edns_query(asked, kSrv, opt(1232)), capture).message.substr(2, 6),
            two(kAnswered) + two(1) + two(16));
  EXPECT_EQ(ask(query(asked, kSrv), capture, DnsTransport::kTcp).message.substr(2, 6),
            two(kAnswered) + two(1) + two(16));
}

TEST(DnsCapture, OneTargetFitsForEveryName) {
  std::string name = "_xmpp-server._tcp";
  while (name.size() < 250) name += ".a";
  const auto reply = ask(query(name, kSrv));
  EXPECT_LE(reply.message.size(), kPlainDnsMessage);
  EXPECT_EQ(reply.message.substr(2, 2), two(kAnswered));
}

TEST(DnsLost, IsAServerFailure) {
  EXPECT_EQ(reply_for_lost(edns_query("api.example", kA, opt(4096, 0x8000))),
            header(0x8182, 1, 0, 0, 1) + question("api.example", kA) + opt(1232, 0x8000));
  EXPECT_EQ(reply_for_lost("x"), "");
  EXPECT_EQ(reply_for_lost(header(0x8180) + question("api.example", kA)), "");
}

}  // namespace
}  // namespace portcullis::net
