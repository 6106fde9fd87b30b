#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/verify/types/presented_chain.h"
#include "policy/reasons/reason.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/stream_kind.h"
#include "proxy/tls/engine.h"
#include "proxy/xmpp/stream_limits.h"

namespace portcullis::examine {

// What is wanted to be known of the server at one address, and what was found out.

// How far an examination goes. Each holds what those before it tell.
enum class Depth : std::uint8_t {
  kClear,      // up to the stream features before TLS
  kHandshake,  // up to the end of the TLS handshake: what certificate is shown
  kOffer,      // the stream features under TLS, too
  kLogin,      // between servers: SASL EXTERNAL, too, if it is offered
};

struct Question {
  StreamKind kind = StreamKind::kS2sOutbound;  // kC2s: we are a client. Else we are a server.
  TlsEntry entry = TlsEntry::kStartTls;
  DomainName domain;                    // `to` of our header
  std::optional<DomainName> from = {};  // between servers: `from` of our header; for kLogin
  Depth depth = Depth::kOffer;
  std::string preface = {};  // octets that are sent before everything else: a PROXY header
  // For the connection and all that is said on it together.
  std::chrono::milliseconds time{10'000};
};

// How far it came.
enum class Stage : std::uint8_t {
  kConnecting,
  kClear,  // the stream before TLS
  kHandshake,
  kSecured,  // the stream under TLS
  kLogin,
  kDone,
};

// What stream features offer.
struct Offer {
  bool starttls = false;
  bool starttls_required = false;
  bool dialback = false;
  bool bidi = false;  // XEP-0288
  bool sasl2 = false;
  xmpp::StreamLimits limits = {};            // XEP-0478
  std::vector<std::string> mechanisms = {};  // of SASL; printable, kMostWords at most
  std::vector<std::string> bindings = {};    // types of channel binding (XEP-0440); the same
  bool operator==(const Offer&) const = default;

  static constexpr std::size_t kMostWords = 24;
  bool has_mechanism(std::string_view name) const;
};

// What became of SASL EXTERNAL with the certificate that we showed.
enum class Login : std::uint8_t { kNotTried, kNotOffered, kAccepted, kDeclined };

struct Findings {
  struct Failure {
    Stage stage = Stage::kConnecting;
    policy::Refusal refusal;  // as a stream of ours would be refused
    // Of the stream error that it said; printable, empty: none.
    std::string condition = {};
  };
  struct Tls {
    tls::Facts facts;
    certs::PresentedChain chain;  // not judged
  };

  Stage stage = Stage::kConnecting;   // how far it came; kDone: all that was asked is known
  std::string content_ns = {};        // of the first stream header that came; printable
  std::optional<Offer> clear = {};    // before TLS; never with direct TLS
  std::optional<Tls> tls = {};        // empty: there was no handshake, or it failed
  std::optional<Offer> secured = {};  // under TLS
  Login login = Login::kNotTried;
  std::string login_words = {};         // kDeclined: condition and text; printable
  std::optional<Failure> failure = {};  // why not all is known
};

}  // namespace portcullis::examine
