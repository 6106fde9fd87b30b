#include "tests/unit/doctor/checks_support.h"

namespace portcullis::doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr pid_t kGate = 100;
constexpr uid_t kGateUser = 900;
constexpr uid_t kOther = 105;

class PortChecks : public ::testing::Test {
 protected:
  PortChecks() {
    config_.listen.admin.reset();
    ports_.own = {{"listen.s2s[0]", address("192.0.2.1:5269"), true}};
  }

  void listens(std::string_view where, std::optional<pid_t> process, std::string program,
               uid_t user = kOther) {
    ports_.listening.push_back(
        {address(where), user, "name" + std::to_string(user), process, std::move(program)});
  }
  std::vector<std::string_view> check() {
    check_ports(ports_, gate_, report_);
    return ids_of(report_);
  }
  std::vector<std::string_view> expose() {
    check_exposure(config_, ports_, gate_, report_);
    return ids_of(report_);
  }

  policy::Config config_ = config_with_host();
  Report report_{config_};
  PortFacts ports_;
  std::optional<RunningGate> gate_ = std::nullopt;
};

TEST_F(PortChecks, APortThatNobodyHasIsFree) {
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(PortChecks, APortOfTheRunningGateIsFine) {
  gate_ = RunningGate{kGate, kGateUser};
  listens("192.0.2.1:5269", kGate, "portcullis", kGateUser);
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(PortChecks, APortOfAnotherProgramIsAnErrorThatNamesIt) {
  listens("192.0.2.1:5269", 77, "lua5.4");
  EXPECT_THAT(check(), ElementsAre("port_taken"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("lua5.4 (process 77) of user name105"));
}

TEST_F(PortChecks, AnotherGateIsNamedAsOne) {
  listens("192.0.2.1:5269", 78, "portcullis", kGateUser);
  EXPECT_THAT(check(), ElementsAre("another_gate"));
}

TEST_F(PortChecks, BesideTheRunningGateASecondOneIsSeen) {
  gate_ = RunningGate{kGate, kGateUser};
  listens("192.0.2.1:5269", kGate, "portcullis", kGateUser);
  listens("192.0.2.1:5269", 78, "portcullis", kGateUser);
  EXPECT_THAT(check(), ElementsAre("another_gate"));
}

TEST_F(PortChecks, WithoutRootTheUserTellsTheGateFromOthers) {
  gate_ = RunningGate{kGate, kGateUser};
  listens("192.0.2.1:5269", std::nullopt, "", kGateUser);
  EXPECT_THAT(check(), ElementsAre("processes_unseen"));
  listens("192.0.2.1:5269", std::nullopt, "", kOther);
  EXPECT_THAT(check(), ElementsAre("processes_unseen", "port_taken"));
}

TEST_F(PortChecks, AProcessThatIsNotSeenElsewhereIsNoBusinessOfOurs) {
  listens("127.0.0.1:631", std::nullopt, "", 0);
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(PortChecks, AGateWhoseProcessIsNotKnownIsToldByItsUser) {
  gate_ = RunningGate{0, kGateUser};
  listens("192.0.2.1:5269", 4711, "portcullis", kGateUser);
  EXPECT_THAT(check(), IsEmpty());
}

// Neither whose the sockets are nor who the gate is can be seen: nothing is guessed.
TEST_F(PortChecks, AGateOfWhomNothingIsSeenIsNoError) {
  gate_ = RunningGate{0, 0, false};
  ports_.as_root = false;
  listens("192.0.2.1:5269", std::nullopt, "", kGateUser);
  EXPECT_THAT(check(), ElementsAre("processes_unseen"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("could not be seen as this user; run with sudo"));
  EXPECT_EQ(report_.count(Severity::kError), 0U);
}

TEST_F(PortChecks, AProgramThatIsSeenIsNamedThoughTheGateIsNot) {
  gate_ = RunningGate{0, 0, false};
  ports_.as_root = false;
  listens("192.0.2.1:5269", 77, "lua5.4");
  EXPECT_THAT(check(), ElementsAre("port_taken", "gate_lacks_port"));
}

// Root's sockets are not the gate's because its user, who is not known, stands there as 0.
TEST_F(PortChecks, AGateOfWhomNothingIsSeenIsNotRoot) {
  gate_ = RunningGate{0, 0, false};
  listens("0.0.0.0:15269", std::nullopt, "", 0);
  EXPECT_THAT(expose(), ElementsAre("backend_port_open"));
}

TEST_F(PortChecks, AListenerAtEveryAddressTakesTheOneAddressToo) {
  listens("[::]:5269", 77, "beam.smp");
  EXPECT_THAT(check(), ElementsAre("port_taken"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("which listens at [::]:5269"));
}

TEST_F(PortChecks, AnotherAddressOrPortIsSomethingElse) {
  listens("192.0.2.2:5269", 77, "beam.smp");
  listens("192.0.2.1:5270", 77, "beam.smp");
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(PortChecks, IPv4AtEveryAddressDoesNotTakeIPv6) {
  EXPECT_FALSE(overlap(address("0.0.0.0:5269"), address("[2001:db8::1]:5269")));
  EXPECT_TRUE(overlap(address("[::]:5269"), address("192.0.2.1:5269")));
  EXPECT_TRUE(overlap(address("192.0.2.1:5269"), address("0.0.0.0:5269")));
}

TEST_F(PortChecks, AGateThatLacksAPortIsToldToReload) {
  gate_ = RunningGate{kGate, kGateUser};
  EXPECT_THAT(check(), ElementsAre("gate_lacks_port"));
}

TEST_F(PortChecks, WhereTheTablesCannotBeReadNothingIsGuessed) {
  gate_ = RunningGate{kGate, kGateUser};
  ports_.is_known = false;
  EXPECT_THAT(check(), ElementsAre("processes_unseen"));
}

TEST_F(PortChecks, AnAddressOfAnotherMachineIsAnError) {
  ports_.own[0].is_here = false;
  EXPECT_THAT(check(), ElementsAre("address_not_here"));
}

TEST_F(PortChecks, PortsOnTheLoopbackAreShut) {
  listens("127.0.0.1:15269", 77, "lua5.4");
  listens("127.0.0.9:15222", 77, "lua5.4");
  listens("[::1]:5280", 77, "lua5.4");
  EXPECT_THAT(expose(), IsEmpty());
}

TEST_F(PortChecks, ThePlainPortsOfTheBackendMustBeShut) {
  listens("0.0.0.0:15269", 77, "lua5.4");
  listens("[::]:15222", 77, "lua5.4");
  EXPECT_THAT(expose(), ElementsAre("backend_port_open", "backend_port_open"));
  EXPECT_EQ(report_.found().front().where.line, 7U);
}

TEST_F(PortChecks, EachOtherWayIntoAServerIsTold) {
  for (const auto* const where :
       {"0.0.0.0:5280", "[::]:5281", "192.0.2.1:5275", "0.0.0.0:5347", "0.0.0.0:7070",
        "0.0.0.0:7443", "0.0.0.0:9090", "0.0.0.0:5443", "192.0.2.1:5222"})
    listens(where, 77, "beam.smp");
  EXPECT_EQ(expose().size(), 9U);
  EXPECT_THAT(expose(), ::testing::Each("server_port_open"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("BOSH and WebSocket"));
}

TEST_F(PortChecks, PortsThatServersDoNotUseAreNoBusinessOfOurs) {
  listens("0.0.0.0:22", 1, "sshd");
  listens("0.0.0.0:443", 2, "nginx");
  EXPECT_THAT(expose(), IsEmpty());
}

TEST_F(PortChecks, TheGatesOwnPortsAreOpenByIntent) {
  gate_ = RunningGate{kGate, kGateUser};
  listens("0.0.0.0:5222", kGate, "portcullis", kGateUser);
  EXPECT_THAT(expose(), IsEmpty());
}

TEST_F(PortChecks, AnAdminAddressForEverybodyIsTold) {
  config_.listen.admin = Endpoint{"127.0.0.1", 9270};
  EXPECT_THAT(expose(), IsEmpty());
  config_.listen.admin = Endpoint{"0.0.0.0", 9270};
  EXPECT_THAT(expose(), ElementsAre("admin_open"));
}

}  // namespace
}  // namespace portcullis::doctor
