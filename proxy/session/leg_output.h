#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/session/action.h"

namespace portcullis::session {

// What a leg puts out: the actions of the current event, in order. Knows where our half of the
// stream stands, and sees to it that
//   - nothing is written before the transport stands nor between BeginTls and TlsEstablished,
//   - our header precedes whatever else is said on a stream (RFC 6120 section 4.9.1.2).
class LegOutput {
 public:
  struct Settings {
    // Our header as far as it is known before a stream begins.
    xmpp::StreamHeader header;
    StreamIdSource new_stream_id;  // empty: an initiating entity, which gives no id
    bool dialback = false;         // our headers declare the prefix "db"
  };
  // Where our half of the stream stands.
  struct Progress {
    // What ours says, or will say when it is sent. Null once the leg relays.
    std::shared_ptr<const xmpp::StreamHeader> header;
    bool dialback = false;  // as in Settings
    bool writable = false;
    bool header_sent = false;
  };

  explicit LegOutput(Settings settings)
      : settings_(std::make_shared<const Settings>(std::move(settings))),
        progress_{known_header(), settings_->dialback} {}

  const Progress& progress() const { return progress_; }

  // The actions since the last call.
  Actions take_actions() { return std::exchange(actions_, {}); }

  template <class A>
  void act(A action) {
    actions_.emplace_back(std::in_place_type<A>, std::move(action));
  }

  // Our header as it was known before a stream began.
  const xmpp::StreamHeader& first_header() const { return settings_->header; }
  std::string_view content_ns() const { return settings_->header.content_ns; }

  void transport_ready() { progress_.writable = true; }
  void begin_tls(std::optional<DomainName> host);
  void restart_stream();

  // What our header on the current stream will say, be it sent in order or before an error.
  void set_header(xmpp::StreamHeader header) {
    progress_.header = std::make_shared<const xmpp::StreamHeader>(std::move(header));
  }
  // Instead of an id of our own: the keys of server dialback belong to that of the far stream.
  void set_stream_id(std::optional<std::string> id);
  // From here on our headers invite dialback.
  void speak_dialback() { progress_.dialback = true; }
  bool speaks_dialback() const { return progress_.dialback; }

  // The header, and `then` behind it in the same write.
  void send_header(std::string_view then = {});
  void send(std::string bytes);
  // The last words to this end. The header goes first where it is still to be sent.
  void send_last(std::string bytes);

  // No stream begins any more. Thousands of streams that only relay hold no headers then; of the
  // calls above only act(), send() and send_last() may follow.
  void forget_headers();

 private:
  std::shared_ptr<const xmpp::StreamHeader> known_header() const {
    return {settings_, &settings_->header};
  }

  // Shared, so that a copy of a leg is a value: what is pointed to never changes.
  std::shared_ptr<const Settings> settings_;
  Progress progress_;
  Actions actions_;
};

}  // namespace portcullis::session
