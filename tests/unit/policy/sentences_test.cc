// Every sentence of every reason, as each of its readers gets it: the remote admin, and at home our
// operator and our users.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "policy/decide/gate.h"
#include "policy/reasons/reason.h"

namespace portcullis::policy {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kRemote = "second.example";
constexpr std::string_view kLocal = "first.example";

struct Rendered {
  std::string_view reason;
  std::string text;
  bool complete;  // every argument was known
};

// `end` stands behind every argument, as words of others may have anything there.
Refusal with_all(Reason reason, const std::string& end = "") {
  return refuse(reason, {{"domain", "third.example"},
                         {"version", "TLS 1.1" + end},
                         {"min", "TLS 1.2" + end},
                         {"issuer", "CN=Some CA" + end},
                         {"subject", "CN=Another CA" + end},
                         {"date", "2026-01-02" + end},
                         {"list", "fourth.example" + end},
                         {"limit", "30 s"},
                         {"detail", "it is so" + end}});
}

// Only what a sentence cannot do without.
Refusal with_few(Reason reason) {
  return refuse(reason, {{"domain", "third.example"},
                         {"version", "TLS 1.1"},
                         {"min", "TLS 1.2"},
                         {"subject", "CN=Another CA"},
                         {"limit", "30 s"}});
}

template <class Read>
std::vector<Rendered> rendered(const Read& read) {
  std::vector<Rendered> all;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = reason_at(i);
    for (const auto* const end : {"", ".", "...", " . ", ".\n", ". \t"})
      all.push_back({id(reason), read(with_all(reason, end)), true});
    all.push_back({id(reason), read(with_few(reason)), false});
  }
  return all;
}

bool begins_well(std::string_view text) {
  return text.front() >= 'A' && text.front() <= 'Z';
}

void expect_form(const Rendered& one) {
  const auto& text = one.text;
  EXPECT_TRUE(begins_well(text)) << one.reason << ": " << text;
  EXPECT_TRUE(text.ends_with('.')) << one.reason << ": " << text;
  EXPECT_LE(text.size(), 512U);
  for (const auto* const fault : {"..", " .", "  ", ": .", "()", "( ", "[", "]", "{", "}", "?",
                                  ",.", ": ;", "\n", "its its", "the the", "domain the "})
    EXPECT_THAT(text, Not(HasSubstr(fault))) << one.reason;
}

bool calls_reader_you(const std::string& text) {
  return text.find("you") != std::string::npos || text.find("You") != std::string::npos;
}

TEST(Sentences, OfTheRemoteAdminHaveGoodForm) {
  for (const auto& one : rendered([](const Refusal& refusal) { return refusal.text; })) {
    expect_form(one);
    // He knows who he is, and does not need to know which of our domains it was.
    EXPECT_THAT(one.text, Not(HasSubstr(std::string(kRemote)))) << one.reason;
    EXPECT_THAT(one.text, Not(HasSubstr(std::string(kLocal)))) << one.reason;
  }
}

TEST(Sentences, OfTheRemoteAdminEndWithWhereToAsk) {
  Config config;
  config.contact = "xmpp:operator@first.example";
  config.help_url = "https://first.example/tls#{reason}";
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto refusal = with_all(reason_at(i));
    const auto text = with_help(config, refusal).text;
    EXPECT_EQ(text, refusal.text + " Contact: xmpp:operator@first.example Help: " +
                        "https://first.example/tls#" + std::string(id(reason_at(i))));
    EXPECT_LE(text.size(), 512U);
    // At home nobody has to be told where to ask.
    EXPECT_THAT(at_home(with_help(config, refusal), {StreamKind::kS2sInbound, kRemote, kLocal}),
                Not(HasSubstr("Contact")));
  }
}

TEST(Sentences, AtHomeHaveGoodFormAndCallNobodyYou) {
  for (const auto kind : kStreamKinds)
    for (const auto remote : {kRemote, std::string_view()})
      for (const auto local : {kLocal, std::string_view()})
        for (const auto& one : rendered([&](const Refusal& refusal) {
               return at_home(refusal, {kind, remote, local});
             })) {
          expect_form(one);
          EXPECT_FALSE(calls_reader_you(one.text)) << one.reason << ": " << one.text;
        }
}

// Which of them is at fault depends on who opened the stream.
TEST(Sentences, AtHomeNameTheDomainWhoseFaultItIs) {
  for (const auto kind : {StreamKind::kS2sInbound, StreamKind::kS2sOutbound}) {
    for (std::size_t i = 0; i < kReasonCount; ++i) {
      const auto reason = reason_at(i);
      const auto sentence = info(reason).at_home;
      const auto text = at_home(with_all(reason), {kind, kRemote, kLocal});
      if (sentence.empty()) {
        EXPECT_EQ(text, with_all(reason).text) << id(reason);
        continue;
      }
      const auto uses = [&](std::string_view name) {
        return sentence.find(name) != std::string_view::npos;
      };
      const bool theirs = fault_of(reason, kind) == Fault::kPeer;
      const bool remote = uses("{remote}") || (uses("{they}") && theirs);
      const bool local = uses("{local}") || (uses("{they}") && !theirs);
      EXPECT_EQ(text.find(kRemote) != std::string::npos, remote) << text;
      EXPECT_EQ(text.find(kLocal) != std::string::npos, local) << text;
    }
  }
}

// One who reads "your certificate" looks at his own.
TEST(Sentences, OfACertificateSayWhoseItIs) {
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = reason_at(i);
    if (info(reason).published != PublishedClass::kUntrustedCertificate) continue;
    const auto refusal = with_all(reason);
    EXPECT_TRUE(calls_reader_you(refusal.text)) << refusal.text;
    for (const auto kind : {StreamKind::kS2sInbound, StreamKind::kS2sOutbound}) {
      const auto text = at_home(refusal, {kind, kRemote, kLocal});
      EXPECT_THAT(text, HasSubstr(std::string(kRemote))) << id(reason);
      EXPECT_THAT(text, Not(HasSubstr(std::string(kLocal)))) << id(reason);
    }
  }
}

TEST(Sentences, SayWhenItIsUsWhoIsNotTrusted) {
  const auto refusal = refuse(Reason::kExternalNotOffered);
  EXPECT_EQ(refusal.text,
            "Your server offers us no SASL EXTERNAL, so it does not accept our certificate, or it "
            "knows servers by dialback only.");
  EXPECT_EQ(at_home(refusal, {StreamKind::kS2sOutbound, kRemote, kLocal}),
            "SASL EXTERNAL is not offered by second.example: it does not accept the certificate of "
            "first.example, or it knows servers by dialback only.");
}

TEST(Sentences, OfABadAddressDoNotContradictThemselves) {
  EXPECT_EQ(
      refuse(Reason::kBadAddress, {{"detail", "from names second.example, which is served here"}})
          .text,
      "The addresses of the stream header are not acceptable: from names second.example, which is "
      "served here.");
}

TEST(AtHome, OurFaultOnAnOutgoingStreamNamesOurDomain) {
  const auto refusal = refuse(Reason::kDialbackAttempted);
  EXPECT_EQ(at_home(refusal, {StreamKind::kS2sOutbound, kRemote, kLocal}),
            "Server dialback was tried by first.example, and only SASL EXTERNAL is accepted.");
  EXPECT_EQ(at_home(refusal, {StreamKind::kS2sInbound, kRemote, kLocal}),
            "Server dialback was tried by second.example, and only SASL EXTERNAL is accepted.");
}

TEST(AtHome, ANameThatIsNotKnownIsDescribed) {
  const auto refusal = refuse(Reason::kExpired, {{"date", "2026-01-02"}});
  EXPECT_EQ(at_home(refusal, {StreamKind::kS2sInbound}),
            "The certificate of the remote domain expired on 2026-01-02.");
  EXPECT_EQ(at_home(refusal, {StreamKind::kC2s}),
            "The certificate of the client expired on 2026-01-02.");
}

TEST(AtHome, WordsThatAreNoSentenceOfTheTableStayAsTheyAre) {
  EXPECT_EQ(at_home({Reason::kExpired, "It was said so."}, {StreamKind::kS2sInbound, kRemote}),
            "It was said so.");
}

TEST(AtHome, HostileNamesAreBoundAndPrintable) {
  const std::string endless(100'000, '{');
  const auto text = at_home(with_all(Reason::kNameMismatch), {StreamKind::kS2sInbound, endless});
  EXPECT_LE(text.size(), 512U);
  EXPECT_EQ(at_home(refuse(Reason::kSelfSigned), {StreamKind::kS2sInbound, "a\r\nb{local}"}),
            "The certificate of a??b{local} is self-signed.");
}

TEST(Refuse, LeavesOutAPartWhoseArgumentSaysNothing) {
  for (const auto* const nothing : {"", ".", "...", "?", " ", " - "})
    EXPECT_EQ(refuse(Reason::kXmlInvalid, {{"detail", nothing}}).text,
              "The XML is not acceptable.");
  EXPECT_EQ(refuse(Reason::kXmlInvalid, {{"detail", "it is [odd]. "}}).text,
            "The XML is not acceptable: it is [odd].");
}

TEST(Refuse, TakesFullStopsOfOthersAway) {
  EXPECT_EQ(refuse(Reason::kWeakKey, {{"detail", "it is so."}, {"min", "P-256."}}).text,
            "A key in your chain is too weak: it is so; at least P-256 is needed. Use an ECDSA "
            "P-256 key.");
  EXPECT_EQ(refuse(Reason::kMissingIntermediate, {{"issuer", "CN=A"}, {"detail", " so... "}}).text,
            "Your server did not send the certificate of the issuer CN=A (so). Use the full chain "
            "file.");
}

TEST(WithoutFullStop, LeavesTheWords) {
  EXPECT_EQ(without_full_stop("It is so."), "It is so");
  EXPECT_EQ(without_full_stop("  It is so. .\n"), "It is so");
  EXPECT_EQ(without_full_stop("a.example"), "a.example");
  EXPECT_EQ(without_full_stop("Is it so?"), "Is it so?");
  EXPECT_EQ(without_full_stop("..."), "");
  EXPECT_EQ(without_full_stop(""), "");
}

// By anything more they could look for open ports.
TEST(ForOurUsers, LearnNothingAboutAnAddressWhereNobodySpokeXmpp) {
  const auto told = unreached_for_our_users();
  EXPECT_EQ(told.reason, Reason::kPeerUnreachable);
  EXPECT_EQ(at_home(told, {StreamKind::kS2sOutbound, kRemote, kLocal}),
            "No server of second.example could be reached: the log of this gate says why.");
}

}  // namespace
}  // namespace portcullis::policy
