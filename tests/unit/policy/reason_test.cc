#include "policy/reasons/reason.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "policy/reasons/home_arguments.h"
#include "policy/reasons/reason_table.h"
#include "tests/support/source_tree.h"

namespace portcullis::policy {
namespace {

// The names of the enumeration as its header writes them.
std::vector<std::string> names_in_the_header() {
  std::ifstream file(test::in_source_tree("policy/reasons/reason.h"));
  std::ostringstream text;
  text << file.rdbuf();
  const auto header = text.str();
  const auto begin = header.find("enum class Reason ");
  const auto list = header.substr(begin, header.find("};", begin) - begin);
  const std::regex name("\\n  k([A-Z][A-Za-z0-9]*),");
  std::vector<std::string> names;
  for (std::sregex_iterator at(list.begin(), list.end(), name), end; at != end; ++at)
    names.push_back((*at)[1].str());
  return names;
}

ReasonTable rows() {
  ReasonTable table{};
  for (std::size_t i = 0; i < kReasonCount; ++i) table.at(i) = info(reason_at(i));
  return table;
}

std::size_t index_of(Reason reason) {
  return static_cast<std::size_t>(reason);
}

std::string snake_case(const std::string& name) {
  std::string word;
  for (const char c : name) {
    const bool begins_word = c >= 'A' && c <= 'Z';
    if (begins_word && !word.empty()) word += '_';
    word += begins_word ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return word;
}

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
  const auto names = names_in_the_header();
  ASSERT_EQ(names.size(), kReasonCount);
  for (std::size_t i = 0; i < kReasonCount; ++i) EXPECT_EQ(snake_case(names[i]), id(reason_at(i)));
}

TEST(Reason, UnknownIdsAreNotFound) {
  for (const auto* const word : {"", "cert-missing", "CERT_MISSING", "cert_missing ", "none"})
    EXPECT_EQ(reason_from_id(word), std::nullopt) << word;
}

// The checks of the rows are made while the program is compiled; here they are shown what they must
// not let pass.
TEST(ReasonTable, TakesNoRowInTheWrongPlace) {
  ReasonTable table = rows();
  EXPECT_TRUE(each_row_is_for_its_reason(table));
  std::swap(table[3], table[4]);
  EXPECT_FALSE(each_row_is_for_its_reason(table));
}

TEST(ReasonTable, TakesNoIdTwiceAndNoneThatIsNoWord) {
  ReasonTable table = rows();
  EXPECT_TRUE(ids_are_unique_words(table));
  for (const auto* const word : {"plaintext_refused", "", "_a", "a_", "a__b", "A", "a-b", "a b"}) {
    table[3].id = word;
    EXPECT_FALSE(ids_are_unique_words(table)) << word;
  }
}

TEST(ReasonTable, TakesConditionsOfRfc6120Only) {
  ReasonTable table = rows();
  EXPECT_TRUE(conditions_are_stream_errors(table));
  for (const auto* const word : {"", "policy_violation", "service-unavailable"}) {
    table[3].condition = word;
    EXPECT_FALSE(conditions_are_stream_errors(table)) << word;
  }
}

TEST(ReasonTable, TakesResultTypesOfRfc8460Only) {
  ReasonTable table = rows();
  EXPECT_TRUE(result_types_are_known(table));
  table[3].tlsrpt = "certificate-revoked";
  EXPECT_FALSE(result_types_are_known(table));
}

TEST(ReasonTable, TakesNoSentenceWithAnUnknownArgument) {
  ReasonTable table = rows();
  EXPECT_TRUE(texts_are_complete(table));
  for (const auto* const sentence : {"", "No full stop", "Of {nobody}.", "Of {domain.",
                                     "Of domain}.", "Of {}.", "Two\nlines."}) {
    table[3].sentence = sentence;
    EXPECT_FALSE(texts_are_complete(table)) << sentence;
  }
  table[3].sentence = "Of {domain} and {detail}.";
  EXPECT_TRUE(texts_are_complete(table));
  for (const auto* const sentence : {"Of[ {domain}] and more[: {detail}].", "Of [{domain}]."}) {
    table[3].sentence = sentence;
    EXPECT_TRUE(texts_are_complete(table)) << sentence;
  }
  for (const auto* const sentence : {"Of [nobody].", "Of [{domain}.", "Of {domain}].",
                                     "Of [[{domain}]].", "Of [].", "Of {they}."}) {
    table[3].sentence = sentence;
    EXPECT_FALSE(texts_are_complete(table)) << sentence;
  }
  table[3] = info(reason_at(3));
  table[3].local = "";
  EXPECT_FALSE(texts_are_complete(table));
}

TEST(ReasonTable, TakesNoSentenceThatCallsAReaderAtHomeYou) {
  ReasonTable table = rows();
  EXPECT_TRUE(nobody_at_home_is_called_you(table));
  table[3].at_home = "{they} is at fault.";  // a sentence begins with a capital letter
  EXPECT_FALSE(texts_are_complete(table));
  table[3].at_home = "The fault of {they}, {remote} or {local}.";
  EXPECT_TRUE(texts_are_complete(table));
  for (const auto* const sentence : {"Your certificate is old.", "It is up to you."}) {
    table[3].at_home = sentence;
    EXPECT_FALSE(nobody_at_home_is_called_you(table)) << sentence;
  }
  table[3].at_home = "";
  table[3].sentence = "Renew your certificate.";
  EXPECT_FALSE(nobody_at_home_is_called_you(table));
}

TEST(ReasonTable, TakesNoSentenceForOthersThatTellsOfThisInstallation) {
  ReasonTable table = rows();
  table[3].at_home = "The {resolver} of {they}.";
  EXPECT_TRUE(texts_are_complete(table));
  table[3].sentence = "Asked was {resolver}.";
  EXPECT_FALSE(texts_are_complete(table));
}

TEST(Refusal, NamesTheResolverAtHomeOnly) {
  const auto refusal =
      refuse(Reason::kDnsFailed, {{"detail", "SERVFAIL"}, {"resolver", "asked: R"}});
  EXPECT_EQ(refusal.text, "The remote domain could not be looked up: SERVFAIL.");
  EXPECT_EQ(at_home(refusal, {StreamKind::kS2sOutbound, "peer.example"}),
            "The name of peer.example could not be looked up: SERVFAIL; asked: R.");
  const auto told = for_our_users(refusal);
  EXPECT_EQ(at_home(told, {StreamKind::kS2sOutbound, "peer.example"}),
            "The name of peer.example could not be looked up: SERVFAIL.");
  EXPECT_EQ(told.text, refusal.text);
  const Refusal verbatim{Reason::kDnsFailed, "As it is."};
  EXPECT_EQ(at_home(for_our_users(verbatim), {StreamKind::kS2sOutbound}), "As it is.");
  EXPECT_EQ(at_home(refuse(Reason::kDnsTimeout, {{"resolver", ""}}),
                    {StreamKind::kS2sOutbound, "peer.example"}),
            "The name of peer.example could not be looked up in time.");
}

TEST(ReasonTable, TakesNoAttackThatCanBeWaivedOrPublished) {
  ReasonTable table = rows();
  EXPECT_TRUE(attacks_are_never_waived(table));
  table[index_of(Reason::kXmlInvalid)].waiver = Waiver::kWithPins;
  EXPECT_FALSE(attacks_are_never_waived(table));
  table = rows();
  table[index_of(Reason::kXmlInvalid)].published = PublishedClass::kDialbackOnly;
  EXPECT_FALSE(attacks_are_never_waived(table));
}

TEST(Reason, WhatIsPublishedIsTheFaultOfTheOtherSide) {
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    if (info(reason_at(i)).published == PublishedClass::kNone) continue;
    EXPECT_TRUE(fault_of(reason_at(i), StreamKind::kS2sInbound) == Fault::kPeer ||
                fault_of(reason_at(i), StreamKind::kS2sOutbound) == Fault::kPeer)
        << id(reason_at(i));
  }
  EXPECT_EQ(info(Reason::kCertMissing).published, PublishedClass::kDialbackOnly);
  EXPECT_EQ(info(Reason::kExpired).published, PublishedClass::kUntrustedCertificate);
  EXPECT_EQ(info(Reason::kFederationDenied).published, PublishedClass::kNone);
  EXPECT_EQ(info(Reason::kRefusedByPeer).published, PublishedClass::kNone);
}

TEST(Streams, NameTheKindsThatCanBeRefused) {
  const auto kinds = [](Reason reason) {
    std::string found;
    for (const auto kind : kStreamKinds)
      if (can_refuse(reason, kind)) found += std::string(name(kind)) + " ";
    return found;
  };
  EXPECT_EQ(kinds(Reason::kTlsFailed), "s2s_in s2s_out c2s ");
  EXPECT_EQ(kinds(Reason::kFederationDenied), "s2s_in s2s_out ");
  EXPECT_EQ(kinds(Reason::kNeighbourDenied), "s2s_out ");
  EXPECT_EQ(kinds(Reason::kRateLimited), "s2s_in c2s ");
  EXPECT_EQ(kinds(Reason::kNoSuchService), "s2s_out ");
  EXPECT_EQ(kinds(Reason::kDnsTimeout), "s2s_out ");
  EXPECT_EQ(kinds(Reason::kAddressSpoofed), "");
}

TEST(ReasonTable, AReasonThatNeverOccursIsFound) {
  ReasonTable table = rows();
  EXPECT_TRUE(every_reason_occurs(table));
  table[index_of(Reason::kAddressSpoofed)].while_relaying = false;
  EXPECT_FALSE(every_reason_occurs(table));
}

TEST(Fault, DependsOnWhoOpenedTheStream) {
  for (const auto kind : {StreamKind::kS2sInbound, StreamKind::kC2s}) {
    EXPECT_EQ(fault_of(Reason::kDialbackAttempted, kind), Fault::kPeer);
    EXPECT_EQ(fault_of(Reason::kStarttlsNotOffered, kind), Fault::kLocal);
  }
  EXPECT_EQ(fault_of(Reason::kDialbackAttempted, StreamKind::kS2sOutbound), Fault::kLocal);
  EXPECT_EQ(fault_of(Reason::kStarttlsNotOffered, StreamKind::kS2sOutbound), Fault::kPeer);
  for (const auto kind : kStreamKinds) {
    EXPECT_EQ(fault_of(Reason::kExpired, kind), Fault::kPeer);
    // A stranger can bring these about on every kind of stream.
    EXPECT_EQ(fault_of(Reason::kExternalNotOffered, kind), Fault::kPeer);
    EXPECT_EQ(fault_of(Reason::kRefusedByPeer, kind), Fault::kPeer);
    EXPECT_EQ(fault_of(Reason::kBackendUnavailable, kind), Fault::kLocal);
    EXPECT_EQ(fault_of(Reason::kBackendStopping, kind), Fault::kLocal);
    EXPECT_EQ(fault_of(Reason::kRefusedByBackend, kind), Fault::kPeer);
    EXPECT_EQ(fault_of(Reason::kDnsFailed, kind), Fault::kNetwork);
  }
}

TEST(Reason, ObserveModeNeverLetsAttacksOrImpossibleStreamsThrough) {
  for (const auto reason :
       {Reason::kStarttlsInjection, Reason::kHostUnknown,        Reason::kBadAddress,
        Reason::kTlsFailed,         Reason::kTlsNoCommonSuite,   Reason::kAlpnMismatch,
        Reason::kAuthzidMismatch,   Reason::kIdentityChanged,    Reason::kUnauthenticatedStanza,
        Reason::kAddressSpoofed,    Reason::kXmlRestricted,      Reason::kXmlInvalid,
        Reason::kStanzaTooBig,      Reason::kNegotiationTimeout, Reason::kRateLimited,
        Reason::kBackendChanged,    Reason::kNegotiationTooLong, Reason::kInternalError,
        Reason::kNotTheBackend,     Reason::kBackendUnavailable, Reason::kLocalCaUnavailable,
        Reason::kShuttingDown,      Reason::kRefusedByBackend,   Reason::kBackendStopping,
        Reason::kDirectTlsRefused,  Reason::kNeighbourDenied})
    EXPECT_TRUE(info(reason).always_enforced) << id(reason);
  for (const auto reason :
       {Reason::kPlaintextRefused, Reason::kFederationDenied, Reason::kCertMissing,
        Reason::kSelfSigned, Reason::kExpired, Reason::kNameMismatch, Reason::kRevoked,
        Reason::kDialbackAttempted, Reason::kTlsVersionTooLow, Reason::kTlsNoForwardSecrecy})
    EXPECT_FALSE(info(reason).always_enforced) << id(reason);
}

TEST(ForStrangers, LeavesOutWhatIsAboutThisInstallation) {
  for (const auto reason :
       {Reason::kBackendUnavailable, Reason::kBackendMisconfigured, Reason::kBackendWithoutTls,
        Reason::kBackendChanged, Reason::kLocalCaUnavailable, Reason::kInternalError,
        Reason::kBackendStopping}) {
    EXPECT_TRUE(is_about_us(reason)) << id(reason);
    EXPECT_EQ(for_strangers({reason, "127.0.0.1:15269 is down"}).text, refuse(reason).text);
  }
  // Its own sentence is for the program that is not our backend.
  EXPECT_EQ(for_strangers(refuse(Reason::kNotTheBackend)).reason, Reason::kBackendMisconfigured);
  EXPECT_EQ(for_strangers({Reason::kExpired, "It expired."}).text, "It expired.");
  EXPECT_EQ(for_strangers({Reason::kDnsFailed, "No answer."}).text, "No answer.");
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
