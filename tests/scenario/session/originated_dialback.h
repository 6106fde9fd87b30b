#pragma once

#include <string>
#include <string_view>

#include "tests/scenario/session/stage.h"
#include "tests/scenario/session/wire.h"

// A leg to a peer that may get a key of dialback, up to where a test begins; and what both say
// there.
namespace portcullis::session::stage::originated_dialback {

inline constexpr std::string_view kDb = " xmlns:db='jabber:server:dialback'";
inline constexpr std::string_view kOffer =
    "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>";

inline std::string features(std::string_view offers) {
  return "<stream:features>" + std::string(offers) + "</stream:features>";
}
inline const std::string kOnlyDialback = features(kOffer);
inline const std::string kBoth = features(
    "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism>"
    "</mechanisms>" +
    std::string(kOffer));
inline constexpr std::string_view kDeclined =
    "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/>"
    "<text xml:lang='en'>unsupported certificate purpose</text></failure>";

inline const std::string kOurs = "from='legacy.example' to='peer.example' version='1.0'";
inline std::string they(std::string_view more = "version='1.0'") {
  return server("from='peer.example' to='legacy.example' id='p2' " + std::string(more), kDb);
}
inline std::string request() {
  return "<db:result from='legacy.example' to='peer.example'>" +
         xmpp::DialbackKeys("a secret of sixteen", xmpp::DialbackPlace::kBackend)
             .key(domain("peer.example"), domain("legacy.example"), "p2") +
         "</db:result>";
}
inline std::string answer(std::string_view type, std::string_view from = "peer.example",
                          std::string_view to = "legacy.example", std::string_view more = "/>") {
  return "<db:result xmlns:db='jabber:server:dialback' from='" + std::string(from) + "' to='" +
         std::string(to) + "' type='" + std::string(type) + "'" + std::string(more);
}

inline Party& begun(Stage& stage) {
  auto& peer = stage.initiating(StreamKind::kS2sOutbound, Side::kWan);
  peer.connects();
  peer.hears("[10s]" + server(kOurs));
  peer.says(server("id='p1' version='1.0'") + std::string(kStartTlsFeatures));
  peer.says(kProceed);
  peer.hears(std::string(kStartTls) + "[tls]");
  return peer;
}

// Under TLS: its certificate was judged, and our header is sent.
inline Party& accepted(Stage& stage) {
  stage.approach = Approach::kExternalOrDialback;
  auto& peer = begun(stage);
  peer.identified = true;
  peer.secures();
  peer.hears("[judge legacy.example peer.example]" + server(kOurs, kDb));
  return peer;
}

inline Party& asked(Stage& stage) {
  auto& peer = accepted(stage);
  peer.says(they() + kOnlyDialback);
  peer.hears(request());
  return peer;
}

}  // namespace portcullis::session::stage::originated_dialback
