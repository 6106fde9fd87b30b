#pragma once

#include <optional>

#include "proxy/session/ending.h"
#include "proxy/session/profile.h"
#include "proxy/xmpp/element.h"

namespace portcullis::session {

class LegContext;

// What is known about server dialback on a stream of our backend.
struct DialbackWithBackend {
  BackendDialback terms;
  // Between which domains the stream is; empty until its <db:result/> was read.
  std::optional<DomainName> local = {};
  std::optional<DomainName> remote = {};
};

// Whether the leg's end is a backend that is authenticated by dialback, and this is an element of
// dialback.
bool is_asked(const xmpp::Element& element, const LegContext& context);

// Answers it, on any stream and at any time (XEP-0220 section 2.3). <db:verify/> is answered from
// our keys alone. A stream has one pair of domains, so a <db:result/> for another one is answered
// with an error; that for its own was answered or will be. What was never asked is dropped. An
// ending, if it cannot be answered.
std::optional<Ending> answer_dialback(const xmpp::Element& element, LegContext& context);

}  // namespace portcullis::session
