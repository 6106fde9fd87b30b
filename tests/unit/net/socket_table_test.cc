#include "proxy/net/socket_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>

#include "proxy/net/socket_owners.h"
#include "tests/unit/net/harness.h"

namespace portcullis::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SocketAddress at(const std::string& host, std::uint16_t port) {
  return *SocketAddress::from(Endpoint{host, port});
}

bool any(std::uint16_t) {
  return true;
}

constexpr std::string_view kHead =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n";

std::string line(std::string_view remote, std::string_view state, std::string_view user = "105",
                 std::string_view local = "0100007F:C350") {
  return "   1: " + std::string(local) + " " + std::string(remote) + " " + std::string(state) +
         " 00000000:00000000 00:00000000 00000000   " + std::string(user) +
         "        0 28 1 0000000015d92589 100 0 0 10 0\n";
}

TEST(SocketTable, HasTheConnectionsOfThisMachine) {
  Loop loop;
  const test::Pair pair(loop);
  std::ifstream in("/proc/self/net/tcp");
  std::stringstream text;
  text << in.rdbuf();
  const OpenConnection wanted{geteuid(), pair.listener->address()};
  EXPECT_THAT(read_socket_table(text.str(), &any), testing::Contains(wanted));
}

TEST(SocketTable, OfBothFamilies) {
  const auto table = std::string(kHead) + line("147100CB:1495", "01") +
                     line("B80D0120000000000000000001000000:1496", "02", "7");
  EXPECT_THAT(read_socket_table(table, &any),
              ElementsAre(OpenConnection{105, at("203.0.113.20", 5269)},
                          OpenConnection{7, at("2001:db8::1", 5270)}));
}

TEST(SocketTable, OnlyWantedPorts) {
  const auto table = line("147100CB:1495", "01") + line("147100CB:0050", "01");
  EXPECT_THAT(read_socket_table(table, [](std::uint16_t port) { return port == 80; }),
              ElementsAre(OpenConnection{105, at("203.0.113.20", 80)}));
}

TEST(SocketTable, OnlyWhatIsOpenOrBeingOpened) {
  for (const auto* const state : {"03", "04", "06", "0A", "1", ""})
    EXPECT_THAT(read_socket_table(line("147100CB:1495", state), &any), IsEmpty()) << state;
}

// ---- Who has opened it

std::string listener(std::string_view local) {
  return line("00000000:0000", "0A", "105", local);
}
constexpr std::string_view kIpv4 = "017112C6:1F41";                            // 198.18.113.1:8001
constexpr std::string_view kMapped = "0000000000000000FFFF0000017112C6:1F41";  // the same
constexpr std::string_view kIpv6 = "B80D0120000000000000000002000000:1F41";    // 2001:db8::2

TEST(SocketTable, WithoutConnectionsToWhereThisMachineListens) {
  const auto stranger = [](std::string_view local) {
    return line("147100CB:1495", "01", "105", local);
  };
  for (const auto* const everywhere : {"00000000:1F41", "00000000000000000000000000000000:1F41"})
    for (const auto local : {kIpv4, kMapped, kIpv6})
      for (const auto& table :
           {listener(everywhere) + stranger(local), stranger(local) + listener(everywhere)})
        EXPECT_THAT(read_socket_table(table, &any), IsEmpty()) << everywhere << " " << local;
  EXPECT_THAT(read_socket_table(listener(kIpv4) + stranger(kMapped), &any), IsEmpty());
  EXPECT_THAT(read_socket_table(listener(kMapped) + stranger(kIpv4), &any), IsEmpty());
  EXPECT_THAT(read_socket_table(listener(kIpv6) + stranger(kIpv6), &any), IsEmpty());
}

TEST(SocketTable, WithConnectionsOfWhoListensElsewhere) {
  const auto own = line("147100CB:1495", "01", "105", kIpv4);
  for (const auto* const elsewhere : {"00000000:1F42", "00000000000000000000000000000000:1F42",
                                      "027112C6:1F41", "B80D0120000000000000000002000000:1F41"})
    EXPECT_THAT(read_socket_table(listener(elsewhere) + own, &any),
                ElementsAre(OpenConnection{105, at("203.0.113.20", 5269)}))
        << elsewhere;
}

TEST(SocketTable, WhatCannotBeReadIsSkipped) {
  for (const auto* const remote :
       {"147100CB", "147100C:1495", "147100CB:", "147100CB:14955", "G47100CB:1495",
        "B80D012000000000000000000100000:1496", "B80D01200000000000000000010000000:1496", ":", "-"})
    EXPECT_THAT(read_socket_table(line(remote, "01") + line("0100007F:1495", "01"), &any),
                ElementsAre(OpenConnection{105, at("127.0.0.1", 5269)}))
        << remote;
  EXPECT_THAT(read_socket_table(line("147100CB:1495", "01", "-1"), &any), IsEmpty());
  EXPECT_THAT(read_socket_table(line("147100CB:1495", "01", "7", "0100007F"), &any), IsEmpty());
  const auto whole = line("147100CB:1495", "01");
  for (std::size_t size = 0; size < whole.find("105"); ++size)
    EXPECT_THAT(read_socket_table(whole.substr(0, size), &any), IsEmpty()) << size;
  EXPECT_THAT(read_socket_table("\n\n \n", &any), IsEmpty());
}

TEST(SocketTable, HasTheListenersWithTheirInodes) {
  const auto table = std::string(kHead) + line("00000000:0000", "0A", "105", "0100007F:3BA5") +
                     line("147100CB:1495", "01") +
                     line("00000000000000000000000000000000:0000", "0A", "7",
                          "00000000000000000000000000000000:1466");
  EXPECT_THAT(read_listeners(table), ElementsAre(OpenListener{at("127.0.0.1", 15269), 105, 28},
                                                 OpenListener{at("::", 5222), 7, 28}));
}

TEST(SocketTable, HasNoListenersInWhatCannotBeRead) {
  EXPECT_THAT(read_listeners("   1: 0100007F 00000000:0000 0A\n0A 0A 0A\n\xff\n"), IsEmpty());
  EXPECT_THAT(read_listeners(""), IsEmpty());
}

TEST(SocketOwners, AreFoundForSocketsOfThisProcess) {
  Loop loop;
  const test::Pair pair(loop);
  std::ifstream in("/proc/self/net/tcp");
  std::stringstream text;
  text << in.rdbuf();
  std::set<std::uint64_t> inodes;
  for (const auto& one : read_listeners(text.str()))
    if (one.address == pair.listener->address()) inodes.insert(one.inode);
  ASSERT_EQ(inodes.size(), 1U);
  const auto owners = owners_of(inodes);
  ASSERT_EQ(owners.size(), 1U);
  EXPECT_EQ(owners.begin()->second.process, ::getpid());
  EXPECT_FALSE(owners.begin()->second.program.empty());
}

TEST(SocketOwners, AreNotGuessed) {
  EXPECT_TRUE(owners_of({1}).empty());
  EXPECT_TRUE(owners_of({}).empty());
}

}  // namespace
}  // namespace portcullis::net
