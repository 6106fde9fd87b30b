#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "proxy/base/domain_name.h"
#include "proxy/session/event.h"
#include "proxy/xmpp/stream_reader.h"

namespace portcullis::session {

// Asks the operator's own server, on a stream for that alone, whether it has said a key to us
// (XEP-0220 section 2.3): the proof that who connected to us is that server. A value: no socket and
// no clock. Only `valid` for exactly this pair and id is a proof; whatever else is said is a
// refusal in words, and ends the question.
class KeyQuestion {
 public:
  struct Asked {
    DomainName local;   // who has said the key, and answers
    DomainName remote;  // to whom it was said: in whose name we ask
    std::string id;     // of our stream on which it was said
    std::string key;
  };
  using Answer = std::variant<PeerAccepted, PeerRefused>;
  struct Step {
    std::string send;              // to be sent
    std::optional<Answer> answer;  // then the stream is over
  };

  explicit KeyQuestion(Asked asked);

  // The stream begins.
  std::string opening() const;
  Step feed(std::string_view bytes);

 private:
  enum class State : std::uint8_t { kAwaitingHeader, kAwaitingFeatures, kAwaitingAnswer, kOver };

  void take(const xmpp::StreamHeader& header, Step& step);
  void take(const xmpp::Element& element, Step& step);
  void take(const xmpp::StreamEnded& end, Step& step);
  void take(const xmpp::ReadFault& fault, Step& step);
  void ask(Step& step);
  void hear(const xmpp::Element& element, Step& step);
  void refuse(policy::Refusal refusal, Step& step);
  void refuse_words(std::string_view words, Step& step);

  Asked asked_;
  State state_ = State::kAwaitingHeader;
  xmpp::StreamReader reader_;
};

}  // namespace portcullis::session
