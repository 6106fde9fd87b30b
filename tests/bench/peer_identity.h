#pragma once

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

namespace portcullis::bench {

// A certificate with its key, and what is sent behind it.
struct Identity {
  std::shared_ptr<X509> leaf;
  std::shared_ptr<EVP_PKEY> key;
  std::vector<std::shared_ptr<X509>> chain;

  // The session shows it.
  void use_in(SSL* ssl) const;
};

// Of a file with the chain, the leaf first, and one with the key. Errors are thrown.
Identity read_identity(const std::string& chain_file, const std::string& key_file);

// The CA of the servers that the benchmark plays.
class PeerAuthority {
 public:
  // In `folder` there are ca.pem and ca.key. All leaves have one key.
  explicit PeerAuthority(const std::string& folder);
  // For one domain, valid for a day, with the CA's own certificate behind it.
  Identity issue(const std::string& domain) const;

 private:
  Identity authority_;
  std::shared_ptr<EVP_PKEY> leaf_key_;
};

}  // namespace portcullis::bench
