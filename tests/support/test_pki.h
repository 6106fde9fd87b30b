#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "certs/own/credentials.h"
#include "certs/verify/types/presented_chain.h"
#include "certs/verify/types/trust_anchors.h"
#include "certs/verify/types/verify_result.h"
#include "certs/x509/openssl_ptr.h"

// Certificates made in memory, good ones and every kind of bad one.
namespace portcullis::test {

inline constexpr std::chrono::sys_seconds kNow =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::June / 1);

enum class TestKey {
  kP256,
  kP384,
  kSecp256k1,
  kEd25519,
  kRsa768,
  kRsa1024,
  kRsa2044,
  kRsa2048,
  kDsa2048
};

// RSA and DSA keys are made once per process, as they take long; the others are new each time.
certs::EvpPkeyPtr make_key(TestKey type);

// An otherName of subjectAltName, right or wrong in every part.
struct OtherName {
  int kind;  // NID_SRVName, NID_XmppAddr or any other
  int type;  // V_ASN1_UTF8STRING or any other type of a string, or V_ASN1_NULL
  std::string octets;
};
OtherName srv_id(const std::string& name);
OtherName xmpp_addr(const std::string& address);

struct CertificateSpec {
  std::string common_name = "leaf";
  std::vector<std::string> dns_names;  // octets as they are; NUL and garbage included
  std::string raw_subject_alt_name;    // DER, instead of the names
  std::vector<OtherName> other_names;
  std::vector<std::string> addresses;                   // iPAddress, in text
  std::string basic_constraints = "critical,CA:FALSE";  // extension syntax; empty: none
  std::string key_usage = "critical,digitalSignature";
  std::string purposes = "serverAuth";
  std::string name_constraints;
  std::string issuer_url;                                   // authorityInfoAccess caIssuers
  std::string features;                                     // TLS feature, "status_request"
  std::vector<std::pair<int, std::string>> raw_extensions;  // NID and DER
  bool key_ids = true;                                      // subject and authority key identifier
  std::chrono::sys_seconds from = kNow - std::chrono::days(30);
  std::chrono::sys_seconds until = kNow + std::chrono::days(60);
  TestKey key = TestKey::kP256;
  std::string digest = "SHA256";
  long version = 2;  // as in the DER: 2 is version 3
};

struct Issued {
  certs::X509Ptr certificate;
  certs::EvpPkeyPtr key;
};

CertificateSpec authority_spec(const std::string& common_name);
CertificateSpec leaf_spec(const std::string& domain);

// Throws std::runtime_error when OpenSSL cannot make it.
Issued issue_self_signed(const CertificateSpec& spec);
Issued issue(const CertificateSpec& spec, const Issued& issuer);
// The same subject key under another issuer; `spec.key` is ignored.
Issued cross_sign(const CertificateSpec& spec, const Issued& subject, const Issued& issuer);

struct CrlSpec {
  std::vector<const X509*> revoked;  // keyCompromise, the day before `from`
  std::chrono::sys_seconds from = kNow - std::chrono::days(1);
  std::chrono::sys_seconds until = kNow + std::chrono::days(7);
};
std::string crl_pem(const CrlSpec& spec, const Issued& issuer);

// "accepted" or the reason's id.
std::string_view outcome(const certs::VerifyResult& verdict);

certs::X509Ptr copy(const certs::X509Ptr& certificate);
certs::EvpPkeyPtr copy(const certs::EvpPkeyPtr& key);

std::string pem(const X509* certificate);
std::string pem(EVP_PKEY* key);

// A directory of its own under the system's temporary one, removed with all it holds.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }
  // Writes a file that only we can use, as private keys have to be, and returns its path.
  std::string write(const std::string& name, std::string_view content) const;

 private:
  std::string path_;
};

certs::TrustAnchors anchors_of(const std::vector<const X509*>& certificates);

// Root, intermediate and what can be asked of them.
class TestPki {
 public:
  TestPki();
  Issued leaf(const CertificateSpec& spec) const { return issue(spec, intermediate_); }
  // The leaf with the intermediate, as a peer sends it.
  certs::PresentedChain present(const Issued& leaf) const;
  certs::KeyPair key_pair(const Issued& leaf) const;
  const certs::TrustAnchors& anchors() const { return anchors_; }
  const Issued& root() const { return root_; }
  const Issued& intermediate() const { return intermediate_; }

 private:
  Issued root_;
  Issued intermediate_;
  certs::TrustAnchors anchors_;
};

}  // namespace portcullis::test
