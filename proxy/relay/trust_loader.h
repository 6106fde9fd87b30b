#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "certs/verify/types/crl_store.h"
#include "certs/verify/types/trust_anchors.h"
#include "policy/model/config.h"
#include "proxy/relay/load_findings.h"
#include "proxy/relay/peer_trust.h"

namespace portcullis::relay {

// Loads what is needed to verify peers. Each file of roots and each list of revocation files is
// loaded once, even if several rules name it.
class TrustLoader {
 public:
  // `findings` is borrowed.
  TrustLoader(LoadFindings& findings, std::chrono::sys_seconds now)
      : findings_(findings), now_(now) {}

  // `path` is the path of the settings in the configuration, "s2s" or "s2s.rule[0]". If the roots
  // cannot be loaded, the anchors are null and `findings` says why.
  PeerTrust load(const policy::S2sSettings& settings, const std::string& path);
  // The trust for users on c2s: the anchors of their own CA, with the minimum values and revocation
  // lists of `of_s2s`. Certificates of a private CA need not obey every detail of RFC 5280.
  PeerTrust load_users(const policy::C2s& c2s, const PeerTrust& of_s2s);

  std::vector<RevocationList> revocation_lists() const;

 private:
  using Anchors = std::shared_ptr<const certs::TrustAnchors>;
  using Lists = std::shared_ptr<const certs::CrlStore>;

  Anchors roots(const std::string& file, const std::string& path);
  Lists revocation(const std::vector<std::string>& patterns, const std::string& path);
  void read_list(certs::CrlStore& store, const std::string& file, const std::string& path);
  std::vector<std::string> expand(const std::string& pattern, const std::string& path);
  void note_currency(const certs::CrlStore& store, const std::string& path);

  LoadFindings& findings_;
  const std::chrono::sys_seconds now_;
  std::map<std::string, Anchors> roots_;
  std::map<std::vector<std::string>, Lists> revocation_;
  std::map<std::string, std::chrono::sys_seconds> next_updates_;  // the earliest of each file
};

}  // namespace portcullis::relay
