#include "proxy/app/bypass_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/net/harness.h"
#include "tests/unit/relay/record_support.h"

namespace portcullis::app {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint32_t kGate = 990;

std::string connection(std::string_view remote, std::uint32_t user) {
  return "   1: 0100007F:C350 " + std::string(remote) +
         " 01 00000000:00000000 00:00000000 00000000 " + std::to_string(user) + " 0 28 1\n";
}
const std::string kElsewhere = "147100CB:1495";  // 203.0.113.20:5269
const std::string kDirectTls = "157100CB:1496";
const std::string kLoopback = "0200007F:1495";
const std::string kWeb = "147100CB:01BB";

class BypassWatchTest : public testing::Test {
 protected:
  // Until it has looked at least so often. A late turn of the loop may look twice.
  void look(int times, milliseconds between_warnings = std::chrono::hours(1)) {
    looked = 0;
    const BypassWatch watch(loop, {milliseconds(1), between_warnings},
                            {[this] { return captured; },
                             [&] {
                               ++looked;
                               return next_table ? next_table() : table;
                             },
                             kGate},
                            books.metrics(), books.log());
    net::test::run_until(
        loop, [&] { return looked >= times; },
        captured ? std::chrono::seconds(30) : milliseconds(20));
  }
  double counted() { return books.count("connections_around_gate", ""); }

  net::Loop loop;
  relay::Books books;
  std::string table;
  std::function<std::string()> next_table;  // if it changes from look to look
  bool captured = true;
  int looked = 0;
};

TEST_F(BypassWatchTest, TellsOfAnotherUsersConnections) {
  table = connection(kElsewhere, 4'000'000) + connection(kDirectTls, 4'000'000);
  look(2);
  EXPECT_EQ(counted(), 2);
  EXPECT_THAT(books.lines, ElementsAre(AllOf(HasSubstr("level=warning"), HasSubstr("event=backend"),
                                             HasSubstr("address=203.0.113.20:5269"),
                                             HasSubstr("the user 4000000 of this machine"),
                                             HasSubstr("2 ports"))));
}

TEST_F(BypassWatchTest, NamesTheUser) {
  table = connection(kElsewhere, 0);
  look(1);
  EXPECT_THAT(books.lines, ElementsAre(HasSubstr("the user root (0)")));
}

TEST_F(BypassWatchTest, WarnsOfEachUserWithItsOwnCount) {
  table = connection(kElsewhere, 4'000'001) + connection(kElsewhere, 4'000'000) +
          connection(kDirectTls, 4'000'001);
  look(2);
  EXPECT_EQ(counted(), 3);
  EXPECT_THAT(books.lines,
              ElementsAre(AllOf(HasSubstr("the user 4000000 of"), HasSubstr("to 1 port of")),
                          AllOf(HasSubstr("the user 4000001 of"), HasSubstr("to 2 ports of"))));
}

// The port at the other end is the choice of whoever connects to us.
TEST_F(BypassWatchTest, SaysNothingOfConnectionsThatCameIn) {
  table = "   0: 00000000:C350 00000000:0000 0A 00000000:00000000 00:00000000 00000000 4000000\n" +
          connection(kElsewhere, 4'000'000);
  look(2);
  EXPECT_EQ(counted(), 0);
  EXPECT_THAT(books.lines, IsEmpty());
}

TEST_F(BypassWatchTest, WarnsAgainAfterAWhile) {
  table = connection(kElsewhere, 4'000'000);
  look(3, milliseconds(0));
  EXPECT_THAT(books.lines, SizeIs(looked));
}

TEST_F(BypassWatchTest, RemembersNoMoreThanAFewUsers) {
  std::uint32_t user = 4'000'000;
  next_table = [&] { return connection(kElsewhere, ++user); };
  look(40);
  EXPECT_THAT(books.lines, SizeIs(16));
}

TEST_F(BypassWatchTest, SaysNothingOfWhatIsNoBypass) {
  table = connection(kElsewhere, kGate) + connection(kLoopback, 4'000'000) +
          connection(kWeb, 4'000'000);
  look(2);
  EXPECT_EQ(counted(), 0);
  EXPECT_THAT(books.lines, IsEmpty());
}

TEST_F(BypassWatchTest, DoesNotLookWithoutCapture) {
  captured = false;
  table = connection(kElsewhere, 4'000'000);
  look(1);
  EXPECT_EQ(counted(), 0);
  EXPECT_THAT(books.lines, IsEmpty());
}

TEST_F(BypassWatchTest, TellsWhenItIsOver) {
  table = connection(kElsewhere, 4'000'000);
  look(1);
  table.clear();
  look(1);
  EXPECT_EQ(counted(), 0);
}

}  // namespace
}  // namespace portcullis::app
