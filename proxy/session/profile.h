#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "proxy/base/domain_name.h"
#include "proxy/base/stream_kind.h"
#include "proxy/xmpp/stream_header.h"

namespace portcullis::session {

// Fresh, unpredictable stream ids (RFC 6120 section 4.7.3). Injected: a leg makes no randomness.
using StreamIdSource = std::function<std::string()>;
// Whether a domain is served here. Injected from the configuration snapshot.
using ServedDomains = std::function<bool(const DomainName&)>;

// What the policy says of a remote domain before it is judged.
struct RemoteStance {
  bool observe = false;             // what is wrong with it is only noted
  bool certified_dialback = false;  // db:result is answered from the verified certificate
};
using RemoteStances = std::function<RemoteStance(const DomainName&)>;

// How an initiating leg between servers goes about it.
enum class Approach : std::uint8_t {
  kAuthenticate,    // TLS and SASL EXTERNAL, or nothing
  kAnonymousClear,  // toward the backend in observe mode: no TLS, no authentication
  kAnonymousTls,    // the same; TLS where the backend offers it, without a certificate
  kObserve,         // toward a peer in observe mode: as far as it goes
};

// What differs between the legs of which we are the receiving entity.
struct ReceivingProfile {
  StreamKind kind = StreamKind::kS2sInbound;
  Side side = Side::kWan;  // kBackend: the captured stream of the backend (s2s_out)
  TlsEntry entry = TlsEntry::kStartTls;
  std::chrono::milliseconds before_tls{10'000};
  std::chrono::milliseconds negotiation{30'000};       // from the end of the TLS handshake
  std::size_t stanza_bytes = std::size_t{512} * 1024;  // advertised by XEP-0478
  ServedDomains serves;
  RemoteStances stance;         // s2s; empty: everything is enforced
  bool judges_clients = false;  // c2s: certificates are asked for
  StreamIdSource new_stream_id;
};

// The same for legs of which we are the initiating entity. The pair is known from the start.
struct InitiatingProfile {
  StreamKind kind = StreamKind::kS2sInbound;
  Side side = Side::kBackend;            // kWan: toward the peer (s2s_out)
  TlsEntry entry = TlsEntry::kStartTls;  // unused on c2s, whose backend leg is plain TCP
  // from and to of our stream header. s2s_in: from = peer, to = our host. s2s_out: the reverse.
  // c2s: `to` is our host; `from` is empty, because our header says what the client's header says.
  std::optional<DomainName> from;
  DomainName to;
  // How long the other end may take for its part. The time spent waiting for the far leg is not
  // counted; the deadline of that leg bounds it.
  std::chrono::milliseconds negotiation{10'000};
  Approach approach = Approach::kAuthenticate;
  // c2s, and every approach but kAuthenticate: the near end's header. Its xml:lang and prefixes are
  // repeated on our first header. Shared, for the leg lets go of it once it has begun.
  std::shared_ptr<const xmpp::StreamHeader> initial_header;
};

}  // namespace portcullis::session
