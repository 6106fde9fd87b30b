#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "certs/own/credentials.h"
#include "policy/model/config.h"
#include "proxy/relay/load_findings.h"
#include "proxy/tls/contexts.h"

namespace portcullis::relay {

// A key of a certificate that is served for a host, or was before it was renewed.
struct ServedKey {
  policy::SpkiPin pin{};
  std::chrono::sys_seconds until;  // when the certificate ends
};

// Which keys a host's backend may show.
struct BackendKeys {
  certs::PinnedKeys pinned;  // all of them
  // Of those the ones that are pinned because the backend shares the host's certificates
  // (channel_binding). Whoever renews them reaches gate and backend one after the other, so a
  // certificate's key stays pinned until the certificate ends.
  std::vector<ServedKey> shared;
};

class BackendKeysLoader {
 public:
  // `findings` and `config` are borrowed.
  BackendKeysLoader(LoadFindings& findings, const policy::Config& config,
                    std::chrono::sys_seconds now)
      : findings_(findings), config_(config), now_(now) {}

  // `path` is that of the backend in the configuration, "host[0].backend"; `served` the host's own
  // certificates; `before` what was loaded last time, or null. nullopt if something is wrong.
  std::optional<BackendKeys> load(const policy::Host& host, const std::string& path,
                                  const tls::HostCredentials& served, const BackendKeys* before);

 private:
  bool read_file(const policy::Host& host, const std::string& path,
                 const tls::HostCredentials& served, certs::PinnedKeys& pinned);
  void compare(const policy::Host& host, const std::string& path,
               const tls::HostCredentials& served, const std::vector<certs::X509Ptr>& in_file);

  LoadFindings& findings_;
  const policy::Config& config_;
  const std::chrono::sys_seconds now_;
};

}  // namespace portcullis::relay
