#include "tests/unit/doctor/checks_support.h"

namespace portcullis::doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Outcome = ServiceRecords::Outcome;
using Service = ServiceRecords::Service;
using Table = CaptureFacts::Table;
using Target = ServiceRecords::Target;

Target target(std::uint16_t port, std::vector<std::string> elsewhere,
              std::vector<std::string> here = {}) {
  Target found{.host = "xmpp.a.example", .port = port};
  for (const auto& one : elsewhere) found.addresses.push_back(address(one));
  for (const auto& one : here) {
    found.addresses.push_back(address(one));
    found.here.push_back(address(one));
  }
  return found;
}

class Records : public ::testing::Test {
 protected:
  Records() { name_.for_clients = false; }

  void has(Service service, std::vector<Target> targets) {
    name_.services.push_back(
        {service, targets.empty() ? Outcome::kNone : Outcome::kRecords, "", std::move(targets)});
  }
  std::vector<std::string_view> check() {
    check_records(config_, {name_}, report_);
    return ids_of(report_);
  }

  policy::Config config_ = config_with_host();
  Report report_{config_};
  NameRecords name_{.path = "host[0].domain", .name = domain("a.example")};
};

TEST_F(Records, ThatLeadHereAreFine) {
  has(Service::kServer, {target(5269, {}, {"192.0.2.1:1"})});
  has(Service::kServerDirect, {target(5270, {}, {"192.0.2.1:1"})});
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(Records, OfSeveralMachinesOneMayBeThisOne) {
  has(Service::kServer,
      {target(5269, {"198.51.100.1:1"}), target(5269, {"198.51.100.2:1"}, {"192.0.2.1:1"})});
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(Records, ThatLeadElsewhereAreToldWithTheirAddresses) {
  has(Service::kServer, {target(5269, {"198.51.100.1:1"})});
  EXPECT_THAT(check(), ElementsAre("records_lead_elsewhere"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("lead to 198.51.100.1"));
  EXPECT_EQ(report_.found().front().where.line, 5U);
}

TEST_F(Records, OfAnotherPortAreToldOnlyForThisMachine) {
  has(Service::kServer, {target(5299, {}, {"192.0.2.1:1"}), target(5298, {"198.51.100.1:1"})});
  EXPECT_THAT(check(), ElementsAre("record_of_wrong_port"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("port 5299"));
}

TEST_F(Records, OfDirectTlsNeedTheListenerForIt) {
  has(Service::kServer, {});
  has(Service::kServerDirect, {target(5269, {}, {"192.0.2.1:1"})});
  EXPECT_THAT(check(), ElementsAre("record_of_wrong_port"));
}

TEST_F(Records, ThatLeadToTheBackendAreAnError) {
  has(Service::kServer, {target(15269, {}, {"192.0.2.1:1"})});
  EXPECT_THAT(check(), ElementsAre("record_leads_to_backend"));
}

TEST_F(Records, ThatDenyTheServiceAreAnErrorAndForDirectTlsNone) {
  has(Service::kServer, {target(5269, {}, {"192.0.2.1:1"})});
  has(Service::kServerDirect, {Target{.denied = true}});
  EXPECT_THAT(check(), IsEmpty());
  name_.services.clear();
  has(Service::kServer, {Target{.denied = true}});
  EXPECT_THAT(check(), ElementsAre("service_denied"));
}

TEST_F(Records, WhoseTargetIsAnAddressAreToldAndFollowed) {
  auto literal = target(5269, {}, {"192.0.2.1:5269"});
  literal.is_literal = true;
  has(Service::kServer, {literal});
  EXPECT_THAT(check(), ElementsAre("target_is_no_name"));
}

TEST_F(Records, OfATargetWithoutAddressAreAnError) {
  has(Service::kServer, {target(5269, {})});
  EXPECT_THAT(check(), ElementsAre("target_without_address"));
}

TEST_F(Records, OfATargetThatCannotBeLookedUpAreNotKnown) {
  auto lost = target(5269, {});
  lost.is_known = false;
  has(Service::kServer, {lost});
  EXPECT_THAT(check(), ElementsAre("records_unknown"));
}

TEST_F(Records, ThatCannotBeLookedUpAreNotGuessed) {
  name_.services.push_back({Service::kServer, Outcome::kUnknown, "SERVFAIL", {}});
  EXPECT_THAT(check(), ElementsAre("records_unknown"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("SERVFAIL"));
}

TEST_F(Records, MayBeMissingWhereTheNameItselfLeadsHere) {
  has(Service::kServer, {});
  name_.own = target(0, {}, {"192.0.2.1:1"});
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(Records, MustNotBeMissingWhereTheGateHasNotTheUsualPort) {
  config_.listen.s2s = {{"::", 15000}};
  has(Service::kServer, {});
  name_.own = target(0, {}, {"192.0.2.1:1"});
  EXPECT_THAT(check(), ElementsAre("no_server_records"));
}

TEST_F(Records, MustNotBeMissingWhereTheNameHasNoAddress) {
  has(Service::kServer, {});
  EXPECT_THAT(check(), ElementsAre("no_server_records"));
}

TEST_F(Records, OfClientsAreAskedForApart) {
  name_.for_clients = true;
  has(Service::kServer, {target(5269, {}, {"192.0.2.1:1"})});
  has(Service::kClient, {target(5222, {}, {"192.0.2.1:1"})});
  EXPECT_THAT(check(), IsEmpty());
  name_.services.pop_back();
  has(Service::kClient, {target(15222, {}, {"192.0.2.1:1"})});
  EXPECT_THAT(check(), ElementsAre("record_leads_to_backend"));
}

TEST_F(Records, OfServersAreNotAskedForWhereNoneMayCome) {
  name_.for_servers = false;
  EXPECT_THAT(check(), IsEmpty());
}

class CaptureChecks : public ::testing::Test {
 protected:
  CaptureChecks() { config_.outbound.capture = policy::Capture::kDns; }
  std::vector<std::string_view> check() {
    check_capture(config_, capture_, gate_, report_);
    return ids_of(report_);
  }
  void answers(std::vector<std::string> addresses) {
    CaptureFacts::Answer answer{"outbound.dns[0]", {"127.0.0.3", 5353}, {}, "no answer"};
    for (const auto& one : addresses) answer.leads_to.push_back(address(one));
    capture_.answers.push_back(std::move(answer));
  }

  policy::Config config_ = config_with_host();
  Report report_{config_};
  CaptureFacts capture_;
  std::optional<RunningGate> gate_ = RunningGate{100, 900};
};

TEST_F(CaptureChecks, ByDnsWorksWhereTheAnswerLeadsToTheGate) {
  answers({"127.0.0.2:5269"});
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(CaptureChecks, ByDnsIsBrokenWhereNobodyAnswers) {
  answers({});
  EXPECT_THAT(check(), ElementsAre("responder_silent"));
}

TEST_F(CaptureChecks, ByDnsIsBrokenWhereAnybodyElseAnswers) {
  answers({"198.51.100.1:5269"});
  EXPECT_THAT(check(), ElementsAre("responder_misleads"));
}

TEST_F(CaptureChecks, BeforeTheGateRunsItIsNotKnown) {
  gate_.reset();
  EXPECT_THAT(check(), ElementsAre("capture_unseen"));
}

TEST_F(CaptureChecks, ThatIsLeftToTheOperatorIsANote) {
  config_.outbound.capture = policy::Capture::kNone;
  EXPECT_THAT(check(), ElementsAre("capture_by_others"));
  EXPECT_EQ(report_.count(Severity::kNote), 1U);
}

TEST_F(CaptureChecks, WithoutServerToServerThereIsNothingToCapture) {
  config_.outbound.listen.clear();
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(CaptureChecks, TheTableOfThePacketFilterIsCompared) {
  config_.outbound.capture = policy::Capture::kNftables;
  capture_.table = Table::kRight;
  EXPECT_THAT(check(), IsEmpty());
  capture_.table = Table::kMissing;
  check();
  capture_.table = Table::kDiffers;
  capture_.table_detail = "it differs";
  check();
  capture_.table = Table::kUnseen;
  capture_.table_detail = "for root only";
  EXPECT_THAT(check(),
              ElementsAre("egress_table_missing", "egress_table_differs", "capture_unseen"));
}

TEST_F(CaptureChecks, WhatGoesAroundTheGateIsAnErrorOfItsUser) {
  answers({"127.0.0.2:5269"});
  capture_.bypasses.push_back({"prosody (105)", "198.51.100.1:5269", 3});
  EXPECT_THAT(check(), ElementsAre("bypassed"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("user prosody (105) has 3 connections"));
}

TEST_F(CaptureChecks, ConnectionsOfAGateThatIsNotSeenAreNoWayAroundIt) {
  answers({"127.0.0.2:5269"});
  gate_ = RunningGate{0, 0, false};
  capture_.bypasses.push_back({"portcullis (900)", "198.51.100.1:5269", 3});
  EXPECT_THAT(check(), ElementsAre("bypass_unseen"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("could not be seen as this user; run with sudo"));
}

TEST_F(CaptureChecks, ATableThatCannotBeReadIsNoProof) {
  answers({"127.0.0.2:5269"});
  capture_.connections_are_known = false;
  EXPECT_THAT(check(), ElementsAre("bypass_unseen"));
}

}  // namespace
}  // namespace portcullis::doctor
