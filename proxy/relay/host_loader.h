#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "certs/own/file_writers.h"
#include "policy/model/certificate_folder.h"
#include "policy/model/config.h"
#include "proxy/relay/load_findings.h"
#include "proxy/relay/peer_trust.h"
#include "proxy/tls/contexts.h"

namespace portcullis::relay {

// Loads the certificates that we serve, and judges them by the rules that we have for peers. What
// is wrong is added to `findings`.
class HostLoader {
 public:
  // `findings` and `trust` are borrowed. `trust` is that of [s2s]; if it has no anchors, the chains
  // are not judged. `us` is who may own private keys beside root.
  HostLoader(LoadFindings& findings, const PeerTrust& trust, bool roots_are_public,
             std::chrono::sys_seconds now, const certs::ServiceUser& us)
      : findings_(findings),
        trust_(trust),
        roots_are_public_(roots_are_public),
        now_(now),
        us_(us) {}

  // `path` is that of the host in the configuration, "host[0]".
  tls::HostCredentials load(const policy::Host& host, const std::string& path);

 private:
  using Use = policy::CertificateUse;
  void load_named(const std::vector<policy::CertificateFiles>& named, Use use,
                  const std::string& path, tls::HostCredentials& credentials);
  void load_found(const policy::Host& host, Use use, const std::string& path,
                  tls::HostCredentials& credentials);
  void load_pair(const policy::CertificateFiles& files, Use use, const std::string& path,
                 tls::HostCredentials& credentials);
  void examine(const certs::KeyPair& pair, const policy::CertificateFiles& files, Use use,
               const tls::HostCredentials& host, const std::string& path);
  void check_types(const tls::HostCredentials& host, const std::string& path);
  void check_calling(const tls::HostCredentials& host, const std::string& path);

  LoadFindings& findings_;
  const PeerTrust& trust_;
  const bool roots_are_public_;
  const std::chrono::sys_seconds now_;
  const certs::ServiceUser us_;
};

}  // namespace portcullis::relay
