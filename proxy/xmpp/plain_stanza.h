#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proxy/xmpp/guard.h"

namespace portcullis::xmpp {

// Recognises stanzas of the plain kind that servers and clients send, in one pass and without a
// parser: message, presence or iq in the stream's default namespace, nothing in it that has a
// prefix but xml:lang and xml:space, ASCII names, default namespaces declared by plain URIs, no
// reference but the five predefined ones, no CDATA. Such a stanza is accepted only if it obeys all
// that expat and judge_first_level() ask for (docs/decisions/0005). It refuses nothing: whatever
// is not accepted is for expat to judge. Keeps nothing between calls.
class PlainStanza {
 public:
  enum class Answer : std::uint8_t {
    kAccepted,
    kIncomplete,  // the bytes end before the element does, or it is too big
    kUnsure,
  };
  struct Verdict {
    Answer answer;
    std::size_t length;  // of the accepted stanza; else 0
    bool operator==(const Verdict&) const = default;
  };

  // `rules` must outlive this.
  explicit PlainStanza(const GuardRules& rules) : rules_(rules) {}

  // `bytes` begins where a first-level element should.
  Verdict check(std::string_view bytes) const;
  // Whether the start tag of a first-level element, `tag` from '<' to '>', may begin a stanza.
  bool accepts_start(std::string_view tag) const;

 private:
  const GuardRules& rules_;
};

}  // namespace portcullis::xmpp
