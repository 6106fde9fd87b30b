#include "tests/scenario/session/regressions.h"
#include "tests/scenario/session/wire.h"

// Internationalised names: with U-labels on every stream (RFC 7622 section 3.2.1), and of our own
// domains in the operator's spelling.
namespace portcullis::session::stage {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kBooks = "b\u00fccher.example";
constexpr std::string_view kBooksA = "xn--bcher-kva.example";
constexpr std::string_view kChinese = "\u4f8b\u5b50.example";
constexpr std::string_view kArabic =
    "\u0645\u062b\u0627\u0644.\u0625\u062e\u062a\u0628\u0627\u0631";

std::string attributes(std::string_view from, std::string_view to) {
  return "from='" + std::string(from) + "' to='" + std::string(to) + "'";
}
std::string between(std::string_view from, std::string_view to) {
  return server(attributes(from, to) + " version='1.0'");
}

Party& connected(Stage& stage, StreamKind kind = StreamKind::kS2sInbound) {
  auto& party =
      stage.receiving(kind, kind == StreamKind::kS2sOutbound ? Side::kBackend : Side::kWan);
  party.connects();
  return party;
}

TEST(Names, AreAnsweredInUnicodeHoweverThePeerWroteThem) {
  for (const auto theirs : {kBooks, kBooksA, std::string_view("B\u00dcCHER.example.")}) {
    play([&](Stage& stage) {
      auto& peer = connected(stage);
      peer.says(between(theirs, "legacy.example"));
      peer.hears("[10s]" +
                 server(attributes("legacy.example", kBooks) + " id='id1' version='1.0'") +
                 std::string(kStartTlsFeatures));
    });
  }
}

TEST(Names, OfOursKeepTheSpellingOfTheOperator) {
  for (const auto ours : {kBooks, kBooksA, kChinese, kArabic}) {
    for (const auto& theirs : {std::string(ours), domain(ours).u_label(), domain(ours).a_label()}) {
      play([&](Stage& stage) {
        stage.served = {DomainName::parse_as_spelled(ours).value()};
        auto& peer = connected(stage);
        peer.says(between("peer.example", theirs));
        peer.hears("[10s]" + server(attributes(ours, "peer.example") + " id='id1' version='1.0'") +
                   std::string(kStartTlsFeatures));
        peer.says(kStartTls);
        peer.secures();
        peer.says(between("peer.example", theirs));
        peer.says(auth("="));
        ASSERT_TRUE(peer.wanted);
        EXPECT_EQ(peer.wanted->local.wire(), ours);
      });
    }
  }
}

TEST(Names, OfAClientsHostKeepTheSpellingOfTheOperator) {
  for (const auto ours : {kBooks, kBooksA}) {
    play([&](Stage& stage) {
      stage.served = {DomainName::parse_as_spelled(ours).value()};
      auto& one = connected(stage, StreamKind::kC2s);
      one.says(client("to='" + std::string(kBooksA) + "' version='1.0'"));
      one.says(kStartTls);
      one.secures();
      one.says(client("to='" + std::string(kBooks) + "' version='1.0'"));
      ASSERT_TRUE(one.wanted);
      EXPECT_EQ(one.wanted->local.wire(), ours);
    });
  }
}

TEST(Names, GoToTheBackendInHeaderAndAuthzid) {
  play([](Stage& stage) {
    stage.from = domain(kBooksA);
    stage.to = DomainName::parse_as_spelled(kBooksA).value();
    auto& backend = stage.initiating(StreamKind::kS2sInbound, Side::kBackend);
    backend.connects();
    backend.hears("[10s]" + between(kBooks, kBooksA));
    backend.says(server("id='r' version='1.0'") + std::string(kStartTlsFeatures));
    backend.says(kProceed);
    backend.secures();
    backend.says(server("id='r' version='1.0'") + std::string(kExternalFeatures));
    EXPECT_THAT(backend.everything(), HasSubstr(auth("YsO8Y2hlci5leGFtcGxl")));
  });
}

// What two standards read as different domains is refused by name, in every place of a header.
constexpr std::string_view kAmbiguous[] = {"fa\u00df.example", "xn--fa-hia.example",
                                           "\u03c2.example", "\u0915\u094d\u200d\u0937.example",
                                           "\u0645\u062b\u0627\u0644.example"};

TEST(Names, ThatServersReadDifferentlyAreRefused) {
  for (const auto name : kAmbiguous) {
    for (const auto& theirs : {between(name, "legacy.example"), between("peer.example", name)}) {
      for (const bool observe : {false, true}) {
        play([&](Stage& stage) {
          stage.stance.observe = observe;
          auto& peer = connected(stage);
          peer.says(theirs);
          EXPECT_EQ(reason_of(peer), "name_ambiguous") << theirs;
          EXPECT_THAT(peer.everything(), HasSubstr("<improper-addressing"));
          EXPECT_FALSE(peer.wanted);
        });
      }
    }
  }
}

TEST(Names, ThatServersReadDifferentlyAreNotCalledForTheBackend) {
  for (const auto name : kAmbiguous) {
    play([&](Stage& stage) {
      auto& backend = connected(stage, StreamKind::kS2sOutbound);
      backend.says(between("legacy.example", name));
      EXPECT_EQ(reason_of(backend), "name_ambiguous");
      EXPECT_FALSE(backend.wanted);
    });
  }
}

TEST(Names, ThatServersReadDifferentlyAreRefusedAfterTls) {
  play([](Stage& stage) {
    auto& peer = connected(stage);
    peer.says(server("to='legacy.example' version='1.0'"));
    peer.says(kStartTls);
    peer.secures();
    peer.says(between("fa\u00df.example", "legacy.example"));
    EXPECT_EQ(reason_of(peer), "name_ambiguous");
    EXPECT_EQ(peer.judged(), 0);
  });
}

TEST(Names, OfAnotherDomainAreNoChangeOfSpelling) {
  for (const auto other : {"bucher.example", "b\u00fccher.example.example", "fass.example"}) {
    play([&](Stage& stage) {
      auto& peer = connected(stage);
      peer.says(between(kBooks, "legacy.example"));
      peer.says(kStartTls);
      peer.secures();
      peer.says(between(other, "legacy.example"));
      EXPECT_EQ(reason_of(peer), "identity_changed") << other;
    });
  }
}

}  // namespace
}  // namespace portcullis::session::stage
