#include "proxy/probe/words.h"

#include <algorithm>
#include <vector>

#include "certs/x509/certificate_text.h"

namespace portcullis::probe {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const auto& one : words) {
    if (!text.empty()) text += between;
    text += one;
  }
  return text;
}

std::string names_in(const examine::CertificateFacts& facts) {
  if (!facts.names_fault.empty()) return "unreadable names (" + facts.names_fault + ")";
  if (facts.names.empty()) return "no name in subjectAltName";
  auto names = facts.names;
  constexpr std::size_t kShown = 5;
  const auto more =
      facts.more_names + (names.size() > kShown ? names.size() - kShown : std::size_t{0});
  names.resize(std::min(names.size(), kShown));
  auto text = "for " + joined(names, ", ");
  if (more != 0) text += " and " + std::to_string(more) + " more";
  return text;
}

}  // namespace

std::string_view word(net::DnsSigned::Verdict verdict) {
  using Verdict = net::DnsSigned::Verdict;
  switch (verdict) {
    case Verdict::kUnchecked:
      return "not checked";
    case Verdict::kNo:
      return "not signed";
    case Verdict::kYes:
      return "signed";
    case Verdict::kBogus:
      return "wrong signature";
  }
  return "";
}

std::string_view place(examine::Stage stage) {
  using examine::Stage;
  switch (stage) {
    case Stage::kConnecting:
      return "while connecting";
    case Stage::kClear:
      return "before TLS";
    case Stage::kHandshake:
      return "in the TLS handshake";
    case Stage::kSecured:
      return "under TLS";
    case Stage::kLogin:
      return "at SASL EXTERNAL";
    case Stage::kDone:
      return "at the end";
  }
  return "";
}

std::string_view id(examine::Stage stage) {
  using examine::Stage;
  switch (stage) {
    case Stage::kConnecting:
      return "connecting";
    case Stage::kClear:
      return "clear";
    case Stage::kHandshake:
      return "handshake";
    case Stage::kSecured:
      return "secured";
    case Stage::kLogin:
      return "login";
    case Stage::kDone:
      return "done";
  }
  return "";
}

std::string_view id(examine::Login login) {
  using examine::Login;
  switch (login) {
    case Login::kNotTried:
      return "not_tried";
    case Login::kNotOffered:
      return "not_offered";
    case Login::kAccepted:
      return "accepted";
    case Login::kDeclined:
      return "declined";
  }
  return "";
}

std::string_view title(TlsEntry entry) {
  switch (entry) {
    case TlsEntry::kStartTls:
      return "STARTTLS";
    case TlsEntry::kDirectTls:
      return "direct TLS";
  }
  return "";
}

std::string summary(const examine::CertificateFacts& facts) {
  return facts.key + " " + names_in(facts) + "; until " + certs::minute_text(facts.not_after) +
         "; issued by " + facts.issuer;
}

std::string summary(const examine::Offer& offer) {
  auto offered = offer.mechanisms;
  if (offer.sasl2) offered.emplace_back("SASL2");
  if (offer.dialback) offered.emplace_back("dialback");
  if (offer.bidi) offered.emplace_back("bidi");
  auto text = offered.empty() ? std::string("nothing") : joined(offered, ", ");
  if (!offer.bindings.empty()) text += "; channel binding: " + joined(offer.bindings, ", ");
  if (offer.limits.max_bytes)
    text += "; stanzas to " + std::to_string(*offer.limits.max_bytes) + " octets";
  if (offer.limits.idle_seconds)
    text += "; idle to " + std::to_string(*offer.limits.idle_seconds) + " s";
  return text;
}

}  // namespace portcullis::probe
