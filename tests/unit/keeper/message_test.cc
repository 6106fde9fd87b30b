#include "proxy/keeper/message.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace portcullis::keeper {
namespace {

DomainName domain(const char* text) {
  return DomainName::parse(text).value();
}

TEST(KeeperMessage, RequestsArriveAsTheyWereSent) {
  const auto served = decode_request(encode(Request(Served{domain("a.example")})).value());
  ASSERT_TRUE(served);
  EXPECT_EQ(std::get<Served>(*served).domain, domain("a.example"));

  const auto load = decode_request(encode(Request(Load{"/var/lib/ca"})).value());
  ASSERT_TRUE(load);
  EXPECT_EQ(std::get<Load>(*load).directory, "/var/lib/ca");

  const std::string key("\x01\x00\xff", 3);
  const auto mint = decode_request(encode(Request(Mint{key, domain("b.example")})).value());
  ASSERT_TRUE(mint);
  EXPECT_EQ(std::get<Mint>(*mint).leaf_key, key);
  EXPECT_EQ(std::get<Mint>(*mint).remote, domain("b.example"));
}

TEST(KeeperMessage, AnswersArriveAsTheyWereSent) {
  const auto certificate = decode_answer(encode(Answer(Certificate{"der"})).value());
  ASSERT_TRUE(certificate);
  EXPECT_EQ(std::get<Certificate>(*certificate).der, "der");
  const auto refused = decode_answer(encode(Answer(Refused{"no"})).value());
  ASSERT_TRUE(refused);
  EXPECT_EQ(std::get<Refused>(*refused).why, "no");
}

TEST(KeeperMessage, BoundsHoldForTheSender) {
  EXPECT_FALSE(encode(Request(Load{""})));
  EXPECT_FALSE(encode(Request(Load{std::string(5000, 'a')})));
  EXPECT_FALSE(encode(Request(Mint{"", domain("a.example")})));
  EXPECT_FALSE(encode(Request(Mint{std::string(200, 'k'), domain("a.example")})));
  EXPECT_FALSE(encode(Answer(Certificate{""})));
  EXPECT_FALSE(encode(Answer(Certificate{std::string(kMaxAnswer, 'c')})));
  EXPECT_TRUE(decode_answer(encode(Answer(Refused{std::string(100'000, 'x')})).value()));
  EXPECT_FALSE(encode(Answer(Loaded{"", "no seccomp"})));
  EXPECT_FALSE(encode(Answer(Loaded{"der", std::string("no\0seccomp", 10)})));
  EXPECT_FALSE(encode(Answer(Loaded{std::string(kMaxAnswer - 1, 'c'), ""})));
  EXPECT_TRUE(decode_answer(encode(Answer(Loaded{"der", std::string(100'000, 'x')})).value()));
}

TEST(KeeperMessage, ALoadedCaComesWithWhatIsNotConfined) {
  using std::string_literals::operator""s;
  for (const std::string& why : {""s, "this kernel has no Landlock"s}) {
    const auto answer = decode_answer(encode(Answer(Loaded{"de\0r"s, why})).value());
    ASSERT_TRUE(answer);
    EXPECT_EQ(std::get<Loaded>(*answer).certificate, "de\0r"s);
    EXPECT_EQ(std::get<Loaded>(*answer).unconfined, why);
  }
}

TEST(KeeperMessage, NothingElseIsARequest) {
  using std::string_literals::operator""s;
  const std::vector<std::string> wrong{
      "",
      "X",
      "S",                       // no domain
      "SA.example",              // another spelling than a DomainName has
      "Sa.example\n",            //
      "S*.example",              //
      "Sa.example\0b.example"s,  //
      "L",                       // no folder
      "L/ca\0/other"s,           //
      "L" + std::string(4097, 'a'),
      "M",
      "M\0a.example"s,                  // no key
      "M\x03key"s,                      // no domain
      "M\x20key a.example"s,            // the key is longer than the message
      "M\x03keyA.example"s,             //
      "M\xff" + std::string(300, 'k'),  // a key that is too long
      "S" + std::string(kMaxRequest, 'a'),
  };
  for (const auto& message : wrong) EXPECT_FALSE(decode_request(message)) << message;
}

TEST(KeeperMessage, NothingElseIsAnAnswer) {
  using std::string_literals::operator""s;
  const std::vector<std::string> wrong{"",
                                       "C",
                                       "R",
                                       "Xder",
                                       "R" + std::string(2000, 'x'),
                                       "C" + std::string(kMaxAnswer, 'x'),
                                       "D",
                                       "Dtext",     // it does not end
                                       "D\0"s,      // no certificate
                                       "Dtext\0"s,  //
                                       "D" + std::string(2000, 'x') + "\0der"s};
  for (const auto& message : wrong) EXPECT_FALSE(decode_answer(message)) << message.substr(0, 9);
}

}  // namespace
}  // namespace portcullis::keeper
