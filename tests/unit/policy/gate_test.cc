#include "policy/decide/gate.h"

#include <gtest/gtest.h>

namespace portcullis::policy {
namespace {

constexpr TlsVersion kTls12 = TlsVersion::kTls12;
constexpr TlsVersion kTls13 = TlsVersion::kTls13;

Evidence evidence(std::string_view remote, TlsVersion tls,
                  std::optional<Refusal> certificate = std::nullopt) {
  return {DomainName::parse(remote).value(), tls, std::move(certificate), {}};
}

// What decides about `seen`; empty: accepted.
std::optional<Refusal> refusal_of(const Config& config, const Evidence& seen) {
  return certificate_gate(config, seen, {}).refusal;
}

std::optional<Reason> reason_of(const std::optional<Refusal>& refusal) {
  if (!refusal) return std::nullopt;
  return refusal->reason;
}

TEST(CertificateGate, LetsAGoodPeerAuthenticate) {
  EXPECT_EQ(reason_of(refusal_of({}, evidence("a.example", kTls12))), std::nullopt);
  EXPECT_EQ(reason_of(refusal_of({}, evidence("a.example", kTls13))), std::nullopt);
}

TEST(CertificateGate, RefusesADeniedDomain) {
  Config config;
  config.federation.deny = {"a.example"};
  const auto refusal = refusal_of(config, evidence("a.example", kTls13));
  ASSERT_EQ(reason_of(refusal), Reason::kFederationDenied);
  EXPECT_EQ(refusal->text, "Our policy does not federate with a.example.");
  EXPECT_EQ(reason_of(refusal_of(config, evidence("b.example", kTls13))), std::nullopt);
}

TEST(CertificateGate, RefusesTlsBelowTheFloor) {
  Config config;
  config.s2s.settings.min_tls = TlsVersion::kTls13;
  const auto refusal = refusal_of(config, evidence("a.example", kTls12));
  ASSERT_EQ(reason_of(refusal), Reason::kTlsVersionTooLow);
  EXPECT_EQ(
      refusal->text,
      "TLS 1.2 was offered, but TLS 1.3 is the least accepted here. Update your TLS library.");
  EXPECT_EQ(reason_of(refusal_of(config, evidence("a.example", kTls13))), std::nullopt);
}

TEST(CertificateGate, RefusesAConnectionWithoutTls) {
  EXPECT_EQ(reason_of(refusal_of({}, evidence("a.example", TlsVersion::kUnknown))),
            Reason::kTlsVersionTooLow);
  EXPECT_EQ(reason_of(refusal_of({}, evidence("a.example", TlsVersion::kTls11))),
            Reason::kTlsVersionTooLow);
}

TEST(CertificateGate, RefusesKeyExchangeWithoutForwardSecrecy) {
  Config config;
  auto seen = evidence("a.example", kTls12);
  seen.forward_secrecy = false;
  EXPECT_EQ(certificate_gate(config, seen, {}).verdict, Verdict::kRejected);
  EXPECT_EQ(reason_of(refusal_of(config, seen)), Reason::kTlsNoForwardSecrecy);
  config.s2s.settings.mode = Mode::kObserve;
  EXPECT_EQ(certificate_gate(config, seen, {}).verdict, Verdict::kWouldReject);
  EXPECT_EQ(reason_of(refusal_of(config, seen)), Reason::kTlsNoForwardSecrecy);
  config.forward_secrecy = false;
  EXPECT_EQ(certificate_gate(config, seen, {}).verdict, Verdict::kAccepted);
}

TEST(CertificateGate, PassesOnWhatVerificationFound) {
  const auto refusal = refusal_of(
      {}, evidence("a.example", kTls13, refuse(Reason::kExpired, {{"date", "2026-01-02"}})));
  ASSERT_EQ(reason_of(refusal), Reason::kExpired);
  EXPECT_EQ(refusal->text,
            "Your certificate expired on 2026-01-02. Renew it and reload your server.");
}

TEST(CertificateGate, TheFirstFailureNamesTheReason) {
  Config config;
  config.s2s.settings.min_tls = TlsVersion::kTls13;
  const auto bad = refuse(Reason::kSelfSigned);
  EXPECT_EQ(reason_of(refusal_of(config, evidence("a.example", kTls12, bad))),
            Reason::kTlsVersionTooLow);
  config.federation.allow_by_default = false;
  EXPECT_EQ(reason_of(refusal_of(config, evidence("a.example", kTls12, bad))),
            Reason::kFederationDenied);
}

TEST(WithHelp, TellsWhomToAskAndWhereToRead) {
  Config config;
  config.contact = "xmpp:operator@example.org";
  config.help_url = "https://example.org/xmpp#{reason}";
  EXPECT_EQ(with_help(config, {Reason::kCertMissing, "No certificate."}).text,
            "No certificate. Contact: xmpp:operator@example.org Help: "
            "https://example.org/xmpp#cert_missing");
  config.contact.clear();
  config.help_url = "https://example.org/xmpp";
  EXPECT_EQ(with_help(config, {Reason::kCertMissing, "No certificate."}).text,
            "No certificate. Help: https://example.org/xmpp");
}

TEST(WithHelp, IsASentenceOfItsOwn) {
  Config config;
  config.contact = "xmpp:op@legacy.example";
  for (const std::string text : {"Free at 19:23 UTC", "Free at 19:23 UTC."})
    EXPECT_EQ(with_help(config, {Reason::kRefusedByBackend, text}).text,
              "Free at 19:23 UTC. Contact: xmpp:op@legacy.example");
}

TEST(WithHelp, IsAddedOnce) {
  Config config;
  config.contact = "xmpp:operator@example.org";
  const auto once = with_help(config, {Reason::kCertMissing, "No certificate."});
  EXPECT_EQ(with_help(config, once).text, once.text);
}

TEST(WithHelp, AddsNothingWithoutSettings) {
  EXPECT_EQ(with_help({}, {Reason::kCertMissing, "No certificate."}).text, "No certificate.");
}

TEST(WithHelp, AnEndlessSentenceDoesNotPushTheHelpOut) {
  Config config;
  config.help_url = "https://example.org/xmpp#{reason}";
  const auto text = with_help(config, {Reason::kCertMissing, std::string(5'000, 'x')}).text;
  EXPECT_EQ(text.size(), 512U);
  EXPECT_TRUE(text.ends_with(" Help: https://example.org/xmpp#cert_missing"));
}

}  // namespace
}  // namespace portcullis::policy
