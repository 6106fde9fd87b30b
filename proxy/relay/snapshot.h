#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "certs/credentials.h"
#include "certs/crl_store.h"
#include "certs/local_ca.h"
#include "certs/trust_anchors.h"
#include "certs/verify.h"
#include "policy/config.h"
#include "policy/remote_policy.h"
#include "proxy/tls/contexts.h"

namespace portcullis::relay {

// How certificates are verified under one rule of the policy.
struct PeerTrust {
  std::shared_ptr<const certs::TrustAnchors> anchors;
  std::shared_ptr<const certs::CrlStore> crls;  // null: no list; `policy.crls` points here
  certs::VerifyPolicy policy;
};

// One configuration generation with every file it names loaded and checked. Immutable; a stream
// keeps the one it began with.
class Snapshot {
 public:
  // Loads everything. Every finding of the run is returned, not only the first.
  static tl::expected<std::shared_ptr<const Snapshot>, std::vector<Error>> build(
      policy::Config config, std::chrono::sys_seconds now);

  struct ServedCertificate {
    std::string domain;
    std::string key_type;
    std::chrono::sys_seconds not_after;
  };

  const policy::Config& config() const { return config_; }
  const tls::Contexts& contexts() const { return *contexts_; }
  // For [s2s] and for each of its rules.
  const PeerTrust& trust_for(const policy::RemotePolicy& remote) const;
  // Client certificates on c2s; nullptr when none are asked for.
  const PeerTrust* client_trust() const { return client_trust_.get(); }
  // Minting is thread-safe and changes nothing but a cache.
  certs::LocalCa* local_ca() const { return local_ca_.get(); }
  // The pinned keys of the backend behind `host`; nullptr when it has no s2s backend.
  const certs::PinnedKeys* backend_keys(const policy::Host& host) const;
  const std::vector<ServedCertificate>& served() const { return served_; }

 private:
  explicit Snapshot(policy::Config config) : config_(std::move(config)) {}
  void load_hosts(std::chrono::sys_seconds now, std::vector<Error>& errors);
  void load_trust(std::chrono::sys_seconds now, std::vector<Error>& errors);
  tls::HostCredentials load_credentials(const policy::Host& host, std::chrono::sys_seconds now,
                                        std::vector<Error>& errors);

  policy::Config config_;
  std::unique_ptr<tls::Contexts> contexts_;
  PeerTrust default_trust_;
  std::vector<PeerTrust> rule_trust_;  // of config_.s2s.rules, by index
  std::unique_ptr<PeerTrust> client_trust_;
  std::unique_ptr<certs::LocalCa> local_ca_;
  std::unordered_map<DomainName, certs::PinnedKeys> backend_keys_;
  std::vector<ServedCertificate> served_;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace portcullis::relay
