#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/reasons/reason.h"
#include "proxy/base/domain_name.h"
#include "proxy/xmpp/element.h"
#include "proxy/xmpp/stream_header.h"

namespace portcullis::xmpp {

// What may pass in one direction of a bridge.
struct GuardRules {
  enum class Traffic : std::uint8_t {
    kS2sStanzas,    // message, presence, iq whose from and to domains equal the pair
    kS2sSilent,     // the return direction of an s2s stream: no stanza at all
    kClientToHost,  // c2s: stanzas and stream elements except STARTTLS, SASL, compression, dialback
    kHostToClient,
    // An unauthenticated stream that is observed, from the initiating to the receiving entity:
    // message, presence, iq, and the requests of dialback, <result/> and <verify/> without `type`.
    kS2sObserved,
    kS2sObservedAnswers,  // its return direction: the answers, which have one, and nothing else
  };
  Traffic traffic = Traffic::kS2sStanzas;
  // s2s: the pair as seen in this direction. `from` is the domain of the end whose bytes are read,
  // so the return direction has the two swapped. Unused on c2s, and for kS2sSilent without
  // `dialback_verify`. One that is not set equals no domain.
  std::optional<DomainName> from;
  std::optional<DomainName> to;
  // kS2sObserved and kS2sObservedAnswers: whether elements of another pair, as seen in this
  // direction, may pass (XEP-0220 section 2.3, piggybacking). Not asked about the pair above. Must
  // not throw: expat's frames are on the stack.
  std::function<bool(const DomainName& from, const DomainName& to)> admits;
  // kS2sStanzas: <verify/> of dialback without a `type`, which is a request, passes too.
  // kS2sSilent: <verify/> with a `type`, the answer, does. Both for the pair alone.
  bool dialback_verify = false;
  std::string content_ns;                      // jabber:server or jabber:client
  std::vector<NamespaceDeclaration> declared;  // of this end's last stream header
  std::size_t stanza_bytes = std::size_t{512} * 1024;
  std::size_t depth = 64;
  std::size_t attributes = 128;
};

struct GuardEnded {};  // </stream:stream>
struct GuardStreamError {
  Element error;
};  // <stream:error/> of this end; not forwarded
struct GuardFault {
  policy::Reason reason;  // address_spoofed, xml_*, stanza_too_big, dialback_attempted, ...
  std::string detail;     // fit for the sentence; names no user
  // address_spoofed: what RFC 6120 wants there (invalid-from or improper-addressing); else empty.
  std::string_view condition;
};
using GuardStop = std::variant<GuardEnded, GuardStreamError, GuardFault>;

// Elements of dialback are known by their namespace, whatever the prefix; the addresses on them are
// domains without local part and resource. Where they may pass and this end's header declares the
// prefix "db", the far end has to be sent a header that does so too: write_header() with dialback.
//
// Inspects a relayed stream. Only whole first-level elements that passed every rule are handed
// on, byte for byte; whitespace between them is passed on as at most one space per call. At most
// `stanza_bytes` are held. What PlainStanza does not accept expat reads once, when all of it is
// here, and its start tag as soon as that is here. No parser outlives a call.
class Guard {
 public:
  explicit Guard(GuardRules rules);
  Guard(Guard&&) noexcept;
  Guard& operator=(Guard&&) noexcept;
  ~Guard();

  // Appends to `out` what may be sent on. A returned stop ends the direction: nothing behind it
  // is looked at, and feed() must not be called again.
  std::optional<GuardStop> feed(std::string_view bytes, std::string& out);

  std::uint64_t stanzas() const;
  std::size_t held_bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::xmpp
