#pragma once

#include <string>
#include <string_view>

#include "tests/scenario/bridge/scene.h"

// How a stream gets to its relay, step by step: peer.example and the backend of legacy.example.
namespace portcullis::relay::scene {

namespace wire = session::stage;

inline const std::string kFromPeer =
    wire::server("from='peer.example' to='legacy.example' version='1.0'");
inline const std::string kFromLegacy =
    wire::server("from='legacy.example' to='peer.example' version='1.0'");

// Our header toward the peer or the backend, with an id that nobody can guess.
inline std::string ours(std::string_view from, std::string_view to) {
  return wire::server("from='" + std::string(from) + "' to='" + std::string(to) +
                      "' id='*' version='1.0'");
}
inline std::string theirs(std::string_view features) {
  return wire::server("id='theirs' version='1.0'") + std::string(features);
}

// The near end, up to its <auth/>: then a far end is looked for.
inline void near_authenticates(End& near, const std::string& header, const test::Issued* shown,
                               std::string_view authzid) {
  near.says(header);
  near.says(wire::kStartTls);
  near.secures(shown);
  near.says(header);
  near.says(wire::auth(authzid));
}
inline void peer_authenticates(Scene& scene) {
  near_authenticates(scene.near, kFromPeer, &world().peer, wire::kAuthPeer);
}
inline void backend_authenticates(Scene& scene) {
  near_authenticates(scene.near, kFromLegacy, &world().backend, wire::kAuthLegacy);
}

// The far end, up to its <success/>.
inline void far_accepts(End& far, const test::Issued* shown) {
  far.connection.open();
  far.says(theirs(wire::kStartTlsFeatures));
  far.says(wire::kProceed);
  far.secures(shown);
  far.says(theirs(wire::kExternalFeatures));
  far.says(wire::kSuccess);
}

inline const std::vector<net::SocketAddress> kBackendAddress{address("127.0.0.1", 15269)};
inline net::Candidates candidates(std::initializer_list<std::string_view> hosts) {
  std::vector<net::Candidate> all;
  for (const auto host : hosts) all.push_back({address(host, 5269), TlsEntry::kStartTls});
  return all;
}

inline void forget(Scene& scene) {
  scene.near.heard();
  scene.far().heard();
}

// A relay from the peer to the backend.
inline void relay_inbound(Scene& scene) {
  peer_authenticates(scene);
  scene.network.resolves(kBackendAddress);
  far_accepts(scene.far(), &world().backend);
  scene.near.says(kFromPeer);
  scene.far().says(theirs(wire::kNoFeatures));
  ASSERT_TRUE(scene.established()) << scene.log_text << scene.near.heard();
  forget(scene);
}

// And from the backend to the peer.
inline void relay_outbound(Scene& scene) {
  backend_authenticates(scene);
  scene.network.finds(candidates({"198.51.100.1"}));
  far_accepts(scene.far(), &world().peer);
  scene.near.says(kFromLegacy);
  scene.far().says(theirs(wire::kNoFeatures));
  ASSERT_TRUE(scene.established()) << scene.log_text << scene.near.heard();
  forget(scene);
}

inline const std::string kClient = wire::client("to='legacy.example' version='1.0'");
inline const std::string kServer = wire::client("from='legacy.example' id='theirs' version='1.0'");
inline const std::string kPlain =
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    "<mechanism>PLAIN</mechanism></mechanisms></stream:features>";
inline const std::string kBind =
    "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>";

// A client, up to the features of the backend.
inline void client_reaches_the_backend(Scene& scene) {
  scene.near.secures(nullptr);
  scene.near.says(kClient);
  EXPECT_EQ(scene.network.asked, "[127.0.0.1:15222]");
  scene.network.resolves(std::vector<net::SocketAddress>{address("127.0.0.1", 15222)});
  scene.far().connection.open();
  scene.far().says(kServer + kPlain);
  EXPECT_THAT(scene.near.heard(), ::testing::HasSubstr("<mechanism>PLAIN</mechanism>"));
  scene.far().heard();
}

// And a client that is logged in.
inline void relay_client(Scene& scene) {
  client_reaches_the_backend(scene);
  scene.near.says(wire::auth("AGEAYg==", "PLAIN"));
  scene.far().says(wire::kSuccess);
  scene.near.says(kClient);
  scene.far().says(kServer + kBind);
  ASSERT_TRUE(scene.established()) << scene.log_text << scene.near.heard();
  forget(scene);
}

}  // namespace portcullis::relay::scene
