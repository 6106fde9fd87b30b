#include "proxy/base/gathered.h"

#include <gtest/gtest.h>

namespace portcullis {
namespace {

TEST(Gathered, IsEmptyAtFirst) {
  Gathered gathered;
  EXPECT_TRUE(gathered.empty());
  gathered.lend("");
  gathered.append("");
  EXPECT_EQ(gathered.size(), 0U);
}

TEST(Gathered, CopiesNothingThatStandsInOnePiece) {
  const std::string whole = "one two three";
  Gathered gathered;
  for (std::size_t i = 0; i < whole.size(); ++i) gathered.lend({&whole[i], 1});
  EXPECT_EQ(gathered.text(), whole);
  EXPECT_EQ(gathered.text().data(), whole.data());
}

TEST(Gathered, CopiesWhatIsLentWithAGap) {
  const std::string whole = "one two three";
  Gathered gathered;
  gathered.lend(std::string_view(whole).substr(0, 4));
  gathered.lend(std::string_view(whole).substr(8));
  EXPECT_EQ(gathered.text(), "one three");
  gathered.lend(std::string_view(whole).substr(0, 4));
  EXPECT_EQ(gathered.text(), "one threeone ");
}

TEST(Gathered, KeepsTheOrderOfWhatIsLentAndWhatIsCopied) {
  const std::string whole = "abcdef";
  for (const bool first : {true, false}) {
    Gathered gathered;
    if (first) gathered.append("-");
    gathered.lend(std::string_view(whole).substr(0, 3));
    std::string copied = "+";
    gathered.append(copied);
    copied = "!";
    gathered.lend(std::string_view(whole).substr(3));
    EXPECT_EQ(gathered.text(), first ? "-abc+def" : "abc+def");
    EXPECT_EQ(gathered.size(), gathered.text().size());
  }
}

TEST(Gathered, ForgetsAllOfIt) {
  Gathered gathered;
  gathered.lend("lent");
  gathered.append("copied");
  gathered.clear();
  EXPECT_TRUE(gathered.empty());
  gathered.lend("anew");
  EXPECT_EQ(gathered.text(), "anew");
}

}  // namespace
}  // namespace portcullis
