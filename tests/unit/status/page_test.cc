#include "proxy/status/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>

#include "proxy/status/html.h"
#include "proxy/status/page_style.h"
#include "tests/unit/status/status_sample.h"

namespace portcullis::status {
namespace {

using testing::HasSubstr;
using testing::Not;

// The tags and attributes of a page, with the text between them left out.
std::string markup_of(const std::string& html) {
  std::string tags;
  bool within = false;
  for (const char c : html) {
    if (c == '<') within = true;
    if (within) tags += c;
    if (c == '>') within = false;
  }
  return tags;
}

std::size_t times(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

TEST(Page, ItsStyleHasTheDigestThatTheServerNames) {
  std::array<unsigned char, 32> digest{};
  unsigned int size = 0;
  EVP_Digest(kPageStyle.data(), kPageStyle.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::array<unsigned char, 64> text{};
  EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
  EXPECT_EQ("sha256-" + std::string(reinterpret_cast<const char*>(text.data())), kPageStyleDigest);
}

TEST(Page, ShowsWhatIsKnown) {
  auto overview = test::overview();
  overview.refusals.push_back({StreamKind::kS2sInbound, policy::Verdict::kRejected,
                               policy::Reason::kExpired, "bad.example", "legacy.example",
                               "192.0.2.9:4000", "", "The certificate expired.", test::kNow, 3});
  const auto html = page(overview, {{test::row()}, 1, 0});
  for (const auto* const text :
       {"ENFORCE", "legacy.example", "conference.legacy.example", "6925f1a0-17", "peer.example",
        "192.0.2.1:5269", "TLS_AES_256_GCM_SHA384", "RSA 2048 bits", "external", "2.0 KiB", "5 min",
        "60 days", "local CA", "[::]:5269", "bad.example", "The certificate expired.", "3 times",
        "1 connection."})
    EXPECT_THAT(html, HasSubstr(text));
}

TEST(Page, IsLoadedByItselfAgainAndHoldsNothingElseToLoad) {
  const auto html = page(test::overview(), {{test::row()}, 1, 0});
  EXPECT_THAT(html, HasSubstr("<meta http-equiv=\"refresh\" content=\"10\">"));
  for (const auto* const no : {"<script", "<link", "<img", "src=", "href=", "url(", "@import",
                               "style=\"", "onload", "<form", "<iframe"})
    EXPECT_THAT(html, Not(HasSubstr(no)));
}

TEST(Page, NoTextOfOthersBecomesMarkup) {
  const auto plain = page(test::overview(), {{test::row()}, 1, 0});
  const auto html = page(test::hostile_overview(), {{test::hostile_row()}, 1, 0});
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("'"))) << "no quote is left that could end an attribute";
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;"));
  EXPECT_THAT(html, HasSubstr("&amp;amp;"));
  EXPECT_THAT(markup_of(html), Not(HasSubstr("onload")));
  // Each row has the cells that it should have, and each table ends once.
  EXPECT_EQ(times(html, "<table>"), times(html, "</table>"));
  EXPECT_EQ(times(html, "<table>"), times(plain, "<table>"));
  EXPECT_EQ(times(html, "<section>"), times(html, "</section>"));
}

TEST(Page, SaysHowManyMoreStreamsThereAre) {
  StreamList list;
  for (std::uint64_t i = 1; i <= kStreamsOnPage; ++i) list.rows.push_back(test::row(i));
  list.matching = 1234;
  const auto html = page(test::overview(), list);
  EXPECT_THAT(html, HasSubstr("1234 connections; the newest 100 are shown, and 1134 more"));
  EXPECT_EQ(times(html, "data-title=\"known by\""), 100U);
  EXPECT_LT(html.size(), std::size_t{256} * 1024);
}

TEST(Page, WhatIsNotAuthenticatedStandsOut) {
  auto row = test::row();
  row.tls.reset();
  row.auth = Authentication::kPlain;
  const auto html = page(test::overview(), {{row}, 1, 0});
  EXPECT_THAT(html, HasSubstr("class=\"broken\">plain</td>"));
  EXPECT_THAT(html, HasSubstr("class=\"broken\">none</td>"));
  EXPECT_THAT(page(test::overview(), {{test::row()}, 1, 0}),
              HasSubstr("data-title=\"known by\">external</td>"));
}

TEST(Page, ObserveModeDoesNotLookLikeEnforce) {
  auto overview = test::overview();
  EXPECT_THAT(page(overview, {}), HasSubstr("<p class=\"mode ok\">ENFORCE</p>"));
  overview.mode = policy::Mode::kObserve;
  EXPECT_THAT(page(overview, {}), HasSubstr("<p class=\"mode attention\">OBSERVE</p>"));
}

TEST(Html, EscapesWhatHasAMeaning) {
  EXPECT_EQ(html_text("a<b>&\"'c"), "a&lt;b&gt;&amp;&quot;&#39;c");
  EXPECT_EQ(html_text(""), "");
  EXPECT_EQ(html_text("bücher → 例子"), "bücher → 例子");
}

}  // namespace
}  // namespace portcullis::status
