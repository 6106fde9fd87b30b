#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proxy/xmpp/guard.h"

namespace portcullis::xmpp {

// Recognises the plain stanzas that servers and clients usually send, in one pass and without a
// parser: message, presence or iq in the stream's default namespace, no prefixes except xml:lang
// and xml:space, ASCII names, default namespaces declared by plain URIs, only the five predefined
// references, no CDATA. Such a stanza is accepted only if it obeys all rules of expat and
// judge_first_level() (docs/decisions/0005). This class refuses nothing: what it does not accept is
// judged by expat. It keeps nothing between calls.
class PlainStanza {
 public:
  enum class Answer : std::uint8_t {
    kAccepted,
    kIncomplete,  // the bytes end before the element does, or it is too big
    kUnsure,
  };
  struct Verdict {
    Answer answer;
    std::size_t length;   // of the accepted stanza, in bytes; else 0
    std::size_t tag = 0;  // of its start tag
    bool operator==(const Verdict&) const = default;
  };

  // `rules` must outlive this.
  explicit PlainStanza(const GuardRules& rules) : rules_(rules) {}

  // `bytes` begins where a first-level element should begin.
  Verdict check(std::string_view bytes) const;
  // Whether `tag`, the start tag of a first-level element from '<' to '>', may begin a plain
  // stanza.
  bool accepts_start(std::string_view tag) const;

 private:
  const GuardRules& rules_;
};

}  // namespace portcullis::xmpp
