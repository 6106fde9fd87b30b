#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "proxy/xmpp/element.h"

namespace portcullis::session {

// What a client can try before it is logged in, and of which an address may try so much only.
enum class Attempt : std::uint8_t { kLogin, kRegistration };

// Counts over all streams of an address. It is passed in, because a leg reads no clock. Where a
// function is empty, nothing is counted.
struct AttemptCounter {
  // Whether one more may be tried. A registration is counted by that, a login is not.
  std::function<bool(Attempt)> may_try;
  std::function<void()> login_failed;
};

// What the element tries: a login by SASL, SASL2 or <iq/> (XEP-0078), or a registration (XEP-0077).
std::optional<Attempt> attempt_of(const xmpp::Element& element);

// What a client is told that may not try it now.
std::string_view told_to_wait(Attempt attempt);

// Whether a login is tried on this stream that the backend has not judged yet. A value.
class OpenLogin {
 public:
  // The client tries one. If another one was open, that counts as failed: who sends one behind the
  // other would know the answers before they are counted.
  void begins(const xmpp::Element& attempt, const AttemptCounter& counter);
  // The backend says something that may judge it: an element of SASL, or its answer to the <iq/>.
  void hears(const xmpp::Element& answer, const AttemptCounter& counter);

  enum class Way : std::uint8_t { kNone, kSasl, kIq };
  Way way = Way::kNone;

 private:
  void fails(const AttemptCounter& counter);
};

}  // namespace portcullis::session
