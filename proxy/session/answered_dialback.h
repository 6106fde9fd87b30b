#pragma once

#include <optional>

#include "proxy/session/ending.h"
#include "proxy/session/profile.h"
#include "proxy/xmpp/element.h"

namespace portcullis::session {

class LegContext;

// What is known about server dialback on a stream whose end may ask about keys of ours: our
// backend, or a peer whose certificate has proved who it is.
struct AnsweredDialback {
  DialbackTerms terms;
  // Between which domains the stream is; of a backend empty until its <db:result/> was read.
  std::optional<DomainName> local = {};
  std::optional<DomainName> remote = {};
};

// Whether the leg's end may ask about keys of ours, and this is an element of dialback.
bool is_asked(const xmpp::Element& element, const LegContext& context);

// Whether a peer asks about a key of ours: in the name that its certificate has proved, and for the
// very domain of ours that it calls.
bool asks_for_its_pair(const xmpp::Element& element, const LegContext& context);

// Answers it, on any stream and at any time (XEP-0220 section 2.3). <db:verify/> is answered from
// our keys alone. A peer gets no answer to anything but asks_for_its_pair(). With a backend, a
// stream has one pair of domains, so a <db:result/> for another one is answered with an error; that
// for its own was answered or will be. What was never asked is dropped. An ending, if it cannot be
// answered.
std::optional<Ending> answer_dialback(const xmpp::Element& element, LegContext& context);

}  // namespace portcullis::session
