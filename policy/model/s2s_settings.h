#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/model/spki_pin.h"
#include "policy/reasons/reason.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/endpoint.h"
#include "proxy/base/tls_version.h"

namespace portcullis::policy {

// What is demanded of a remote server: the [s2s] table, its rules and its exceptions.

enum class Mode : std::uint8_t {
  kObserve,  // judge, count and log, but let through unauthenticated what is observable
  kEnforce,
};
constexpr std::string_view name(Mode mode) {
  switch (mode) {
    case Mode::kObserve:
      return "observe";
    case Mode::kEnforce:
      return "enforce";
  }
  return "";
}
enum class Dialback : std::uint8_t {
  kRefuse,
  kCertified,  // db:result is answered from the verified certificate alone (XEP-0344)
};
// Whether we authenticate ourselves by dialback to a peer whose certificate was verified, but which
// takes no SASL EXTERNAL from us.
enum class OriginateDialback : std::uint8_t { kNever, kCertified };
enum class Revocation : std::uint8_t {
  kOff,
  kCrlSoft,  // a certificate for which there is no current list in the right scope passes
  kCrlHard,  // it does not
};

// What authenticates a server; any one that is set suffices.
struct AuthMethods {
  bool pkix = true;  // a chain to `roots`, and the name
  bool pin = false;  // the leaf's key is one of `pins`; chain, validity and name do not count
  bool operator==(const AuthMethods&) const = default;
};
struct AllowedCurves {
  bool p256 = true, p384 = true, p521 = true, ed25519 = true, ed448 = true;
  bool operator==(const AllowedCurves&) const = default;
};
struct AllowedSignatures {
  bool sha256 = true, sha384 = true, sha512 = true, eddsa = true;
  bool operator==(const AllowedSignatures&) const = default;
};

// Key exchange over finite fields, which is dear to us and free for a stranger who asks for it.
enum class FiniteField : std::uint8_t {
  kOff,
  kFfdhe2048,  // the one group of RFC 7919 that costs little, for peers that know nothing newer
};

// Which of a rule's domains are called through its proxy.
enum class ViaFor : std::uint8_t {
  kOnion,  // those below .onion, which DNS does not know
  kAny,    // all; then the proxy looks up their names, and nobody here sees the addresses
};

// Every value that can differ from one remote domain to another.
struct S2sSettings {
  Mode mode = Mode::kEnforce;  // of [policy], or of the rule
  TlsVersion min_tls = TlsVersion::kTls12;
  FiniteField finite_field = FiniteField::kOff;
  AuthMethods auth;
  std::vector<SpkiPin> pins;
  Dialback dialback = Dialback::kRefuse;
  OriginateDialback originate_dialback = OriginateDialback::kNever;
  std::string roots = "system";  // or a PEM file, which then replaces the system's store
  bool x509_strict = true;
  int min_rsa_bits = 2048;
  AllowedCurves curves;
  AllowedSignatures signatures;
  int max_chain = 5;  // intermediates
  Revocation revocation = Revocation::kCrlSoft;
  std::vector<std::string> crls;  // PEM files; the last part of a path may be "*.pem"
  bool must_staple = true;        // honour the TLS feature extension
  std::optional<Endpoint> via;    // of a rule: the SOCKS5 proxy, an address
  ViaFor via_for = ViaFor::kOnion;
  std::uint16_t via_port = 5269;  // at which the proxy is asked for the domain
  bool operator==(const S2sSettings&) const = default;
};

struct S2sRule {
  std::vector<std::string> match;  // normalised: exact names, or "*.suffix" for all below it
  std::string note;
  S2sSettings settings;  // complete: what the rule does not set is that of [s2s]
  std::string path;      // "s2s.rule[0]", for Config::lines
};

// Temporary, for one exact domain.
struct S2sException {
  DomainName domain;
  std::vector<Reason> allow;
  std::vector<SpkiPin> pins;    // needed when a reason in `allow` leaves open who the peer is
  std::chrono::sys_days until;  // the last day on which it holds; ends at 00:00 UTC after it
  std::string why;
  std::string path;  // "s2s.exception[0]"

  std::chrono::sys_seconds last_second() const {
    return until + std::chrono::days(1) - std::chrono::seconds(1);
  }
  bool holds_at(std::chrono::sys_seconds now) const { return now <= last_second(); }
};

}  // namespace portcullis::policy
