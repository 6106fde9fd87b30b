// The small helpers of the loader: quantities and suggestions.

#include <gtest/gtest.h>

#include <array>

#include "policy/load/did_you_mean.h"
#include "policy/model/quantity.h"

namespace portcullis::policy {
namespace {

using std::chrono::milliseconds;

TEST(Duration, IsReadWithItsUnit) {
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("10s"), milliseconds(10'000));
  EXPECT_EQ(parse_duration("5m"), milliseconds(300'000));
  EXPECT_EQ(parse_duration("4h"), milliseconds(14'400'000));
  EXPECT_EQ(parse_duration("0s"), milliseconds(0));
  EXPECT_EQ(parse_duration("1000000000h"), milliseconds(3'600'000'000'000'000));
}

TEST(Duration, WithoutUnitOrWithAnythingElseIsNone) {
  for (const auto* const text :
       {"", "10", "s", "10 s", " 10s", "10s ", "-10s", "+10s", "1.5s", "10S", "10d", "10sec",
        "0x10s", "1000000001s", "99999999999999999999s", "10s5m"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(Size, IsReadWithItsUnit) {
  EXPECT_EQ(parse_size("512KiB"), 512U * 1024);
  EXPECT_EQ(parse_size("1MiB"), 1024U * 1024);
  EXPECT_EQ(parse_size("1000000000MiB"), 1'000'000'000UL * 1024 * 1024);
}

TEST(Size, InOtherUnitsIsNone) {
  for (const auto* const text : {"", "10", "KiB", "1KB", "1kib", "1MB", "1M", "1GiB", "-1KiB",
                                 "1.5MiB", "1 MiB", "1000000001KiB"})
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

TEST(Quantity, IsWrittenInTheLargestFittingUnit) {
  EXPECT_EQ(quantity_text(milliseconds(100)), "100ms");
  EXPECT_EQ(quantity_text(milliseconds(1'500)), "1500ms");
  EXPECT_EQ(quantity_text(milliseconds(90'000)), "90s");
  EXPECT_EQ(quantity_text(milliseconds(600'000)), "10m");
  EXPECT_EQ(quantity_text(milliseconds(0)), "0s");
  EXPECT_EQ(quantity_text(std::size_t{10'000}), "10000");
  EXPECT_EQ(quantity_text(std::size_t{2'048}), "2KiB");
  EXPECT_EQ(quantity_text(std::size_t{16} * 1024 * 1024), "16MiB");
  EXPECT_EQ(quantity_text(std::int64_t{-3}), "-3");
}

constexpr std::array<std::string_view, 5> kWords{"min_tls", "roots", "listen", "limits", "log"};

TEST(DidYouMean, FindsTheSlipOfThePen) {
  EXPECT_EQ(did_you_mean("mintls", kWords), "min_tls");
  EXPECT_EQ(did_you_mean("min_tsl", kWords), "min_tls");
  EXPECT_EQ(did_you_mean("root", kWords), "roots");
  EXPECT_EQ(did_you_mean("lgo", kWords), "log");
  EXPECT_EQ(did_you_mean("limit", kWords), "limits");
  EXPECT_EQ(did_you_mean("listne", kWords), "listen");
}

TEST(DidYouMean, AsksNothingSilly) {
  for (const auto* const word : {"", "x", "federation", "abc", "minimum_tls_version"})
    EXPECT_EQ(did_you_mean(word, kWords), std::nullopt) << word;
  EXPECT_EQ(did_you_mean(std::string(1'000'000, 'l'), kWords), std::nullopt);
  EXPECT_EQ(did_you_mean("log", {}), std::nullopt);
}

}  // namespace
}  // namespace portcullis::policy
