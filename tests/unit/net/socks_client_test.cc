#include "proxy/net/socks_client.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace portcullis::net {
namespace {

using namespace std::string_literals;

const std::string kName = "peer.example";
const std::string kGreeting = "\x05\x02\x00\x02"s;
const std::string kLogin = "\x01\x0aportcullis\x0cpeer.example"s;
const std::string kRequest = "\x05\x01\x00\x03\x0cpeer.example\x14\x95"s;

const std::string kNoLogin = "\x05\x00"s;
const std::string kByName = "\x05\x02"s;
const std::string kLoggedIn = "\x01\x00"s;
const std::string kDone = "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"s;  // as Tor says it

// What comes of answers that come in pieces of so many octets, each answer after what it is to:
// what was said, and then "connected", "waits", or whose fault it is and why.
std::vector<std::string> play(const std::vector<std::string>& answers, std::size_t piece) {
  SocksClient client({DomainName::parse(kName).value(), 5269});
  std::vector<std::string> heard;
  for (const auto& answer : answers)
    for (std::size_t at = 0; at < answer.size(); at += piece) {
      const auto step = client.take(std::string_view(answer).substr(at, piece));
      if (const auto* const says = std::get_if<SocksSays>(&step)) {
        heard.push_back(says->octets);
      } else if (const auto* const failed = std::get_if<SocksFailed>(&step)) {
        heard.push_back((failed->by == SocksFailed::By::kPeer ? "peer: " : "proxy: ") +
                        failed->detail);
        return heard;
      } else if (std::holds_alternative<SocksConnected>(step)) {
        heard.push_back("connected");
        return heard;
      }
    }
  heard.push_back("waits");
  return heard;
}

void expect(const std::vector<std::string>& answers, const std::vector<std::string>& expected) {
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{1000}})
    EXPECT_EQ(play(answers, piece), expected) << piece;
}

TEST(SocksClient, OffersBothWaysToLogIn) {
  EXPECT_EQ(SocksClient::greeting(), kGreeting);
}

TEST(SocksClient, AsksForTheNameAsItIs) {
  expect({kNoLogin, kDone}, {kRequest, "connected"});
}

TEST(SocksClient, LogsInByTheNameIfItIsAsked) {
  expect({kByName, kLoggedIn, kDone}, {kLogin, kRequest, "connected"});
}

TEST(SocksClient, ReadsAReplyWithEveryKindOfAddress) {
  expect({kNoLogin, "\x05\x00\x00\x04"s + std::string(16, 'x') + "\x01\x02"s},
         {kRequest, "connected"});
  expect({kNoLogin, "\x05\x00\x00\x03\x03"s + "abc\x01\x02"}, {kRequest, "connected"});
  expect({kNoLogin, "\x05\x00\x00\x03\x00\x01\x02"s}, {kRequest, "connected"});
  const auto longest = "\x05\x00\x00\x03\xff"s + std::string(255, 'x') + "\x01\x02"s;
  EXPECT_EQ(longest.size(), SocksClient::kLongestReply);
  expect({kNoLogin, longest}, {kRequest, "connected"});
}

TEST(SocksClient, WaitsForTheRest) {
  expect({"\x05"s}, {"waits"});
  expect({kByName, "\x01"s}, {kLogin, "waits"});
  for (std::size_t size = 0; size < kDone.size(); ++size)
    expect({kNoLogin, kDone.substr(0, size)}, {kRequest, "waits"});
  const auto named = "\x05\x00\x00\x03\x03"s + "abc\x01\x02";
  for (std::size_t size = 0; size < named.size(); ++size)
    expect({kNoLogin, named.substr(0, size)}, {kRequest, "waits"});
}

// ---- What goes wrong

TEST(SocksClient, HasASentenceForEveryCode) {
  const std::vector<std::pair<char, std::string>> codes{
      {'\x01', "proxy: it says that it failed, without a reason (0x01)"},
      {'\x02', "proxy: its rules do not allow the connection (0x02)"},
      {'\x03', "peer: it says that the network cannot be reached (0x03)"},
      {'\x04', "peer: it says that the host cannot be reached (0x04)"},
      {'\x05', "peer: it says that the connection was refused (0x05)"},
      {'\x06', "peer: it says that the time was over (0x06)"},
      {'\x07', "proxy: it does not know the command to connect (0x07)"},
      {'\x08', "proxy: it takes no names (0x08)"},
      {'\x09', "proxy: it answered with 0x09, which no such proxy says"},
      {'\xef', "proxy: it answered with 0xef, which no such proxy says"},
      {'\xf0', "peer: it says that no descriptor of the onion service was found (0xf0)"},
      {'\xf1', "peer: it says that the descriptor of the onion service is invalid (0xf1)"},
      {'\xf2', "peer: it says that the onion service could not be introduced to (0xf2)"},
      {'\xf3', "peer: it says that the onion service did not come to the rendezvous (0xf3)"},
      {'\xf4', "proxy: the onion service demands an authorization that it has not (0xf4)"},
      {'\xf5', "proxy: the onion service does not accept its authorization (0xf5)"},
      {'\xf6', "peer: it says that the address is that of no onion service (0xf6)"},
      {'\xf7', "peer: it says that introducing to the onion service took too long (0xf7)"},
      {'\xf8', "proxy: it answered with 0xf8, which no such proxy says"},
      {'\xff', "proxy: it answered with 0xff, which no such proxy says"}};
  for (const auto& [code, sentence] : codes) {
    expect({kNoLogin, "\x05"s + code + "\x00\x01\x00\x00\x00\x00\x00\x00"s}, {kRequest, sentence});
    expect({kNoLogin, "\x05"s + code}, {kRequest, sentence});
  }
}

TEST(SocksClient, NoticesThatItIsNoSocksProxy) {
  expect({"HTTP/1.1 400 Bad Request\r\n"}, {"proxy: it is no SOCKS5 proxy: it begins with 0x48"});
  expect({"\x04\x5a"s}, {"proxy: it is no SOCKS5 proxy: it begins with 0x04"});
  expect({kNoLogin, "\x04\x00\x00\x01"s},
         {kRequest, "proxy: it is no SOCKS5 proxy: it begins with 0x04"});
  expect({kByName, "\x05\x00"s}, {kLogin, "proxy: its answer to the login begins with 0x05"});
}

TEST(SocksClient, TakesNoWayToLogInThatItDidNotOffer) {
  expect({"\x05\xff"s}, {"proxy: it takes neither connections without a login nor ours"});
  expect({"\x05\x01"s}, {"proxy: it chose a way to log in that it was not offered: 0x01"});
  expect({kByName, "\x01\x01"s}, {kLogin, "proxy: it refused the login"});
}

TEST(SocksClient, TakesNoOddReply) {
  expect({kNoLogin, "\x05\x00\x01\x01"s},
         {kRequest, "proxy: the reserved octet of its reply is 0x01"});
  for (const char kind : "\x00\x02\x05\xff"s)
    EXPECT_EQ(play({kNoLogin, "\x05\x00\x00"s + kind}, 100).back().substr(0, 56),
              "proxy: its reply holds an address of the unknown kind 0x");
}

// No proxy says anything unasked, and no XMPP server speaks first.
TEST(SocksClient, TakesNothingBehindAnAnswer) {
  const std::string kMore = "proxy: it said more than it was asked for";
  EXPECT_EQ(play({kNoLogin + kDone}, 1000), std::vector{kMore});
  EXPECT_EQ(play({kByName + kLoggedIn}, 1000), std::vector{kMore});
  EXPECT_EQ(play({kByName, kLoggedIn + kDone}, 1000), (std::vector{kLogin, kMore}));
  EXPECT_EQ(play({kNoLogin, kDone + "<stream:stream"}, 1000), (std::vector{kRequest, kMore}));
  EXPECT_EQ(play({kNoLogin, kDone + std::string(1 << 20, 'x')}, std::size_t{1} << 21),
            (std::vector{kRequest, kMore}));
  const auto named = "\x05\x00\x00\x03\xff"s + std::string(1 << 20, 'x');
  EXPECT_EQ(play({kNoLogin, named}, std::size_t{1} << 21), (std::vector{kRequest, kMore}));
}

TEST(SocksClient, KnowsForWhomItWaits) {
  SocksClient client({DomainName::parse(kName).value(), 5269});
  EXPECT_FALSE(client.is_with_peer());
  EXPECT_EQ(client.left().by, SocksFailed::By::kProxy);
  EXPECT_EQ(client.left().detail, "it closed the connection before it took the request");
  client.take(kByName);
  EXPECT_FALSE(client.is_with_peer());
  client.take(kLoggedIn);
  EXPECT_TRUE(client.is_with_peer());
  EXPECT_EQ(client.left().by, SocksFailed::By::kPeer);
  EXPECT_EQ(client.left().detail, "it closed the connection while it called the domain");
}

TEST(SocksClient, IsOverAfterItsEnd) {
  SocksClient client({DomainName::parse(kName).value(), 5269});
  client.take("x");
  EXPECT_TRUE(std::holds_alternative<SocksFailed>(client.take(kNoLogin)));
  EXPECT_FALSE(client.is_with_peer());
}

}  // namespace
}  // namespace portcullis::net
