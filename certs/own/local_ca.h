#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "certs/own/file_writers.h"
#include "certs/own/leaf_issuer.h"
#include "certs/own/leaf_use.h"
#include "certs/own/served_domain.h"
#include "certs/x509/openssl_ptr.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/result.h"

namespace portcullis::certs {

// A leaf minted for one remote domain; shared by all streams of that domain. Lives in memory only.
struct MintedLeaf {
  X509Ptr leaf;
  EvpPkeyPtr key;
};

class LeafStore;

// The CA that the operator's backend trusts for server-to-server streams, and nobody else does.
class LocalCa {
 public:
  // Writes ca.pem (0644) and ca.key (0600) into `directory`, which is made if needed; EC P-256,
  // ten years, pathlen 0. Fails rather than overwrites.
  static Result<void> create(const std::string& directory, std::chrono::sys_seconds now);
  // With the key in this process. Fails when CaKey::load() does. `served` are the domains in
  // whose names this CA must not mint, but for the one exception that ServedDomain tells of.
  static Result<LocalCa> load(const std::string& directory, std::vector<ServedDomain> served,
                              std::chrono::sys_seconds now,
                              const ServiceUser& us = ServiceUser::of_this_process());
  // A CA whose key is elsewhere: `issuer` signs by the key of `certificate`. Minted leaves are kept
  // in `leaves`, where only those of this certificate may be.
  static LocalCa with(X509Ptr certificate, std::shared_ptr<LeafIssuer> issuer,
                      std::shared_ptr<LeafStore> leaves, std::vector<ServedDomain> served);
  LocalCa(LocalCa&&) noexcept;
  LocalCa& operator=(LocalCa&&) noexcept;
  ~LocalCa();

  // A certificate with `remote` as its only name, a dNSName; for serverAuth and clientAuth, good
  // for seven days. Kept in a cache of at most `cache_limit` leaves for each purpose, and minted
  // again when half of its life is over. Fails for a served domain, unless it is shown toward a
  // domain that another program serves, and where the issuer fails.
  // Thread-safe.
  Result<std::shared_ptr<const MintedLeaf>> mint(const DomainName& remote,
                                                 std::chrono::sys_seconds now,
                                                 const LeafUse& use = {});
  // The leaf that mint() has kept for this purpose; null if it would have to mint one, and
  // where mint() fails for a served domain. Thread-safe.
  std::shared_ptr<const MintedLeaf> kept(const DomainName& remote, std::chrono::sys_seconds now,
                                         LeafPurpose purpose,
                                         const std::optional<DomainName>& toward = {});

  X509* certificate() const;        // of the CA; borrowed
  std::string description() const;  // for `portcullis ca show`: subject, validity, SHA-256

  static constexpr std::size_t cache_limit = 4096;

 private:
  struct Impl;
  explicit LocalCa(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::certs
