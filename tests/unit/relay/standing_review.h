#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

#include "proxy/relay/standing.h"
#include "tests/unit/relay/snapshot_world.h"

namespace portcullis::relay {

// An established stream under a newer generation.
class StandingReview : public testing::Test {
 protected:
  static constexpr auto kNow = test::kNow;
  static constexpr auto kNoEnd = std::chrono::sys_seconds::max();
  static constexpr auto kSoon = kNow + std::chrono::hours(1);
  inline static const std::string kRoots = "[s2s]\nroots = \"roots.pem\"\n";

  SnapshotPtr snapshot(const std::string& more) {
    const auto built = world_.build(more);
    EXPECT_TRUE(built.snapshot) << texts(built);
    return built.snapshot;
  }
  static StreamEvidence certified_by(const test::CertificateSpec& spec) {
    return {{pki().present(pki().leaf(spec)), TlsVersion::kTls13, certs::PeerRole::kInitiating},
            {}};
  }
  // The same, and what the backend showed.
  static StreamEvidence certified_by(const test::CertificateSpec& spec,
                                     const test::Issued& backend) {
    auto evidence = certified_by(spec);
    evidence.backend = pki().present(backend);
    return evidence;
  }
  // With a backend for clients, too.
  SnapshotPtr with_clients(const std::string& backend, const std::string& more) {
    return snapshot("c2s = \"127.0.0.1:15222\"\n" + backend + more);
  }
  // A stream whose peer showed a good certificate.
  static Standing accepted() {
    Standing standing;
    standing.keep_peer(Place::kNear, {{}, kSoon});
    standing.authenticate();
    return standing;
  }
  // One that goes through although its peer showed none.
  static Standing observed(policy::Reason reason) {
    Standing standing;
    standing.doubt(Place::kNear, policy::refuse(reason));
    return standing;
  }
  static std::string lost(const Standing::Review& review) {
    return review.lost ? std::string(policy::id(review.lost->reason)) : "goes on";
  }

  SnapshotWorld world_;
  const StreamPair pair_{domain("legacy.example"), domain("peer.example")};
  const test::CertificateSpec good_ = test::leaf_spec("peer.example");
};

}  // namespace portcullis::relay
