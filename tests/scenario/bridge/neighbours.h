#pragma once

#include <string>

#include "tests/scenario/bridge/streams.h"

// Two hosts behind one gate on two servers, and a third one on the server of the first.
namespace portcullis::relay::scene {

inline const std::vector<net::SocketAddress> kSecondAddress{address("127.0.0.1", 15270)};
inline const std::string kToSecond =
    wire::server("from='legacy.example' to='second.example' version='1.0'");

// The backend of second.example shows the certificate other(). `of_first`: more of the first
// host's [host.backend].
inline SnapshotPtr two_hosts(const std::string& more = "", const std::string& of_first = "",
                             const std::string& second_s2s = "127.0.0.1:15270") {
  const auto host = [](const std::string& domain, const std::string& s2s,
                       const std::string& pinned) {
    world().certify(domain, domain);
    return "[[host]]\ndomain = \"" + domain + "\"\ncertificates = [ { chain = \"" + domain +
           ".pem\", key = \"" + domain + ".key\" } ]\n[host.backend]\ns2s = \"" + s2s +
           "\"\ncertificate = \"" + pinned + "\"\n";
  };
  world().write("second-backend.pem", test::pem(world().other.certificate.get()));
  return world().build("",
                       more + host("second.example", second_s2s, "second-backend.pem") +
                           host("twin.example", "127.0.0.1:15269", "backend.pem"),
                       of_first);
}

// The backend of legacy.example asks for second.example, up to its <auth/>.
inline void asks_for_second(Scene& scene) {
  near_authenticates(scene.near, kToSecond, &world().backend, wire::kAuthLegacy);
}

inline void relay_between(Scene& scene) {
  asks_for_second(scene);
  scene.network.resolves(kSecondAddress);
  far_accepts(scene.far(), &world().other);
  scene.near.says(kToSecond);
  scene.far().says(theirs(wire::kNoFeatures));
  ASSERT_TRUE(scene.established()) << scene.log_text << scene.near.heard();
}

}  // namespace portcullis::relay::scene
