#include "policy/model/spki_pin.h"

#include <gtest/gtest.h>

#include <random>

namespace portcullis::policy {
namespace {

constexpr std::string_view kZeros = "spki-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
constexpr std::string_view kOnes = "spki-sha256://////////////////////////////////////////8=";

TEST(SpkiPin, IsWrittenInBase64) {
  SpkiPin pin{};
  EXPECT_EQ(pin_text(pin), kZeros);
  pin.fill(0xff);
  EXPECT_EQ(pin_text(pin), kOnes);
  // SHA-256 of nothing.
  const auto empty = parse_pin("spki-sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->front(), 0xe3);
  EXPECT_EQ((*empty)[1], 0xb0);
  EXPECT_EQ(empty->back(), 0x55);
}

TEST(SpkiPin, SurvivesWritingAndReading) {
  std::mt19937 random(7'469);
  std::uniform_int_distribution<int> octet(0, 255);
  for (int round = 0; round < 1'000; ++round) {
    SpkiPin pin{};
    for (auto& o : pin) o = static_cast<std::uint8_t>(octet(random));
    const auto again = parse_pin(pin_text(pin));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, pin);
  }
}

TEST(SpkiPin, HasOneSpelling) {
  const std::string zeros(kZeros);
  for (const std::string& text :
       {std::string(), std::string("spki-sha256:"), zeros.substr(0, zeros.size() - 1), zeros + "=",
        " " + zeros, zeros + " ", "SPKI-sha256:" + zeros.substr(12), "sha256:" + zeros.substr(12),
        zeros.substr(12), zeros.substr(0, 12) + " " + zeros.substr(13),
        zeros.substr(0, 12) + "-" + zeros.substr(13), zeros.substr(0, 12) + "=" + zeros.substr(13),
        zeros.substr(0, 12) + '\0' + zeros.substr(13),
        zeros.substr(0, 12) + '\xff' + zeros.substr(13),
        // 31 and 33 octets
        std::string("spki-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="),
        std::string("spki-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        // bits that stand for nothing
        zeros.substr(0, zeros.size() - 2) + "B=", zeros.substr(0, zeros.size() - 2) + "C="}) {
    const auto pin = parse_pin(text);
    ASSERT_FALSE(pin) << text;
    EXPECT_EQ(pin.error().message, "is no pin: write spki-sha256: and the base64 of 32 octets");
  }
}

}  // namespace
}  // namespace portcullis::policy
