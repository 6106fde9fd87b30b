#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "certs/own/file_writers.h"
#include "certs/own/leaf_issuer.h"

namespace portcullis::certs {

// The local CA's key in this process, with the certificate that belongs to it.
class CaKey final : public LeafIssuer {
 public:
  // Of the folder that LocalCa::create() made. Fails when read_key_file() fails for `us`, when the
  // key does not fit, or when the certificate has expired.
  static Result<std::shared_ptr<CaKey>> load(
      const std::string& directory, std::chrono::sys_seconds now,
      const ServiceUser& us = ServiceUser::of_this_process());
  CaKey(X509Ptr certificate, EvpPkeyPtr key)
      : certificate_(std::move(certificate)), key_(std::move(key)) {}

  X509* certificate() const { return certificate_.get(); }  // borrowed
  Result<X509Ptr> issue(const DomainName& remote, EVP_PKEY* leaf_key,
                        std::chrono::sys_seconds now) override;

 private:
  const X509Ptr certificate_;
  const EvpPkeyPtr key_;
};

}  // namespace portcullis::certs
