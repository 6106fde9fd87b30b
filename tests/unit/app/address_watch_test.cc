#include "proxy/app/address_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/net/harness.h"
#include "tests/unit/relay/limits_support.h"
#include "tests/unit/relay/record_support.h"

namespace portcullis::app {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AddressWatchTest : public testing::Test {
 protected:
  void connect(const std::string& host, int times) {
    for (int i = 0; i < times; ++i)
      places_.push_back(limits_
                            ->admit(StreamKind::kC2s,
                                    net::SocketAddress::from(Endpoint{host, 1}).value(),
                                    milliseconds(0))
                            .value());
  }
  // Runs the watch for a while, and until it has written as many lines.
  void watch(milliseconds between_warnings = std::chrono::hours(1), std::size_t lines = 0) {
    const AddressWatch watch(loop_, {milliseconds(1), between_warnings}, limits_, books_.metrics(),
                             books_.log());
    int turns = 0;
    net::Timer timer(loop_, [&] { ++turns; });
    timer.start(milliseconds(30));
    ASSERT_TRUE(
        net::test::run_until(loop_, [&] { return turns > 0 && books_.lines.size() >= lines; }));
  }
  double busiest() {
    constexpr std::string_view kName = "\nportcullis_busiest_address_connections ";
    const std::string text = books_.metrics().render();
    const auto at = text.find(kName);
    return at == std::string::npos ? -1 : std::stod(text.substr(at + kName.size()));
  }

  net::Loop loop_;
  relay::Books books_;
  std::shared_ptr<relay::ConnectionLimits> limits_ = [] {
    policy::Limits limits;
    limits.connections_per_address = 10;
    limits.exempt = {"10.0.0.0/8"};
    limits.exempt_connections = 50;
    return relay::limits_with(limits);
  }();
  std::vector<relay::ConnectionLimits::Place> places_;
};

TEST_F(AddressWatchTest, WarnsOnceOfAnAddressThatHasMostConnections) {
  connect("192.0.2.1", 6);
  connect("192.0.2.2", 2);
  watch();
  EXPECT_THAT(books_.lines, ElementsAre(AllOf(HasSubstr("event=limits"), HasSubstr("192.0.2.1"),
                                              HasSubstr("6 of 8 connections"))));
  EXPECT_EQ(busiest(), 6);
}

TEST_F(AddressWatchTest, WarnsAgainAfterAWhile) {
  connect("192.0.2.1", 6);
  watch(milliseconds(0), 2);
}

TEST_F(AddressWatchTest, SaysNothingOfHalfOfThem) {
  connect("192.0.2.1", 6);
  connect("192.0.2.2", 6);
  watch();
  EXPECT_THAT(books_.lines, IsEmpty());
  EXPECT_EQ(busiest(), 6);
}

TEST_F(AddressWatchTest, SaysNothingFarBelowTheLimit) {
  connect("192.0.2.1", 4);
  watch();
  EXPECT_THAT(books_.lines, IsEmpty());
}

TEST_F(AddressWatchTest, SaysNothingOfExemptAddresses) {
  connect("10.0.0.1", 40);
  connect("192.0.2.1", 8);
  watch();
  EXPECT_THAT(books_.lines, IsEmpty());
  EXPECT_EQ(busiest(), 8);
}

TEST_F(AddressWatchTest, TellsZeroWhenThereIsNobody) {
  watch();
  EXPECT_THAT(books_.lines, IsEmpty());
  EXPECT_EQ(busiest(), 0);
}

}  // namespace
}  // namespace portcullis::app
