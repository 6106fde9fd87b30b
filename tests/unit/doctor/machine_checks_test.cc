#include <chrono>

#include "tests/unit/doctor/checks_support.h"

namespace portcullis::doctor {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::chrono::sys_days kBuilt = std::chrono::year(2026) / 11 / 28;

class MachineChecks : public ::testing::Test {
 protected:
  policy::Config config_ = config_with_host();
  Report report_{config_};
};

OwnCertificate certificate(KeyType type, std::chrono::sys_seconds from,
                           std::chrono::sys_seconds until) {
  return {"host[0]", "a.example", "/etc/a.pem", type, from, until, false};
}

TEST_F(MachineChecks, OtherSettingsOfTheRunningGateAreTold) {
  for (const auto fine : {Settings::kNotAsked, Settings::kSame}) check_settings(fine, report_);
  EXPECT_THAT(ids_of(report_), IsEmpty());
  check_settings(Settings::kOther, report_);
  EXPECT_THAT(ids_of(report_), ElementsAre("other_settings"));
}

TEST_F(MachineChecks, SettingsThatCannotBeAskedForAreANote) {
  check_settings(Settings::kUnseen, report_);
  EXPECT_THAT(ids_of(report_), ElementsAre("files_unseen"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("could not be seen as this user; run with sudo"));
  EXPECT_EQ(report_.count(Severity::kNote), 1U);
}

TEST_F(MachineChecks, AClockThatIsRightIsNoFinding) {
  check_clock({kBuilt + 1h, kBuilt, true},
              {certificate(KeyType::kEcdsa, kBuilt - 24h, kBuilt + 240h)}, report_);
  EXPECT_THAT(ids_of(report_), IsEmpty());
}

TEST_F(MachineChecks, AClockBeforeTheBuildIsAnError) {
  check_clock({kBuilt - 1s, kBuilt, std::nullopt}, {}, report_);
  EXPECT_THAT(ids_of(report_), ElementsAre("clock_behind"));
  EXPECT_THAT(sentences_of(report_),
              HasSubstr("the clock says 2026-11-27, but this program was built on 2026-11-28"));
}

TEST_F(MachineChecks, AClockThatTheRunningGateDoubtsIsAWarning) {
  check_clock_at_work(true, report_);
  EXPECT_THAT(ids_of(report_), ElementsAre("clock_suspect"));
  EXPECT_EQ(report_.count(Severity::kWarning), 1U);
}

TEST_F(MachineChecks, AClockThatTheRunningGateDoesNotDoubtIsNoFinding) {
  check_clock_at_work(false, report_);
  EXPECT_THAT(ids_of(report_), IsEmpty());
}

TEST_F(MachineChecks, AClockThatNobodyKeepsIsANote) {
  check_clock({kBuilt, kBuilt, false}, {}, report_);
  EXPECT_THAT(ids_of(report_), ElementsAre("clock_unsynchronised"));
  EXPECT_EQ(report_.count(Severity::kError), 0U);
}

TEST_F(MachineChecks, CertificatesThatAreAllOutOfTimeSpeakOfTheClock) {
  const auto over = certificate(KeyType::kEcdsa, kBuilt - 240h, kBuilt - 24h);
  const auto early = certificate(KeyType::kRsa, kBuilt + 24h, kBuilt + 240h);
  check_clock({kBuilt, kBuilt, true}, {over, early}, report_);
  EXPECT_THAT(ids_of(report_), ElementsAre("certificates_out_of_time"));
}

TEST_F(MachineChecks, OneCertificateThatIsValidSpeaksForTheClock) {
  const auto over = certificate(KeyType::kEcdsa, kBuilt - 240h, kBuilt - 24h);
  const auto good = certificate(KeyType::kRsa, kBuilt - 24h, kBuilt + 240h);
  check_clock({kBuilt, kBuilt, true}, {over, good}, report_);
  EXPECT_THAT(ids_of(report_), IsEmpty());
}

TEST_F(MachineChecks, ACertificateIsOverInTheSecondInWhichItEnds) {
  check_clock({kBuilt, kBuilt, true}, {certificate(KeyType::kEcdsa, kBuilt - 24h, kBuilt)},
              report_);
  EXPECT_THAT(ids_of(report_), ElementsAre("certificates_out_of_time"));
}

TEST_F(MachineChecks, EcdsaAloneIsANoteAndWithRsaNone) {
  const auto ecdsa = certificate(KeyType::kEcdsa, kBuilt, kBuilt + 24h);
  auto rsa = certificate(KeyType::kRsa, kBuilt, kBuilt + 24h);
  check_certificates({ecdsa, rsa}, report_);
  EXPECT_THAT(ids_of(report_), IsEmpty());
  rsa.only_outgoing = true;
  check_certificates({ecdsa, rsa}, report_);
  EXPECT_THAT(ids_of(report_), ElementsAre("only_ecdsa"));
}

TEST_F(MachineChecks, DescriptorsOfTheGateAreComparedWithTheLimits) {
  check_limits({1000, 1000, true, ""}, report_);
  EXPECT_THAT(ids_of(report_), IsEmpty());
  check_limits({1001, 1000, true, ""}, report_);
  EXPECT_THAT(ids_of(report_), ElementsAre("few_descriptors"));
}

TEST_F(MachineChecks, DescriptorsOfAGateThatDoesNotRunAreNotGuessed) {
  check_limits({1000, std::nullopt, false, ""}, report_);
  EXPECT_THAT(ids_of(report_), ElementsAre("descriptors_unknown"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("not known until it runs"));
}

TEST_F(MachineChecks, TooMuchMemoryIsToldInTheWordsOfItsOwn) {
  check_limits({1, 1, true, "limits.memory is more than the machine has"}, report_);
  EXPECT_THAT(ids_of(report_), ElementsAre("memory_exceeded"));
}

TEST_F(MachineChecks, ClientsOfOneAddressAreToldOnlyNearItsLimit) {
  check_clients(ClientFacts{60, 100, 100}, report_);
  EXPECT_THAT(ids_of(report_), ElementsAre("one_address"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("60 of 100 connections"));
}

TEST_F(MachineChecks, ManyAddressesOrFewClientsAreNoFinding) {
  check_clients(ClientFacts{60, 121, 100}, report_);  // not most
  check_clients(ClientFacts{3, 4, 100}, report_);     // far from the limit
  check_clients(ClientFacts{0, 0, 0}, report_);
  EXPECT_THAT(ids_of(report_), IsEmpty());
}

TEST_F(MachineChecks, WithoutAGateClientsAreNotGuessed) {
  check_clients(std::nullopt, report_);
  EXPECT_THAT(ids_of(report_), ElementsAre("clients_unseen"));
}

}  // namespace
}  // namespace portcullis::doctor
