#include "proxy/app/foresight.h"

#include <gtest/gtest.h>

#include <string>

namespace portcullis::app {
namespace {

using policy::Reason;

relay::LostStream stream(const std::string& remote) {
  return {StreamKind::kS2sOutbound, "legacy.example", remote, Reason::kSelfSigned, "*.example"};
}

TEST(Foreseen, IsReadAsItWasWritten) {
  Foreseen found;
  found.judged = 7;
  found.complete = false;
  found.file = "/etc/portcullis/\"odd\".toml";
  found.observes = true;
  found.add(stream("a.example"));
  found.add(stream("a.example"));
  found.add({StreamKind::kC2s, "legacy.example", {}, Reason::kCertMissing, {}});
  const auto json = json_of(found);
  EXPECT_EQ(json.find('\n'), std::string::npos);
  const auto read = read_foreseen(json);
  ASSERT_TRUE(read) << json;
  EXPECT_EQ(read->judged, 7U);
  EXPECT_FALSE(read->complete);
  EXPECT_EQ(read->file, found.file);
  EXPECT_TRUE(read->observes);
  ASSERT_EQ(read->lost.size(), 2U);
  EXPECT_EQ(read->lost.at(stream("a.example")), 2U);
}

TEST(Foreseen, IsBounded) {
  Foreseen found;
  for (std::size_t i = 0; i < Foreseen::kMostRows + 5; ++i)
    found.add(stream("d" + std::to_string(i) + ".example"));
  found.add(stream("d0.example"));
  EXPECT_EQ(found.lost.size(), Foreseen::kMostRows);
  EXPECT_EQ(found.further, 5U);
  EXPECT_EQ(found.lost.at(stream("d0.example")), 2U);
}

TEST(Foreseen, OddNamesDoNotBreakIt) {
  Foreseen found;
  found.add(stream("\"\n\xff}"));
  EXPECT_TRUE(read_foreseen(json_of(found)));
}

TEST(Foreseen, RefusesWhatItHasNotWritten) {
  for (
      const std::string text :
      {"", "{}", "[]", "null", "ok", R"({"judged":1,"complete":true,"further":0})",
       R"({"judged":"1","complete":true,"further":0,"file":"","observes":true,"lost":[]})",
       R"({"judged":1,"complete":true,"further":0,"file":"","observes":true,"lost":[{"kind":"s2s_in"}]})",
       R"({"judged":1,"complete":true,"further":0,"file":"","observes":true,"lost":[{"kind":"x","local":"","remote":"",)"
       R"("reason":"expired","rule":"","streams":1}]})",
       R"({"judged":1,"complete":true,"further":0,"file":"","observes":true,"lost":[{"kind":"c2s","local":"","remote":"",)"
       R"("reason":"of_tomorrow","rule":"","streams":1}]})"})
    EXPECT_FALSE(read_foreseen(text)) << text;
}

}  // namespace
}  // namespace portcullis::app
