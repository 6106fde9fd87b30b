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
#include "proxy/base/gathered.h"
#include "proxy/xmpp/dialback_questions.h"
#include "proxy/xmpp/element.h"
#include "proxy/xmpp/stream_header.h"

namespace portcullis::xmpp {

// What may pass in one direction of a bridge.
struct GuardRules {
  enum class Traffic : std::uint8_t {
    kS2sStanzas,    // message, presence, iq whose from and to domains equal the pair
    kS2sSilent,     // the return direction of an s2s stream: no stanza may pass
    kClientToHost,  // c2s: stanzas and stream elements except STARTTLS, SASL, compression, dialback
    kHostToClient,
    // An unauthenticated stream that is observed, from the initiating to the receiving entity:
    // message, presence, iq, and the requests of dialback, <result/> and <verify/> without `type`.
    kS2sObserved,
    // The return direction of kS2sObserved: only answers, with `type`, to what was asked.
    kS2sObservedAnswers,
  };
  Traffic traffic = Traffic::kS2sStanzas;
  // s2s: the pair as seen in this direction. `from` is the domain of the end whose bytes are read,
  // so in the return direction the two are swapped. Not used on c2s, nor for kS2sSilent without
  // `dialback_verify`. If one of them is not set, every domain is refused in its place.
  std::optional<DomainName> from;
  std::optional<DomainName> to;
  // Only for kS2sObserved: whether elements of another pair may pass (XEP-0220 section 2.3,
  // piggybacking). It is not called for the pair above, nor for answers. It must not throw, because
  // expat's frames are on the stack.
  std::function<bool(const DomainName& from, const DomainName& to)> admits;
  // With kS2sStanzas, a dialback <verify/> without a `type` passes, too: that is a request. With
  // kS2sSilent, a <verify/> with a `type` passes: that is the answer. Both only for the pair above.
  bool dialback_verify = false;
  // The backend is authenticated by dialback, and asks on this stream. Whole elements of dialback
  // are taken out of it, whatever their addresses: take_dialback(). Nothing of them passes.
  bool takes_dialback = false;
  // Where dialback may pass: the questions of this stream, shared by the guards of both its
  // directions. Requests that pass are noted in it, and answers pass only if their question is open
  // there. Without it no request and no answer passes.
  std::shared_ptr<DialbackQuestions> questions;
  // How the end whose bytes are read writes domains. With kALabels, the A-labels of the pair in the
  // addresses of a first-level element become wire() before the element is judged (address_form.h).
  NameForm names = NameForm::kUnicode;
  std::string content_ns;                      // jabber:server or jabber:client
  std::vector<NamespaceDeclaration> declared;  // of this end's last stream header
  std::size_t stanza_bytes = std::size_t{512} * 1024;
  // Only for kS2sObserved: what one element may have until an answer in `questions` says that a key
  // is good. Before that no stanza is legal, and whoever sends one is a stranger. 0: as above.
  std::size_t unproved_bytes = 0;
  std::size_t depth = 64;
  std::size_t attributes = 128;
};

struct GuardEnded {};  // </stream:stream>
struct GuardStreamError {
  Element error;
};  // <stream:error/> of this end; not forwarded
struct GuardFault {
  policy::Reason reason;  // address_spoofed, xml_*, stanza_too_big, dialback_attempted, ...
  std::string detail;     // a part of the reason's sentence; names no user
  // For address_spoofed, the stream error that RFC 6120 wants: invalid-from or improper-addressing.
  // Otherwise empty: the condition of `reason` is used.
  std::string_view condition;
};
using GuardStop = std::variant<GuardEnded, GuardStreamError, GuardFault>;

// Where a stanza stands in what a guard has passed on.
struct StanzaMark {
  std::size_t begin;
  std::size_t tag;  // the length of its start tag
  std::size_t end;
};

// Dialback elements are recognised by their namespace; their prefix does not matter. Their
// addresses are domains without local part and resource. If they may pass and this end's header
// declares the prefix "db", the header that is sent to the far end must declare it, too:
// write_header() with dialback.
//
// Inspects a relayed stream. Only whole first-level elements that passed every rule are handed on,
// as the bytes that were judged, which are those that came (but see GuardRules::names); whitespace
// between them is passed on as at most one space per call. At most `stanza_bytes` are held. What
// PlainStanza does not accept is judged by expat: its start tag as soon as the tag is complete, and
// the whole element once, when it is complete. No parser outlives a call.
class Guard {
 public:
  explicit Guard(GuardRules rules);
  Guard(Guard&&) noexcept;
  Guard& operator=(Guard&&) noexcept;
  ~Guard();

  // Adds to `out` what may be sent on; parts of `bytes` may be lent to it. A stop ends this
  // direction: the bytes after it are not looked at, and feed() must not be called again. If
  // `marks` is given, a mark for each stanza is appended to it; it counts from the begin of `out`.
  std::optional<GuardStop> feed(std::string_view bytes, Gathered& out,
                                std::vector<StanzaMark>* marks = nullptr);

  std::uint64_t stanzas() const;
  // kHostToClient: whether the host has said that stream management is in force (XEP-0198
  // <enabled/> or <resumed/>). Then both ends know themselves what has not arrived.
  bool managed() const;
  std::size_t held_bytes() const;
  // The elements of dialback since the last call, with GuardRules::takes_dialback.
  std::vector<Element> take_dialback();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::xmpp
