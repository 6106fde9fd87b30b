#include "proxy/handover/offer.h"

#include <gtest/gtest.h>

namespace portcullis::handover {
namespace {

Offer whole() {
  Offer offer;
  offer.version = "1.2.3";
  offer.process = 4711;
  offer.cgroup = "0::/system.slice/portcullis.service";
  offer.notify_socket = "@/run/notify";
  offer.watchdog_usec = "30000000";
  offer.dialback_secret = std::string("\0\xff\n secret", 10);
  offer.owns_control_file = true;
  offer.sockets = 12;
  offer.predecessors = {12, 13};
  return offer;
}

const std::string kLeast = "portcullis-hand-over 1\nprocess 1\nsockets 0\nend-of-offer\n";

TEST(Offer, IsReadAsItWasWritten) {
  const auto text = text_of(whole());
  const auto read = read_offer(text);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_TRUE(*read);
  const auto& offer = **read;
  EXPECT_EQ(offer.version, "1.2.3");
  EXPECT_EQ(offer.process, 4711);
  EXPECT_EQ(offer.cgroup, whole().cgroup);
  EXPECT_EQ(offer.notify_socket, "@/run/notify");
  EXPECT_EQ(offer.watchdog_usec, "30000000");
  EXPECT_EQ(offer.dialback_secret, whole().dialback_secret);
  EXPECT_TRUE(offer.owns_control_file);
  EXPECT_EQ(offer.sockets, 12U);
  EXPECT_EQ(offer.predecessors, whole().predecessors);
}

TEST(Offer, IsWaitedForUntilItsLastOctet) {
  const auto text = text_of(whole());
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto read = read_offer(text.substr(0, size));
    ASSERT_TRUE(read) << size << " " << read.error().message;
    EXPECT_FALSE(*read) << size;
  }
  // What comes with the descriptors stands behind it.
  EXPECT_TRUE(*read_offer(text + "...."));
}

TEST(Offer, WhatIsEmptyIsNotWritten) {
  Offer offer;
  offer.process = 1;
  EXPECT_EQ(text_of(offer), kLeast);
  const auto read = read_offer(kLeast);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->notify_socket, "");
  EXPECT_FALSE((*read)->owns_control_file);
}

TEST(Offer, WhatIsBlankIsNotWritten) {
  Offer offer;
  offer.process = 1;
  offer.version = " ";
  offer.cgroup = "\n \n";
  EXPECT_EQ(text_of(offer), kLeast);
}

TEST(Offer, AValueCannotMakeALineOfItsOwn) {
  Offer offer;
  offer.process = 1;
  offer.cgroup = "1:a:/x\n0::/y\nend-of-offer\n";
  const auto read = read_offer(text_of(offer));
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->cgroup, "1:a:/x 0::/y end-of-offer");
}

TEST(Offer, KeysOfLaterVersionsArePassedOver) {
  const auto read = read_offer(
      "portcullis-hand-over 1\nprocess 1\ncolour blue\nnothing\nsockets 0\nend-of-offer\n");
  ASSERT_TRUE(read && *read);
}

class NoOffer : public ::testing::TestWithParam<std::string> {};

TEST_P(NoOffer, IsAnError) {
  const auto read = read_offer(GetParam());
  ASSERT_FALSE(read);
  EXPECT_FALSE(read.error().message.empty());
}

std::string with(const std::string& line) {
  return "portcullis-hand-over 1\nprocess 1\n" + line + "\nend-of-offer\n";
}

INSTANTIATE_TEST_SUITE_P(
    Texts, NoOffer,
    ::testing::Values(
        "unknown request; there are \"reload\"\nfailed\n", "x",
        "portcullis-hand-over 2\nprocess 1\nsockets 0\nend-of-offer\n",
        "portcullis-hand-over 1\nend-of-offer\n",
        "portcullis-hand-over 1\nsockets 0\nend-of-offer\n", with("process 0"), with("process -1"),
        with("process x"), with("process"), with("process "), with("process 99999999999999999999"),
        with("sockets -1"), with("sockets 8193"), with("sockets 1 2"), with("dialback 0"),
        with("dialback 0g"), with("dialback 0A"), with("control theirs"), with("predecessor 0"),
        with("version "), with("version  "), with("notify /run/x "), with("watchdog "),
        with("predecessor 1\npredecessor 2\npredecessor 3\npredecessor 4\npredecessor "
             "5\npredecessor 6\npredecessor 7\npredecessor 8\npredecessor 9"),
        "portcullis-hand-over 1\n" + std::string(70'000, 'a'),
        with("cgroup " + std::string(70'000, 'a'))));

TEST(NoOfferCases, FailForTheirOwnReason) {
  EXPECT_TRUE(read_offer(with("sockets 8192")));
  EXPECT_TRUE(read_offer(with("dialback 00ff")));
  EXPECT_TRUE(read_offer(with("control own")));
  EXPECT_TRUE(read_offer(with("predecessor 7")));
}

TEST(Left, IsReadAsItWasWritten) {
  EXPECT_EQ(text_of(Left{3, 1800}), "serving 3 1800\n");
  EXPECT_EQ(read_left("serving 3 1800"), (Left{3, 1800}));
  for (const std::string_view line :
       {"", "serving", "serving ", "serving 3", "serving 3 ", "serving -3 1", "serving 3 1 ",
        "serving  3 1", "SERVING 3 1", "serving 99999999999999999999 1", "yours"})
    EXPECT_FALSE(read_left(line)) << line;
}

}  // namespace
}  // namespace portcullis::handover
