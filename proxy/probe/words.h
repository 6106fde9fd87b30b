#pragma once

#include <string>
#include <string_view>

#include "proxy/examine/certificate_facts.h"
#include "proxy/net/dns_signed.h"
#include "proxy/probe/findings.h"

namespace portcullis::probe {

// What both ways to show the findings have in common.

// "signed", "not signed", "wrong signature", "not checked"
std::string_view word(net::DnsSigned::Verdict verdict);
// "in the TLS handshake"
std::string_view place(examine::Stage stage);
// "connecting", "clear", "handshake", "secured", "login", "done": for programs
std::string_view id(examine::Stage stage);
// "not_tried", "not_offered", "accepted", "declined": for programs
std::string_view id(examine::Login login);
// "STARTTLS", "direct TLS"
std::string_view title(TlsEntry entry);
// "ECDSA P-256 for a.example, *.a.example; until 2026-11-02 14:05 UTC; issued by CN=R3"
std::string summary(const examine::CertificateFacts& facts);
// "EXTERNAL, dialback, bidi; stanzas to 524288 octets, idle 14400 s"; "nothing" if that is so.
std::string summary(const examine::Offer& offer);

}  // namespace portcullis::probe
