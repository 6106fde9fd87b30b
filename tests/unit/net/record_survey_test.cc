#include "proxy/net/record_survey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/unit/net/dnsmasq.h"
#include "tests/unit/net/harness.h"

namespace portcullis::net {
namespace {

using test::Dnsmasq;
using test::run_until;
using test::SilentServer;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::vector<std::string> kZone{
    "--srv-host=_xmpp-client._tcp.a.example,xmpp.a.example,5222,10,0",
    "--srv-host=_xmpp-client._tcp.a.example,other.a.example,5223,20,0",
    "--srv-host=_xmpps-client._tcp.a.example",
    "--host-record=xmpp.a.example,192.0.2.1,2001:db8::1",
    "--host-record=a.example,192.0.2.7",
};

class RecordSurveyTest : public ::testing::Test {
 protected:
  std::optional<RecordSurvey::Answer> ask(const Endpoint& server, RecordSurvey::Question question,
                                          std::chrono::milliseconds at_most) {
    std::optional<RecordSurvey::Answer> answer;
    auto survey =
        RecordSurvey::begin(loop_, {server}, std::move(question), at_most,
                            [&answer](RecordSurvey::Answer found) { answer = std::move(found); });
    EXPECT_TRUE(survey);
    EXPECT_FALSE(answer) << "called before begin() returned";
    EXPECT_TRUE(run_until(loop_, [&answer] { return answer.has_value(); }));
    return answer;
  }
  Loop loop_;
};

TEST_F(RecordSurveyTest, HasRecordsAndTheAddressesOfAllTargets) {
  const Dnsmasq dnsmasq(kZone);
  ASSERT_TRUE(dnsmasq.running()) << dnsmasq.output();
  const auto answer = ask(dnsmasq.endpoint(),
                          {{"_xmpp-client._tcp.a.example", "_xmpps-client._tcp.a.example",
                            "_xmpp-server._tcp.b.example"},
                           {"a.example"}},
                          std::chrono::seconds(10));
  ASSERT_TRUE(answer);
  const auto& clients = answer->services.at("_xmpp-client._tcp.a.example");
  EXPECT_TRUE(clients.is_known);
  EXPECT_THAT(clients.records, SizeIs(2));
  const auto& denied = answer->services.at("_xmpps-client._tcp.a.example");
  ASSERT_THAT(denied.records, SizeIs(1));
  EXPECT_FALSE(denied.records[0].target);
  const auto& none = answer->services.at("_xmpp-server._tcp.b.example");
  EXPECT_TRUE(none.is_known);
  EXPECT_THAT(none.records, IsEmpty());
  EXPECT_THAT(answer->hosts.at("xmpp.a.example").addresses, SizeIs(2));
  EXPECT_TRUE(answer->hosts.at("other.a.example").is_known);
  EXPECT_THAT(answer->hosts.at("other.a.example").addresses, IsEmpty());
  EXPECT_EQ(answer->hosts.at("a.example").addresses.at(0).host(), "192.0.2.7");
}

TEST_F(RecordSurveyTest, TellsAddressesThatStandInPlaceOfNames) {
  const Dnsmasq dnsmasq({"--srv-host=_xmpp-server._tcp.a.example,192.0.2.9,5269,10,0"});
  ASSERT_TRUE(dnsmasq.running()) << dnsmasq.output();
  const auto answer =
      ask(dnsmasq.endpoint(), {{"_xmpp-server._tcp.a.example"}, {}}, std::chrono::seconds(10));
  ASSERT_TRUE(answer);
  const auto& service = answer->services.at("_xmpp-server._tcp.a.example");
  EXPECT_THAT(service.records, IsEmpty());
  ASSERT_THAT(service.literals, SizeIs(1));
  EXPECT_EQ(service.literals[0].text(), "192.0.2.9:5269");
}

TEST_F(RecordSurveyTest, EndsInTimeWhereNobodyAnswers) {
  const SilentServer silent;
  const auto answer = ask(silent.endpoint(), {{"_xmpp-client._tcp.a.example"}, {"a.example"}},
                          std::chrono::milliseconds(300));
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->services.at("_xmpp-client._tcp.a.example").is_known);
  EXPECT_EQ(answer->services.at("_xmpp-client._tcp.a.example").status, "no answer");
  EXPECT_EQ(answer->asked,
            "the resolver asked is " + silent.endpoint().text() + ", by servers of [dns]");
  EXPECT_THAT(answer->hosts, IsEmpty());
}

TEST_F(RecordSurveyTest, OfNothingIsNothing) {
  const SilentServer silent;
  const auto answer = ask(silent.endpoint(), {}, std::chrono::seconds(10));
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->services, IsEmpty());
}

TEST_F(RecordSurveyTest, AsksABoundedNumberOfNames) {
  const SilentServer silent;
  RecordSurvey::Question many;
  for (int i = 0; i < 1000; ++i) many.services.push_back("s" + std::to_string(i) + ".example");
  const auto answer = ask(silent.endpoint(), many, std::chrono::milliseconds(100));
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->services, SizeIs(RecordSurvey::kMostNames));
}

}  // namespace
}  // namespace portcullis::net
