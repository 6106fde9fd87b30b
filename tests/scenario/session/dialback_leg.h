#pragma once

#include <string>
#include <string_view>

#include "tests/scenario/session/stage.h"
#include "tests/scenario/session/wire.h"

// A leg to a backend that knows only dialback, up to where a test begins; and what both say there.
namespace portcullis::session::stage::dialback_leg {

inline const std::string kOurHeader = server(
    "from='peer.example' to='legacy.example' version='1.0'", " xmlns:db='jabber:server:dialback'");
inline const std::string kDialbackFeatures =
    "<stream:features><dialback xmlns='urn:xmpp:features:dialback'><required/></dialback>"
    "</stream:features>";

// HMAC-SHA256 of "legacy.example peer.example ID", as other software computes it from the secret.
inline std::string key(std::string_view id, std::string_view from = "peer.example",
                       std::string_view to = "legacy.example") {
  return xmpp::DialbackKeys("a secret of sixteen", xmpp::DialbackPlace::kBackend)
      .key(domain(to), domain(from), id);
}
inline std::string request(std::string_view id) {
  return "<db:result from='peer.example' to='legacy.example'>" + key(id) + "</db:result>";
}
inline std::string answer(std::string_view type, std::string_view from = "legacy.example",
                          std::string_view to = "peer.example", std::string_view more = "/>") {
  return "<db:result xmlns:db='jabber:server:dialback' from='" + std::string(from) + "' to='" +
         std::string(to) + "' type='" + std::string(type) + "'" + std::string(more);
}

inline std::string they(std::string_view id, std::string_view more = "version='1.0'") {
  return server("from='legacy.example' to='peer.example' id='" + std::string(id) + "' " +
                std::string(more));
}

inline Party& opened(Stage& stage) {
  stage.approach = Approach::kDialback;
  auto& backend = stage.initiating(StreamKind::kS2sInbound, Side::kBackend);
  backend.connects();
  backend.hears("[10s]" + kOurHeader);
  return backend;
}

inline Party& asked(Stage& stage) {
  auto& backend = opened(stage);
  backend.says(they("b1") + kDialbackFeatures);
  backend.hears(request("b1"));
  return backend;
}

inline Party& valid(Stage& stage) {
  auto& backend = asked(stage);
  backend.says(answer("valid"));
  backend.hears("[far authenticated]");
  return backend;
}

}  // namespace portcullis::session::stage::dialback_leg
