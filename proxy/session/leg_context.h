#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/base/stream_kind.h"
#include "proxy/session/action.h"
#include "proxy/session/ending.h"
#include "proxy/session/event.h"
#include "proxy/session/machine.h"
#include "proxy/session/profile.h"

namespace portcullis::session {

// The name of the alternative of Event with this index.
std::string_view event_name(std::size_t index);

// What the states of both machines work with: the actions of the current event, and the facts about
// our half of the stream that decide how a leg may end. Sees to it that
//   - nothing is written before the transport stands nor between BeginTls and TlsEstablished,
//   - our header precedes whatever else is said on a stream (RFC 6120 section 4.9.1.2),
//   - the decision is made once and only before the relay,
//   - the far leg is told of the end unless the end came from there.
class LegContext {
 public:
  struct Nature {
    StreamKind kind;
    Side side;
    // Our header as far as it is known before a stream begins.
    xmpp::StreamHeader header;
    StreamIdSource new_stream_id;  // empty: an initiating entity, which gives no id
    bool has_far = false;          // an initiating leg is born with one
    // What a far failure is called on this side unless it brings a condition; empty: its own.
    std::string far_failure_condition;
    bool dialback = false;  // our headers declare the prefix "db"
  };
  explicit LegContext(Nature nature) : nature_(std::move(nature)), header_(nature_.header) {}

  // The actions since the last call.
  Actions take();

  Side side() const { return nature_.side; }
  StreamKind kind() const { return nature_.kind; }
  std::string_view content_ns() const { return nature_.header.content_ns; }

  // ---- The wire
  void transport_ready() { writable_ = true; }
  // What our header on the current stream will say, be it sent in order or before an error.
  void set_header(xmpp::StreamHeader header) { header_ = std::move(header); }
  // Instead of an id of our own: the keys of server dialback belong to that of the far stream.
  void set_stream_id(std::optional<std::string> id) { header_.id = std::move(id); }
  void send_header(std::string_view then = {});
  void send(std::string bytes);
  // From here on our headers invite dialback.
  void speak_dialback() { nature_.dialback = true; }
  bool speaks_dialback() const { return nature_.dialback; }
  void begin_tls(std::optional<DomainName> host);
  void restart_stream();

  // ---- The driver and the far leg
  template <class A>
  void act(A action) {
    actions_.emplace_back(std::in_place_type<A>, std::move(action));
  }
  void open_far_leg(OpenFarLeg far);
  void tell_far(FarEvent event);
  void drop_far_leg();
  void start_relay(xmpp::StreamHeader peer_header, std::string first = {});

  // ---- Endings. Each leads to Closed.
  // We refuse: said to this end, told to the far one.
  Closed refuse(const Ending& ending);
  // The same where nothing can or may be said to this end.
  Closed refuse_unsaid(const policy::Refusal& refusal);
  // This end leaves of itself; it gets our </stream:stream>.
  Closed ended_by_peer(const policy::Refusal& refusal);
  // An element that the state cannot use, or <stream:error/>.
  Closed refuse_element(const xmpp::Element& element);
  // The far leg failed; said to this end.
  Closed far_failed(const FarFailed& far);
  // Both legs are told to shut down by the driver, so that the far one is not told by us.
  Closed shut_down();
  Closed unexpected(std::string_view state, std::size_t event);

 private:
  friend struct Relaying;

  void say_error(const Ending& ending);
  void say_end();
  void say_last(std::string bytes);
  void decide(const policy::Refusal& refusal);
  Closed close(std::string_view why);

  Nature nature_;
  xmpp::StreamHeader header_;
  Actions actions_;
  bool writable_ = false;
  bool header_sent_ = false;
  bool relaying_ = false;
};

}  // namespace portcullis::session
