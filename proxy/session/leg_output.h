#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/session/action.h"

namespace portcullis::session {

// What a leg puts out: the actions for the current event, in order. It knows how far our half of
// the stream is, and makes sure that
//   - nothing is written before the connection is open, or between BeginTls and TlsEstablished,
//     unless TLS was not begun,
//   - our header comes before everything else on a stream (RFC 6120 section 4.9.1.2),
//   - nothing is written behind our last words.
class LegOutput {
 public:
  struct Settings {
    // Our header as far as it is known before a stream begins.
    xmpp::StreamHeader header;
    StreamIdSource new_stream_id;  // empty for an initiating entity, which gives no id
    bool dialback = false;         // our headers declare the prefix "db"
  };
  // How far our half of the stream is.
  struct Progress {
    // Our header on this stream, sent or still to be sent. Null once the leg relays.
    std::shared_ptr<const xmpp::StreamHeader> header;
    bool dialback = false;  // as in Settings
    bool writable = false;  // the connection is open, and our last words were not said yet
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

  // Our header, as far as it was known before a stream began.
  const xmpp::StreamHeader& first_header() const { return settings_->header; }
  std::string_view content_ns() const { return settings_->header.content_ns; }

  void transport_ready() { progress_.writable = true; }
  void begin_tls(BeginTls with);
  // The driver has not begun it, nor announced it.
  void tls_not_begun() { progress_.writable = true; }
  void restart_stream();

  // Sets our header for the current stream. It is sent in its turn, or before an error.
  void set_header(xmpp::StreamHeader header) {
    progress_.header = std::make_shared<const xmpp::StreamHeader>(std::move(header));
  }
  // Replaces an id of our own: the keys of server dialback are made for the id of the far stream.
  void set_stream_id(std::optional<std::string> id);
  // From here on our headers declare the prefix "db", which invites the other end to dialback.
  void speak_dialback() { progress_.dialback = true; }
  bool speaks_dialback() const { return progress_.dialback; }

  // Sends the header, and `then` after it in the same write.
  void send_header(std::string_view then = {});
  void send(std::string bytes);
  // Sends the last words to this end. If our header was not sent yet, it goes first.
  void send_last(std::string bytes);

  // Called when no new stream can begin on this leg any more. It saves memory: thousands of streams
  // that only relay hold no headers. Of the functions above, only act(), send() and send_last() may
  // be called afterwards.
  void forget_headers();

 private:
  std::shared_ptr<const xmpp::StreamHeader> known_header() const {
    return {settings_, &settings_->header};
  }

  // Shared by copies of a leg. A leg is still a value, because what this points to never changes.
  std::shared_ptr<const Settings> settings_;
  Progress progress_;
  Actions actions_;
};

}  // namespace portcullis::session
