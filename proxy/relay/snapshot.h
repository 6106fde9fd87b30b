#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "certs/own/credentials.h"
#include "certs/own/local_ca.h"
#include "policy/decide/remote_policy.h"
#include "policy/model/config.h"
#include "policy/model/diagnostic.h"
#include "proxy/relay/backend_keys.h"
#include "proxy/relay/dial_rules.h"
#include "proxy/relay/dialback_secret.h"
#include "proxy/relay/load_findings.h"
#include "proxy/relay/peer_trust.h"
#include "proxy/tls/contexts.h"

namespace portcullis::relay {

class Snapshot;

struct Built {
  std::shared_ptr<const Snapshot> snapshot;  // null if one of the findings is an error
  policy::Diagnostics findings;              // every finding of the run, at the line it is about
};

// One generation of the configuration, with all files that it names loaded and checked. It is
// immutable. A stream keeps the generation with which it began.
class Snapshot {
 public:
  // In place of certs::LocalCa::load(), which keeps the key in this process.
  using LoadLocalCa = std::function<Result<certs::LocalCa>(const std::string& directory,
                                                           std::vector<certs::ServedDomain> served,
                                                           std::chrono::sys_seconds now)>;

  // Reads every file that `config` names and judges our own certificates. `us` is who may own
  // private keys beside root. `before` is the generation that this one replaces, or null: what it
  // served until now goes on being accepted from a backend that shares it. `secret`: of the process
  // that we take over from, where there is no file for it.
  static Built build(policy::Config config, std::chrono::sys_seconds now,
                     const LoadLocalCa& load_local_ca = {},
                     const certs::ServiceUser& us = certs::ServiceUser::of_this_process(),
                     const Snapshot* before = nullptr, const DialbackSecret* secret = nullptr);
  // Only what is needed to judge peers and to call them: nothing of our own is read, no key and no
  // certificate, and there need not be a host. contexts(), dialback() and what is said about
  // our certificates must not be asked for.
  static Built build_to_judge(policy::Config config, std::chrono::sys_seconds now);
  // The certificates of one host of config(), for who has such a snapshot.
  tls::HostCredentials load_credentials(const policy::Host& host, LoadFindings& findings,
                                        std::chrono::sys_seconds now,
                                        const certs::ServiceUser& us) const;

  struct ServedCertificate {
    std::string domain;
    KeyType key_type;
    std::chrono::sys_seconds not_after;  // the first of those of the type
  };
  // One of our own certificates, for those who watch when it ends.
  struct OwnCertificate {
    std::string domain;
    KeyType key_type;
    std::chrono::sys_seconds not_after;
    bool outgoing;  // it is only shown on streams to other servers
  };
  // Of a host: whether all that is shown on streams to other servers is meant for it.
  struct Calling {
    std::string domain;
    bool client_use;
  };

  const policy::Config& config() const { return config_; }
  const tls::Contexts& contexts() const { return *contexts_; }
  // The trust of the rule that applies to `remote`, else that of [s2s]. `remote` must come from
  // this configuration.
  const PeerTrust& trust_for(const policy::RemotePolicy& remote) const;
  // The trust for client certificates on c2s; nullptr if none are asked for.
  const PeerTrust* client_trust() const { return client_trust_.get(); }
  // nullptr if none is configured. Minting is thread-safe and changes only a cache.
  certs::LocalCa* local_ca() const { return local_ca_.get(); }
  // The pinned keys of the backend of `host`; nullptr if no leg to it has TLS.
  const BackendKeys* backend_keys(const policy::Host& host) const;
  // Makes and checks our own keys of server dialback. Without a file for the secret, those of the
  // generation before go on, so that a reload harms nothing that is under way.
  const DialbackSecret& dialback() const { return *dialback_secret_; }
  // Which addresses may be called.
  const DialRules& dial_rules() const { return *dial_rules_; }
  const std::vector<ServedCertificate>& served() const { return served_; }
  const std::vector<OwnCertificate>& own_certificates() const { return own_; }
  const std::vector<Calling>& calling() const { return calling_; }
  // One entry for each file of `crls` that is in use.
  const std::vector<RevocationList>& revocation_lists() const { return revocation_lists_; }

 private:
  explicit Snapshot(policy::Config config) : config_(std::move(config)) {}
  void load_dial_rules(LoadFindings& findings);
  void load_dialback_secret(LoadFindings& findings, const certs::ServiceUser& us,
                            const Snapshot* before, const DialbackSecret* handed);
  void load_trust(LoadFindings& findings, std::chrono::sys_seconds now);
  void load_hosts(LoadFindings& findings, std::chrono::sys_seconds now,
                  const certs::ServiceUser& us, const Snapshot* before);
  void note_certificates(const tls::HostCredentials& host);
  void load_local_ca(LoadFindings& findings, std::chrono::sys_seconds now, const LoadLocalCa& load,
                     const certs::ServiceUser& us);
  void build_contexts(std::vector<tls::HostCredentials> hosts, LoadFindings& findings);

  policy::Config config_;
  std::unique_ptr<tls::Contexts> contexts_;
  PeerTrust default_trust_;
  std::vector<PeerTrust> rule_trust_;  // the index is that of config_.s2s.rules
  std::unique_ptr<PeerTrust> client_trust_;
  std::unique_ptr<certs::LocalCa> local_ca_;
  std::unique_ptr<const DialRules> dial_rules_;
  std::optional<DialbackSecret> dialback_secret_;  // absent only while this is built
  std::unordered_map<DomainName, BackendKeys> backend_keys_;
  std::vector<ServedCertificate> served_;
  std::vector<OwnCertificate> own_;
  std::vector<Calling> calling_;
  std::vector<RevocationList> revocation_lists_;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace portcullis::relay
