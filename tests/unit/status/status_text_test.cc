#include "proxy/status/status_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "proxy/status/status_json.h"
#include "proxy/status/words.h"
#include "tests/unit/status/status_sample.h"

namespace portcullis::status {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

TEST(OverviewText, SaysTheModeInLargeLetters) {
  auto overview = test::overview();
  EXPECT_THAT(overview_text(overview), HasSubstr("MODE: ENFORCE\n"));
  EXPECT_THAT(overview_text(overview), HasSubstr("CLIENTS: ENFORCE\n"));
  overview.mode = policy::Mode::kObserve;
  overview.other_modes = {{"*.bank.example", policy::Mode::kEnforce}};
  overview.c2s_mode.reset();
  const auto text = overview_text(overview);
  EXPECT_THAT(text, HasSubstr("MODE: OBSERVE\n"));
  EXPECT_THAT(text, HasSubstr("but ENFORCE for *.bank.example"));
  EXPECT_THAT(text, Not(HasSubstr("CLIENTS:")));
}

TEST(OverviewText, CountsStreams) {
  const auto text = overview_text(test::overview());
  EXPECT_THAT(text, HasSubstr("from servers 3   to servers 3   clients 7   negotiating 4"));
  EXPECT_THAT(text, HasSubstr("TLSv1.3 10   TLSv1.2 1   none 2"));
  EXPECT_THAT(text, HasSubstr("external 3   dialback_certified 0   pinned 0   excepted 1   "
                              "observed 0   plain 2"));
  EXPECT_THAT(text, HasSubstr("login 7   client_certificate 0"));
  EXPECT_THAT(text, HasSubstr("legacy.example, also conference.legacy.example: 3 from servers, 1 "
                              "to servers, 7 clients"));
}

TEST(OverviewText, TellsTheLastRefusalsWithWhatToDo) {
  auto overview = test::overview();
  EXPECT_THAT(overview_text(overview), HasSubstr("none since the start"));
  overview.refusals.push_back({StreamKind::kS2sInbound, policy::Verdict::kWouldReject,
                               policy::Reason::kExpired, "bad.example", "", "", "",
                               "The certificate expired.", test::kNow, 3});
  const auto text = overview_text(overview);
  EXPECT_THAT(text, HasSubstr("s2s_in would_reject, expired: bad.example -> ?, 3 times"));
  EXPECT_THAT(text, HasSubstr("The certificate expired.\n      What to do: "));
}

TEST(StreamsText, IsATable) {
  const auto text = streams_text({{test::row()}, 1, 0});
  EXPECT_THAT(text, HasSubstr("ID           AGE    KIND     OURS            THEIRS"));
  EXPECT_THAT(text,
              HasSubstr("6925f1a0-17  5 min  s2s_out  legacy.example  peer.example  "
                        "192.0.2.1:5269  direct  TLSv1.3  TLS_AES_256_GCM_SHA384  RSA 2048 bits  "
                        "external  *.example  2.0 KiB    10 B     7 s"));
  EXPECT_THAT(text, HasSubstr("1 stream\n"));
}

TEST(StreamsText, SaysWhatIsMissing) {
  EXPECT_EQ(streams_text({}), "0 streams\n");
  EXPECT_THAT(
      streams_text({{test::row()}, 3000, 1}),
      HasSubstr("3000 streams, of which the newest 1 are shown\n1 event loop did not answer "
                "in time"));
}

TEST(StreamsText, ANegotiatingStreamSaysSo) {
  StreamRow row;
  row.id = "1-2";
  const auto text = streams_text({{row}, 1, 0});
  EXPECT_THAT(text, HasSubstr("(negotiating)"));
  EXPECT_THAT(text, Not(HasSubstr("external")));
}

TEST(StatusJson, IsOneDocumentOnOneLineOfAscii) {
  for (const auto& text : {overview_json(test::hostile_overview()),
                           streams_json({{test::hostile_row()}, 1, 0}, test::kNow),
                           page_json(test::hostile_overview(), {{test::hostile_row()}, 1, 0})}) {
    EXPECT_EQ(text.find('\n'), text.size() - 1);
    EXPECT_TRUE(json::accept(text)) << text;
    for (const char c : text) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
  }
}

TEST(StatusJson, HoldsOctetsThatAreNoText) {
  auto row = test::row();
  row.remote = "\xff\xfe";
  EXPECT_TRUE(json::accept(streams_json({{row}, 1, 0}, test::kNow)));
}

TEST(StatusJson, HasEveryFieldOfAStream) {
  const auto read = json::parse(streams_json({{test::row()}, 5, 0}, test::kNow));
  EXPECT_EQ(read["matching"], 5);
  EXPECT_EQ(read["shown"], 1);
  const auto& stream = read["streams"][0];
  EXPECT_EQ(stream["id"], "6925f1a0-17");
  EXPECT_EQ(stream["kind"], "s2s_out");
  EXPECT_EQ(stream["local"], "legacy.example");
  EXPECT_EQ(stream["remote"], "peer.example");
  EXPECT_EQ(stream["tls"], "TLSv1.3");
  EXPECT_EQ(stream["peer_key"], "RSA 2048 bits");
  EXPECT_EQ(stream["our_key"], nullptr);
  EXPECT_EQ(stream["authentication"], "external");
  EXPECT_EQ(stream["age_s"], 300.0);
  EXPECT_EQ(stream["idle_s"], 7.0);
  EXPECT_EQ(stream["to_backend_bytes"], 2048);
}

TEST(StatusJson, TellsTheSameAsTheText) {
  const auto read = json::parse(overview_json(test::overview()));
  EXPECT_EQ(read["mode"], "enforce");
  EXPECT_EQ(read["hosts"][0]["light"]["level"], "ok");
  EXPECT_EQ(read["streams"]["servers_by_authentication"]["plain"], 2);
  EXPECT_EQ(read["certificates"][0]["days_left"], 60);
  EXPECT_EQ(read["backends"][1]["up"], nullptr);
  EXPECT_EQ(read["last_reload"], nullptr);
  EXPECT_EQ(read["clock_doubt"], nullptr);
  EXPECT_TRUE(read["refusals"].empty());
  auto doubted = test::overview();
  doubted.clock_doubt = "by it, the certificates have expired";
  EXPECT_EQ(json::parse(overview_json(doubted))["clock_doubt"], doubted.clock_doubt);
  EXPECT_THAT(overview_text(doubted), HasSubstr("The local clock is suspect: by it"));
}

TEST(StatusWords, AreShort) {
  EXPECT_EQ(age_text(0ms), "0 s");
  EXPECT_EQ(age_text(-5ms), "0 s");
  EXPECT_EQ(age_text(59'999ms), "59 s");
  EXPECT_EQ(age_text(60s), "1 min");
  EXPECT_EQ(age_text(125min), "2 h 05 min");
  EXPECT_EQ(age_text(51h), "2 d 3 h");
  EXPECT_EQ(octets_text(1023), "1023 B");
  EXPECT_EQ(octets_text(1024), "1.0 KiB");
  EXPECT_EQ(octets_text(std::uint64_t{5} << 30), "5.0 GiB");
  EXPECT_EQ(octets_text(~std::uint64_t{0}), "16384.0 PiB");
  EXPECT_EQ(time_text(test::kNow), "2026-11-18 11:06:40 UTC");
  EXPECT_EQ(iso_time(test::kNow), "2026-11-18T11:06:40Z");
}

}  // namespace
}  // namespace portcullis::status
