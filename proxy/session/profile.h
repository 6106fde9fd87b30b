#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/reasons/reason.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/endpoint.h"
#include "proxy/base/stream_kind.h"
#include "proxy/session/login_attempts.h"
#include "proxy/xmpp/dialback.h"
#include "proxy/xmpp/dialback_key.h"
#include "proxy/xmpp/stream_header.h"
#include "proxy/xmpp/stream_limits.h"

namespace portcullis::session {

// Makes fresh, unpredictable stream ids (RFC 6120 section 4.7.3). It is passed in, because a leg
// makes no random numbers itself.
using StreamIdSource = std::function<std::string()>;
// The domain as the operator wrote it, if it is served here; else nullptr. Every name of ours on a
// stream comes from here, because the operator's server knows only that spelling. It is passed in,
// from the configuration snapshot; what it points to lives as long as the function.
using ServedDomains = std::function<const DomainName*(const DomainName&)>;

// Puts behind a refusal where the other side can ask about it. It is passed in, because the
// operator configures it; what it uses must outlive the leg. If empty, nothing is added.
using AddHelp = std::function<policy::Refusal(policy::Refusal)>;

// What the policy says about a remote domain, for one of ours, before the domain is judged.
struct RemoteStance {
  bool observe = false;             // what is wrong is only noted, not refused
  bool certified_dialback = false;  // db:result is answered from the verified certificate
  bool answers_keys = false;        // db:verify is answered from our keys, if it is identified
};
using RemoteStances =
    std::function<RemoteStance(const DomainName& local, const DomainName& remote)>;

// Server dialback with the operator's own server, where it cannot do SASL EXTERNAL; and `knows`
// alone with peers that take no SASL EXTERNAL from us. Both are passed in, from the configuration
// and the keys; if they are empty, there is no dialback.
struct DialbackTerms {
  // Whether a stream of the backend is authenticated by dialback. Asked with the domain of ours for
  // which its header or its <db:result/> speaks; nullptr: its header names none.
  std::function<bool(const DomainName* local)> spoken;
  // Whether a <db:verify/> of this end asks about a key of ours.
  std::function<bool(const xmpp::DialbackRequest&)> knows;
};

// How an initiating leg between servers sets up its stream.
enum class Approach : std::uint8_t {
  kAuthenticate,    // TLS and SASL EXTERNAL, or it fails
  kAnonymousClear,  // toward the backend in observe mode: no TLS, no authentication
  kAnonymousTls,    // the same, but with TLS (no certificate) if the backend offers it
  kObserve,         // toward a peer in observe mode: TLS and EXTERNAL if it can
  kDialback,        // toward the backend: server dialback with a key of ours, or it fails
  // Toward a peer: as kAuthenticate, but where it takes no EXTERNAL from us, server dialback with a
  // key of ours on that TLS stream.
  kExternalOrDialback,
};
// Whether TLS and the other end's certificate are demanded, and EXTERNAL comes first.
constexpr bool is_certified(Approach approach) {
  return approach == Approach::kAuthenticate || approach == Approach::kExternalOrDialback;
}
// Whether nobody authenticates on such a leg.
constexpr bool is_observed(Approach approach) {
  return !is_certified(approach) && approach != Approach::kDialback;
}

// What differs between the legs of which we are the receiving entity.
struct ReceivingProfile {
  StreamKind kind = StreamKind::kS2sInbound;
  Side side = Side::kWan;  // kBackend: a stream from our backend to a peer (s2s_out)
  TlsEntry entry = TlsEntry::kStartTls;
  std::chrono::milliseconds before_tls{10'000};
  std::chrono::milliseconds negotiation{30'000};  // from the end of the TLS handshake
  // What we take of this end (XEP-0478): once it may send stanzas, and of a client that logs in.
  xmpp::StreamLimits limits{512 * 1024, 4 * 60 * 60};
  xmpp::StreamLimits login_limits{10'000, 60};
  ServedDomains serves;
  // Toward a backend: whether the gate connects these two domains, which both are served here. If
  // empty, none are.
  std::function<bool(const DomainName& local, const DomainName& remote)> connects;
  RemoteStances stance;         // s2s; if empty, everything is enforced
  bool judges_clients = false;  // c2s: there is something to judge
  // Toward the backend of that domain of ours: a stream that is refused is accepted first, so that
  // its stanzas can be answered. If empty, none is.
  std::function<bool(const DomainName&)> answers_refused;
  DialbackTerms dialback;
  StreamIdSource new_stream_id;
  AddHelp add_help;
  AttemptCounter attempts;  // c2s
};

// The same for the legs of which we are the initiating entity. The domain pair is known from the
// start.
struct InitiatingProfile {
  StreamKind kind = StreamKind::kS2sInbound;
  Side side = Side::kBackend;            // kWan: toward the peer (s2s_out)
  TlsEntry entry = TlsEntry::kStartTls;  // c2s: used with client_tls only
  // from and to of our stream header. s2s_in: from = peer, to = our host. s2s_out: the reverse.
  // c2s: `to` is our host; `from` is empty, because our header says what the client's header says.
  std::optional<DomainName> from;
  DomainName to;
  // How long the other end may take for its part. The time spent waiting for the far leg is not
  // counted; the deadline of that leg bounds it.
  std::chrono::milliseconds negotiation{10'000};
  Approach approach = Approach::kAuthenticate;
  // c2s: the backend is reached by TLS and judged by its certificate, and until it is accepted
  // nothing of the client's is sent to it. Without it, the leg stays in the clear.
  bool client_tls = false;
  // With client_tls: logins may be bound to the certificate that the backend shows
  // (tls-server-end-point), if PeerAccepted says so.
  bool end_point_binding = false;
  // Used on c2s, and with every approach except kAuthenticate: the header of the end at the other
  // leg. Our first header repeats its xml:lang and prefixes; with client_tls or
  // kExternalOrDialback, the first one after this end was accepted. It is shared and not copied;
  // the leg drops it once it is used.
  std::shared_ptr<const xmpp::StreamHeader> initial_header;
  AddHelp add_help = {};
  // Where the backend may send others with <see-other-host/>; null: nowhere.
  std::shared_ptr<const std::vector<Endpoint>> redirects = {};
  // Used with kDialback and kExternalOrDialback, and never null there.
  std::shared_ptr<const xmpp::DialbackKeys> dialback_keys = {};
};

}  // namespace portcullis::session
