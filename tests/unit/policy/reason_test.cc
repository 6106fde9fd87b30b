#include "policy/reasons/reason.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <regex>
#include <set>
#include <string>

namespace portcullis::policy {
namespace {

// RFC 6120 section 4.9.3, complete.
constexpr std::array<std::string_view, 25> kConditions{"bad-format",
                                                       "bad-namespace-prefix",
                                                       "conflict",
                                                       "connection-timeout",
                                                       "host-gone",
                                                       "host-unknown",
                                                       "improper-addressing",
                                                       "internal-server-error",
                                                       "invalid-from",
                                                       "invalid-namespace",
                                                       "invalid-xml",
                                                       "not-authorized",
                                                       "not-well-formed",
                                                       "policy-violation",
                                                       "remote-connection-failed",
                                                       "reset",
                                                       "resource-constraint",
                                                       "restricted-xml",
                                                       "see-other-host",
                                                       "system-shutdown",
                                                       "undefined-condition",
                                                       "unsupported-encoding",
                                                       "unsupported-feature",
                                                       "unsupported-stanza-type",
                                                       "unsupported-version"};

TEST(Reason, IdsAreUniqueWordsInTheOrderOfTheEnumeration) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const std::string word(id(reason_at(i)));
    EXPECT_TRUE(std::regex_match(word, std::regex("[a-z0-9]+(_[a-z0-9]+)*"))) << word;
    EXPECT_TRUE(seen.insert(id(reason_at(i))).second) << word;
    EXPECT_EQ(reason_from_id(word), reason_at(i));
  }
  EXPECT_EQ(id(Reason::kPlaintextRefused), "plaintext_refused");
  EXPECT_EQ(id(Reason::kTlsVersionTooLow), "tls_version_too_low");
  EXPECT_EQ(id(Reason::kCertMissing), "cert_missing");
  EXPECT_EQ(id(Reason::kNameMismatch), "name_mismatch");
  EXPECT_EQ(id(Reason::kInternalError), "internal_error");
  EXPECT_EQ(id(Reason::kBackendUnavailable), "backend_unavailable");
  EXPECT_EQ(id(Reason::kShuttingDown), "shutting_down");
}

TEST(Reason, NamesOfEnumerationAndIdsAreTheSameWords) {
  // kInternalError is the last of the 44 that are also verdicts about certificates and streams.
  EXPECT_EQ(static_cast<std::size_t>(Reason::kInternalError), 43U);
  EXPECT_EQ(kReasonCount, 52U);
}

TEST(Reason, UnknownIdsAreNotFound) {
  for (const auto* const word : {"", "cert-missing", "CERT_MISSING", "cert_missing ", "none"})
    EXPECT_EQ(reason_from_id(word), std::nullopt) << word;
}

TEST(Reason, ConditionsAreThoseOfRfc6120) {
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto& row = info(reason_at(i));
    EXPECT_NE(std::find(kConditions.begin(), kConditions.end(), row.condition), kConditions.end())
        << row.id << ": " << row.condition;
  }
}

TEST(Reason, SentencesUseOnlyDocumentedArguments) {
  const std::set<std::string> documented{"domain", "version", "min",   "issuer", "subject",
                                         "date",   "list",    "limit", "detail"};
  const std::regex argument("\\{([^}]*)\\}");
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const std::string sentence(info(reason_at(i)).sentence);
    ASSERT_FALSE(sentence.empty());
    EXPECT_EQ(sentence.back(), '.') << sentence;
    for (std::sregex_iterator at(sentence.begin(), sentence.end(), argument), end; at != end; ++at)
      EXPECT_TRUE(documented.contains((*at)[1].str())) << sentence;
    const auto rest = std::regex_replace(sentence, argument, "");
    EXPECT_EQ(rest.find_first_of("{}"), std::string::npos) << sentence;
  }
}

TEST(Reason, ObserveModeNeverLetsAttacksOrImpossibleStreamsThrough) {
  for (const auto reason :
       {Reason::kStarttlsInjection, Reason::kHostUnknown, Reason::kBadAddress, Reason::kTlsFailed,
        Reason::kTlsNoCommonSuite, Reason::kAlpnMismatch, Reason::kAuthzidMismatch,
        Reason::kIdentityChanged, Reason::kUnauthenticatedStanza, Reason::kAddressSpoofed,
        Reason::kXmlRestricted, Reason::kXmlInvalid, Reason::kStanzaTooBig,
        Reason::kNegotiationTimeout, Reason::kRateLimited, Reason::kInternalError,
        Reason::kNotTheBackend, Reason::kBackendUnavailable, Reason::kShuttingDown})
    EXPECT_TRUE(info(reason).always_enforced) << id(reason);
  for (const auto reason :
       {Reason::kPlaintextRefused, Reason::kFederationDenied, Reason::kCertMissing,
        Reason::kSelfSigned, Reason::kExpired, Reason::kNameMismatch, Reason::kRevoked,
        Reason::kDialbackAttempted, Reason::kTlsVersionTooLow})
    EXPECT_FALSE(info(reason).always_enforced) << id(reason);
}

TEST(Refuse, FillsArguments) {
  const auto refusal =
      refuse(Reason::kNameMismatch, {{"domain", "a.example"}, {"list", "b.example, c.example"}});
  EXPECT_EQ(refusal.reason, Reason::kNameMismatch);
  EXPECT_EQ(refusal.text,
            "Your certificate is not for a.example, but for b.example, c.example. Reissue it with "
            "a.example.");
}

TEST(Refuse, MissingOrEmptyArgumentLeavesAQuestionMark) {
  EXPECT_EQ(refuse(Reason::kFederationDenied).text, "Our policy does not federate with ?.");
  EXPECT_EQ(refuse(Reason::kFederationDenied, {{"domain", ""}}).text,
            "Our policy does not federate with ?.");
}

TEST(Refuse, UnusedArgumentsAreIgnored) {
  EXPECT_EQ(refuse(Reason::kCertMissing, {{"domain", "a.example"}}).text,
            info(Reason::kCertMissing).sentence);
}

TEST(Refuse, AnArgumentIsNotReadAsASentence) {
  EXPECT_EQ(refuse(Reason::kFederationDenied, {{"domain", "{domain}{detail}{"}}).text,
            "Our policy does not federate with {domain}{detail}{.");
}

TEST(Refuse, HostileArgumentsAreMadePrintable) {
  EXPECT_EQ(refuse(Reason::kFederationDenied, {{"domain", "a\r\nb\x1b[31m\xff\xe2\x80\xae"}}).text,
            "Our policy does not federate with a??b?[31m??.");
}

TEST(Refuse, TheTextIsBoundedAndKeepsItsAdvice) {
  const std::string endless(100'000, 'x');
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto text = refuse(reason_at(i), {{"domain", endless},
                                            {"version", endless},
                                            {"min", endless},
                                            {"issuer", endless},
                                            {"subject", endless},
                                            {"date", endless},
                                            {"list", endless},
                                            {"limit", endless},
                                            {"detail", endless}})
                          .text;
    EXPECT_LE(text.size(), 512U) << id(reason_at(i));
  }
  EXPECT_TRUE(refuse(Reason::kWeakSignature, {{"subject", endless}, {"detail", endless}})
                  .text.ends_with("Reissue it."));
}

}  // namespace
}  // namespace portcullis::policy
