// Unit tests of the survey of a domain in DNS, against a real dnsmasq.

#include "proxy/net/domain_survey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "tests/unit/net/dnsmasq.h"
#include "tests/unit/net/harness.h"

namespace portcullis::net {
namespace {

using policy::Reason;
using test::Dnsmasq;
using test::run_until;
using test::SilentServer;

std::vector<std::string> zone() {
  std::vector<std::string> records{
      "--srv-host=_xmpp-server._tcp.both.example,a.both.example,5269,10,1",
      "--srv-host=_xmpp-server._tcp.both.example,b.both.example,5269,20,0",
      "--srv-host=_xmpps-server._tcp.both.example,a.both.example,5270,5,0",
      "--srv-host=_xmpp-client._tcp.both.example,c.both.example,5222",
      "--host-record=a.both.example,192.0.2.1,2001:db8::1",
      "--host-record=c.both.example,192.0.2.3",
      "--host-record=fallback.example,192.0.2.7",
      "--srv-host=_xmpp-server._tcp.none.example",
      "--host-record=none.example,192.0.2.9",
      "--srv-host=_xmpp-server._tcp.dangling.example,nowhere.example,5269",
      "--srv-host=_xmpp-server._tcp.crowd.example,wide.example,5269",
      "--server=/broken.example/127.0.0.1#1",
  };
  for (int i = 0; i < 20; ++i) {
    records.push_back("--srv-host=_xmpp-server._tcp.many.example,t" + std::to_string(i) +
                      ".many.example,5269," + std::to_string(i));
    records.push_back("--host-record=wide.example,192.0.2." + std::to_string(100 + i));
  }
  return records;
}

class DomainSurveyTest : public ::testing::Test {
 protected:
  DomainSurveyTest() : dnsmasq_(zone()) {}
  void SetUp() override {
    ASSERT_TRUE(dnsmasq_.running()) << "dnsmasq-base is needed: " << dnsmasq_.output();
  }

  DomainRecords survey(const std::string& domain, Clientele clientele = Clientele::kServers) {
    return survey_at({*DomainName::parse(domain), clientele, {dnsmasq_.endpoint()}});
  }
  DomainRecords survey_at(SurveyQuestion question) {
    std::optional<DomainRecords> found;
    const auto lookup = survey_domain(loop_, std::move(question),
                                      [&](DomainRecords records) { found = std::move(records); });
    EXPECT_TRUE(lookup) << lookup.error().message;
    EXPECT_FALSE(found.has_value()) << "called before survey_domain returned";
    EXPECT_TRUE(run_until(loop_, [&] { return found.has_value(); }));
    return std::move(found).value_or(DomainRecords());
  }
  static std::vector<std::string> targets(const DomainRecords& records) {
    std::vector<std::string> texts;
    for (const auto& target : records.targets)
      texts.push_back(target.host.a_label() + ":" + std::to_string(target.port) + " " +
                      std::string(name(target.entry)));
    return texts;
  }

  Dnsmasq dnsmasq_;
  Loop loop_;
};

using Texts = std::vector<std::string>;

TEST_F(DomainSurveyTest, TellsBothServicesAndAllTargetsInTheirOrder) {
  const auto found = survey("both.example");
  ASSERT_EQ(found.services.size(), 2U);
  EXPECT_EQ(found.services[0].asked.name, "_xmpps-server._tcp.both.example");
  EXPECT_EQ(found.services[0].asked.status, "records");
  EXPECT_EQ(found.services[1].records.size(), 2U);
  EXPECT_EQ(found.services[1].records[0].priority, 10);
  EXPECT_EQ(found.services[1].records[0].weight, 1);
  EXPECT_EQ(targets(found), (Texts{"a.both.example:5270 direct", "a.both.example:5269 starttls",
                                   "b.both.example:5269 starttls"}));
  ASSERT_EQ(found.targets[0].addresses.size(), 2U);
  EXPECT_EQ(found.targets[0].addresses[0].text(), "[2001:db8::1]:5270");
  EXPECT_EQ(found.targets[0].addresses[1].text(), "192.0.2.1:5270");
  EXPECT_TRUE(found.targets[2].addresses.empty());
  EXPECT_FALSE(found.refusal);
  EXPECT_EQ(found.found_by, FoundBy::kSrv);
}

TEST_F(DomainSurveyTest, AsksForTheServersOfClients) {
  EXPECT_EQ(targets(survey("both.example", Clientele::kClients)),
            Texts{"c.both.example:5222 starttls"});
}

TEST_F(DomainSurveyTest, FallsBackToTheDomainItself) {
  auto found = survey("fallback.example");
  EXPECT_EQ(found.found_by, FoundBy::kFallback);
  EXPECT_EQ(targets(found), Texts{"fallback.example:5269 starttls"});
  found = survey("fallback.example", Clientele::kClients);
  EXPECT_EQ(targets(found), Texts{"fallback.example:5222 starttls"});
}

TEST_F(DomainSurveyTest, SaysThatThereIsNoService) {
  const auto found = survey("none.example");
  EXPECT_TRUE(found.targets.empty());
  ASSERT_TRUE(found.refusal);
  EXPECT_EQ(found.refusal->reason, Reason::kNoSuchService);
  EXPECT_FALSE(found.services[1].records.at(0).target);
}

TEST_F(DomainSurveyTest, SaysThatThereIsNoSuchName) {
  const auto found = survey("nobody.example");
  ASSERT_TRUE(found.refusal);
  EXPECT_EQ(found.refusal->reason, Reason::kNoSuchService);
  EXPECT_EQ(found.services[0].asked.status, "NXDOMAIN");
  EXPECT_TRUE(found.targets.at(0).addresses.empty());
}

TEST_F(DomainSurveyTest, SaysThatATargetHasNoAddress) {
  const auto found = survey("dangling.example");
  ASSERT_TRUE(found.refusal);
  EXPECT_EQ(found.refusal->reason, Reason::kNoSuchService);
  EXPECT_EQ(found.targets.at(0).v4.status, "NXDOMAIN");
}

TEST_F(DomainSurveyTest, SaysThatNobodyCouldTell) {
  const auto found = survey_at({*DomainName::parse("x.broken.example"),
                                Clientele::kServers,
                                {dnsmasq_.endpoint()},
                                {},
                                std::chrono::seconds(3)});
  ASSERT_TRUE(found.refusal);
  EXPECT_EQ(found.refusal->reason, Reason::kDnsFailed);
  EXPECT_TRUE(found.services[0].asked.failed);
}

TEST_F(DomainSurveyTest, EndsInTimeWhenNobodyAnswers) {
  const SilentServer silent;
  const auto found = survey_at({*DomainName::parse("both.example"),
                                Clientele::kServers,
                                {silent.endpoint()},
                                {},
                                std::chrono::milliseconds(300)});
  ASSERT_TRUE(found.refusal);
  EXPECT_EQ(found.refusal->reason, Reason::kDnsFailed);
  EXPECT_EQ(found.services[0].asked.status, "no answer");
  EXPECT_THAT(policy::at_home(*found.refusal, {StreamKind::kS2sOutbound}),
              testing::HasSubstr("; the resolver asked is " + silent.endpoint().text() +
                                 ", by servers of [dns]."));
  EXPECT_THAT(found.refusal->text, testing::Not(testing::HasSubstr("resolver")));
}

TEST_F(DomainSurveyTest, KeepsSoManyTargetsAndAddressesOnly) {
  const auto many = survey("many.example");
  EXPECT_EQ(many.targets.size(), 16U);
  EXPECT_EQ(many.services[1].records.size(), 20U);
  EXPECT_EQ(survey("crowd.example").targets.at(0).addresses.size(), 8U);
}

TEST_F(DomainSurveyTest, ValidatesNothingWithoutATrustAnchor) {
  const auto found = survey("both.example");
  EXPECT_EQ(found.services[0].asked.is_signed.verdict, DnsSigned::Verdict::kUnchecked);
  EXPECT_TRUE(found.targets[0].tlsa_asked.name.empty());
}

TEST_F(DomainSurveyTest, RefusesAFileThatHoldsNoTrustAnchor) {
  const auto lookup = survey_domain(
      loop_, {*DomainName::parse("a.example"), Clientele::kServers, {}, "/nowhere.key"},
      [](const DomainRecords&) { ADD_FAILURE(); });
  ASSERT_FALSE(lookup);
  EXPECT_NE(lookup.error().message.find("/nowhere.key"), std::string::npos);
}

TEST_F(DomainSurveyTest, IsCancelledWhenItIsDestroyed) {
  const SilentServer silent;
  {
    const auto lookup = survey_domain(loop_,
                                      {*DomainName::parse("both.example"),
                                       Clientele::kServers,
                                       {silent.endpoint()},
                                       {},
                                       std::chrono::milliseconds(1)},
                                      [](const DomainRecords&) { ADD_FAILURE(); });
  }
  const auto after = loop_.now() + std::chrono::milliseconds(50);
  EXPECT_TRUE(run_until(loop_, [&] { return loop_.now() >= after; }));
}

// ---- TLSA

TEST(TlsaRdata, IsReadAsItStandsInAZone) {
  const auto record = parse_tlsa_rdata(std::string("\x03\x01\x01\xab\x00\xff", 6));
  ASSERT_TRUE(record);
  EXPECT_EQ(text(*record), "3 1 1 ab00ff");
}

TEST(TlsaRdata, IsRefusedWithoutData) {
  for (const auto* const octets : {"", "\x03", "\x03\x01", "\x03\x01\x01"})
    EXPECT_FALSE(parse_tlsa_rdata(octets));
}

TEST(TlsaRdata, IsCutWhereAWholeCertificateStands) {
  const auto record = parse_tlsa_rdata("\x03\x01\x02" + std::string(2000, 'x'));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->data.size(), 128U);
}

}  // namespace
}  // namespace portcullis::net
