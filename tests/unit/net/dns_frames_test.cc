#include "proxy/net/dns_frames.h"

#include <gtest/gtest.h>

#include <vector>

namespace portcullis::net {
namespace {

using namespace std::string_literals;

std::vector<std::string> all_of(DnsFrames& frames) {
  std::vector<std::string> out;
  while (auto message = frames.next()) out.push_back(std::move(*message));
  return out;
}

const std::vector<std::string> kMessages{"one", "", std::string(300, 'x'), "four"};

std::string stream() {
  std::string out;
  for (const auto& message : kMessages) out += dns_frame(message);
  return out;
}

TEST(DnsFrames, HaveTheirLengthBeforeThem) {
  EXPECT_EQ(dns_frame("abc"), "\0\3abc"s);
  EXPECT_EQ(dns_frame(std::string(258, 'x')).substr(0, 3), "\1\2x");
}

TEST(DnsFrames, AreTheSameHoweverTheyArrive) {
  const auto octets = stream();
  for (std::size_t cut = 0; cut <= octets.size(); ++cut) {
    DnsFrames frames(300);
    frames.add(octets.substr(0, cut));
    auto got = all_of(frames);
    frames.add(octets.substr(cut));
    for (auto& message : all_of(frames)) got.push_back(std::move(message));
    EXPECT_EQ(got, kMessages) << cut;
  }
}

TEST(DnsFrames, AreTheSameOctetByOctet) {
  DnsFrames frames(300);
  std::vector<std::string> got;
  for (const char octet : stream()) {
    frames.add({&octet, 1});
    for (auto& message : all_of(frames)) got.push_back(std::move(message));
  }
  EXPECT_EQ(got, kMessages);
  EXPECT_FALSE(frames.broken());
}

TEST(DnsFrames, EndAtOneThatIsTooLong) {
  DnsFrames frames(299);
  frames.add(stream());
  EXPECT_EQ(all_of(frames), (std::vector<std::string>{"one", ""}));
  EXPECT_TRUE(frames.broken());
  frames.add(dns_frame("more"));
  EXPECT_FALSE(frames.next());
}

}  // namespace
}  // namespace portcullis::net
