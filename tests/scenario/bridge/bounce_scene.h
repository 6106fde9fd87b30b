#pragma once

#include <string>

#include "tests/scenario/bridge/streams.h"

// Relaying bridges whose stanzas cannot be delivered, and what their senders are told.
namespace portcullis::relay::scene::bounce {

inline const std::string kEnd{wire::kEnd};
inline const std::string kShutdown =
    "<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
    "</stream:error></stream:stream>";

inline std::string text(const std::string& condition, const std::string& words) {
  return "<" + condition +
         " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text "
         "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>" +
         words + "</text></error>";
}

inline const std::string kOwnServerGone =
    "<error type='wait'>" + text("remote-server-timeout",
                                 "The connection to your server was lost before that server had "
                                 "confirmed this stanza, so it was probably not delivered.");
inline const std::string kOtherServerGone =
    "<error type='wait'>" + text("remote-server-timeout",
                                 "The connection to the other server was lost before that server "
                                 "had confirmed this stanza, so it was probably not delivered.");
inline const std::string kClientGone =
    "<error type='cancel'>" +
    text("service-unavailable",
         "The recipient had not confirmed this stanza when its connection "
         "was lost, so it was probably not delivered.");
inline const std::string kBackendLost =
    "<stream:error><remote-connection-failed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
    "<reason xmlns='urn:xmpp:portcullis:0'>backend_unavailable</reason></stream:error>" +
    kEnd;

// A scene leaves out the first <text/> of what is written at once.
inline std::string at_once(std::string written) {
  const auto begin = written.find("<text ");
  const std::string end = "</text>";
  return written.erase(begin, written.find(end) + end.size() - begin);
}

inline std::string from_client(const std::string& id) {
  return "<message to='b@legacy.example' id='" + id + "'><body>x</body></message>";
}
inline std::string answer_to_client(const std::string& id) {
  return "<message type='error' id='" + id + "' from='b@legacy.example'>" + kOwnServerGone +
         "</message>";
}
inline std::string from_backend(const std::string& id) {
  return "<message from='b@legacy.example/r' to='a@legacy.example/x' id='" + id +
         "'><body>x</body></message>";
}
inline std::string answer_to_backend(const std::string& id) {
  return "<message type='error' id='" + id + "' to='b@legacy.example/r'>" + kClientGone +
         "</message>";
}

// A client that is logged in.
struct ClientScene : Scene {
  explicit ClientScene(std::size_t piece = std::string::npos)
      : Scene(piece, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls) {
    relay_client(*this);
  }
};

// The end line is written when both connections are gone.
inline void leave(Scene& scene) {
  for (auto* const end : {&scene.near, &scene.far()}) {
    end->connection.take(end->connection.queued());
    end->connection.leave();
  }
  scene.time.settle();
}

inline void expect_counted(const Scene& scene, const std::string& outcome, double stanzas) {
  EXPECT_EQ(scene.metric("stanzas_undelivered_total{", "outcome=\"" + outcome + "\""), stanzas)
      << outcome;
}

}  // namespace portcullis::relay::scene::bounce
