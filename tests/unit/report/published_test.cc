#include "proxy/report/published.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "proxy/base/html_text.h"
#include "proxy/report/report.h"

namespace portcullis::report {
namespace {

using policy::Reason;

constexpr std::chrono::sys_seconds kNow =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::November / 27);

LogReader read(std::string_view log, std::size_t max_rows = Tally::kMaxRows) {
  LogReader reader({{kNow, {}}, std::nullopt, max_rows});
  reader.feed(log);
  reader.end_of_file();
  return reader;
}

PublicList list_of(std::string_view log) {
  return public_list(read(log).domains());
}

std::string out(int hour, const std::string& rest) {
  return "time=2026-11-23T" + std::to_string(hour) +
         ":00:00Z event=decision kind=s2s_out from=l.example to=a.example " + rest + "\n";
}
const std::string kExpired = "verdict=rejected reason=expired";

std::size_t listed(const PublicList& list) {
  std::size_t count = 0;
  for (const auto& entries : list.classes) count += entries.size();
  return count;
}

TEST(PublicList, ListsWhoWasCalledByDns) {
  for (const std::string found : {"found=srv ", "found=fallback "}) {
    const auto list = list_of(out(10, found + kExpired));
    ASSERT_EQ(list.entries(PublicClass::kUntrusted).size(), 1U);
    EXPECT_EQ(list.entries(PublicClass::kUntrusted)[0].domain, "a.example");
  }
}

TEST(PublicList, ListsNothingThatWasNotProved) {
  const auto claimed = list_of("event=decision kind=s2s_in from=a.example found=srv " + kExpired);
  EXPECT_EQ(listed(claimed), 0U);
  EXPECT_EQ(claimed.claimed, 1U);
  for (const std::string rest : {"", "found=proxy ", "found=local ", "found=srv rule=a.example "}) {
    const auto list = list_of(out(10, rest + kExpired));
    EXPECT_EQ(listed(list), 0U) << rest;
    EXPECT_EQ(list.unproved, 1U) << rest;
  }
}

TEST(PublicList, ListsNobodyForWhatMayBeOurFault) {
  for (const std::string reason :
       {"external_not_offered", "pin_mismatch", "revocation_unknown", "dialback_attempted",
        "federation_denied", "refused_by_peer", "tls_failed", "dns_failed", "xml_invalid"})
    EXPECT_EQ(listed(list_of(out(10, "found=srv verdict=rejected reason=" + reason))), 0U)
        << reason;
  EXPECT_EQ(list_of(out(10, "found=srv verdict=rejected reason=external_not_offered")).unaccepted,
            1U);
}

TEST(PublicList, ListsNobodyWhoWasAcceptedSince) {
  const std::string failed = "found=srv " + kExpired;
  const auto better = list_of(out(10, failed) + out(11, "found=srv verdict=accepted"));
  EXPECT_EQ(listed(better), 0U);
  EXPECT_EQ(better.recovered, 1U);
  const auto worse = list_of(out(11, failed) + out(10, "found=srv verdict=accepted"));
  EXPECT_EQ(listed(worse), 1U);
  // Accepted in the other direction says nothing about this one.
  EXPECT_EQ(listed(list_of(out(10, failed) +
                           "time=2026-11-23T11:00:00Z event=decision kind=s2s_in from=a.example "
                           "verdict=accepted")),
            1U);
}

TEST(PublicList, HasEachDomainOnceInItsWorstClass) {
  const auto list = list_of(out(10, "found=srv " + kExpired) +
                            out(11, "found=srv verdict=excepted reason=starttls_not_offered") +
                            out(12, "found=srv verdict=rejected reason=weak_key"));
  EXPECT_EQ(listed(list), 1U);
  const auto& entry = list.entries(PublicClass::kDialbackOnly).at(0);
  EXPECT_EQ(entry.sum.streams, 1U);
  EXPECT_TRUE(entry.reasons.contains(Reason::kStarttlsNotOffered));
  EXPECT_EQ(entry.advice.size(), 1U);
}

TEST(PublicList, SaysWhatIsBeyondItsBounds) {
  std::string log;
  for (int i = 0; i < 5; ++i)
    log += "event=decision kind=s2s_out found=srv to=d" + std::to_string(i) + ".example " +
           kExpired + "\n";
  const auto reader = read(log, 3);
  const auto list = public_list(reader.domains());
  EXPECT_EQ(listed(list), 3U);
  EXPECT_EQ(list.further, 2U);
  EXPECT_NE(markdown_report(reader).find("2 streams of other domains are not listed"),
            std::string::npos);
}

// ---- With probes

ProbedKeys probed(std::initializer_list<ProbeResult> results, std::size_t most = 100) {
  ProbedKeys keys(most);
  for (const auto& one : results) keys.add(one);
  return keys;
}

TEST(PublicList, HasTheKindsOfKeysThatProbesProved) {
  const auto keys = probed({{"rsa.example", KeyKinds::kOnlyRsa},
                            {"ecdsa.example", KeyKinds::kOnlyEcdsa},
                            {"both.example", KeyKinds::kBoth},
                            {"unclear.example", KeyKinds::kUnproved}});
  const auto list = public_list(read("").domains(), &keys);
  ASSERT_EQ(list.entries(PublicClass::kOnlyRsa).size(), 1U);
  EXPECT_EQ(list.entries(PublicClass::kOnlyRsa)[0].domain, "rsa.example");
  EXPECT_NE(list.entries(PublicClass::kOnlyRsa)[0].advice.at(0).find("with an ECDSA key beside"),
            std::string_view::npos);
  ASSERT_EQ(list.entries(PublicClass::kOnlyEcdsa).size(), 1U);
  EXPECT_EQ(list.entries(PublicClass::kOnlyEcdsa)[0].domain, "ecdsa.example");
  EXPECT_EQ(listed(list), 2U);
  EXPECT_EQ(list.unclear, 1U);
  EXPECT_TRUE(list.looked_for(PublicClass::kOnlyRsa));
}

TEST(PublicList, WithoutProbesNobodyWasAskedForKindsOfKeys) {
  const auto reader = read(out(10, "found=srv " + kExpired));
  const auto list = public_list(reader.domains());
  EXPECT_FALSE(list.looked_for(PublicClass::kOnlyRsa));
  for (const auto& text : {markdown_report(reader), html_report(reader)}) {
    EXPECT_EQ(text.find("Only RSA"), std::string::npos);
    EXPECT_NE(text.find("was not asked"), std::string::npos);
  }
}

TEST(PublicList, ProbesThatContradictEachOtherProveNothing) {
  for (const auto other : {KeyKinds::kBoth, KeyKinds::kOnlyEcdsa}) {
    const auto keys =
        probed({{"a.example", KeyKinds::kOnlyRsa}, {"a.example", other}, {"a.example", other}});
    const auto list = public_list(read("").domains(), &keys);
    EXPECT_EQ(listed(list), 0U);
    EXPECT_EQ(list.contradicting, 1U);
    EXPECT_NE(markdown_report(read(""), &keys).find("its probes contradict each other"),
              std::string::npos);
  }
}

TEST(PublicList, AProbeThatSawNothingContradictsNone) {
  for (const bool first : {false, true}) {
    const ProbeResult nothing{"a.example", KeyKinds::kUnproved};
    const ProbeResult rsa{"a.example", KeyKinds::kOnlyRsa};
    const auto keys = first ? probed({nothing, rsa}) : probed({rsa, nothing});
    EXPECT_EQ(public_list(read("").domains(), &keys).entries(PublicClass::kOnlyRsa).size(), 1U);
  }
}

TEST(PublicList, WhoIsInAWorseClassIsNotListedForItsKeys) {
  const auto keys = probed({{"a.example", KeyKinds::kOnlyRsa}});
  const auto list = public_list(read(out(10, "found=srv " + kExpired)).domains(), &keys);
  EXPECT_EQ(listed(list), 1U);
  EXPECT_EQ(list.entries(PublicClass::kUntrusted).size(), 1U);
  const auto claimed =
      public_list(read("event=decision kind=s2s_in from=a.example " + kExpired).domains(), &keys);
  EXPECT_EQ(claimed.entries(PublicClass::kOnlyRsa).size(), 1U) << "only the probe has proved it";
}

TEST(PublicList, HasRoomForABoundedNumberOfProbes) {
  const auto keys = probed({{"a.example", KeyKinds::kOnlyRsa},
                            {"b.example", KeyKinds::kOnlyRsa},
                            {"c.example", KeyKinds::kOnlyRsa},
                            {"a.example", KeyKinds::kOnlyRsa}},
                           2);
  const auto list = public_list(read("").domains(), &keys);
  EXPECT_EQ(listed(list), 2U);
  EXPECT_EQ(list.further_probes, 1U);
  EXPECT_NE(html_report(read(""), &keys).find("1 probe of another domain is not listed"),
            std::string::npos);
}

TEST(PublicPage, NeedsNothingFromElsewhereAndRunsNothing) {
  const auto page = html_report(read(out(10, "found=srv " + kExpired)));
  EXPECT_NE(page.find("content=\"default-src 'none'; style-src 'unsafe-inline'\""),
            std::string::npos);
  for (const std::string_view part : {"<script", "<link", "<img", "href", "src=", "http", "url("})
    EXPECT_EQ(page.find(part),
              page.find(part) == page.find("http-equiv") ? page.find(part) : std::string::npos)
        << part;
}

TEST(HtmlText, LeavesNothingThatHtmlReads) {
  EXPECT_EQ(html_text("<a href=\"x\" id='y'>&\n\x7f</a>"),
            "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;??&lt;/a&gt;");
  EXPECT_EQ(html_text("b\xc3\xbc"
                      "cher"),
            "b\xc3\xbc"
            "cher");
}

}  // namespace
}  // namespace portcullis::report
