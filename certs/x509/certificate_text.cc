#include "certs/x509/certificate_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>

#include "policy/reasons/reason.h"

namespace portcullis::certs {
namespace {

using AuthorityInfoPtr =
    std::unique_ptr<AUTHORITY_INFO_ACCESS, Deleter<&AUTHORITY_INFO_ACCESS_free>>;
using KeyUsagesPtr = std::unique_ptr<EXTENDED_KEY_USAGE, Deleter<&EXTENDED_KEY_USAGE_free>>;

constexpr std::size_t kNameLimit = 128;
constexpr std::size_t kListed = 5;

std::string ia5_text(const ASN1_IA5STRING* value) {
  const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(value));
  return policy::printable({data, static_cast<std::size_t>(ASN1_STRING_length(value))}, kNameLimit);
}

}  // namespace

std::string name_text(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || name == nullptr ||
      X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) <= 0) {
    return "(empty)";
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return policy::printable({data, static_cast<std::size_t>(size)}, kNameLimit);
}

std::string subject_text(const X509* certificate) {
  return name_text(X509_get_subject_name(certificate));
}

std::string issuer_text(const X509* certificate) {
  return name_text(X509_get_issuer_name(certificate));
}

std::string minute_text(std::chrono::sys_seconds time) {
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", time);
}

std::string purposes_text(const X509* certificate) {
  const KeyUsagesPtr usages(static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr)));
  std::vector<std::string> names;
  for (int i = 0; usages && i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
    std::array<char, 80> text{};
    const ASN1_OBJECT* usage = sk_ASN1_OBJECT_value(usages.get(), i);
    const int nid = OBJ_obj2nid(usage);
    if (nid != NID_undef) {
      names.emplace_back(OBJ_nid2sn(nid));
    } else {
      OBJ_obj2txt(text.data(), static_cast<int>(text.size()), usage, 1);
      names.emplace_back(text.data());
    }
  }
  return names.empty() ? "none" : list_text(names);
}

std::string issuer_key_id_text(const X509* certificate) {
  // The accessor wants a mutable certificate because it parses the extensions on first use.
  const ASN1_OCTET_STRING* id = X509_get0_authority_key_id(const_cast<X509*>(certificate));
  if (id == nullptr) return {};
  const unsigned char* octets = ASN1_STRING_get0_data(id);
  const int size = std::min(ASN1_STRING_length(id), 32);
  std::string hex;
  for (int i = 0; i < size; ++i) hex += fmt::format("{:02X}", octets[i]);
  return hex;
}

std::string issuer_url_text(const X509* certificate) {
  const AuthorityInfoPtr access(static_cast<AUTHORITY_INFO_ACCESS*>(
      X509_get_ext_d2i(certificate, NID_info_access, nullptr, nullptr)));
  for (int i = 0; access && i < sk_ACCESS_DESCRIPTION_num(access.get()); ++i) {
    const ACCESS_DESCRIPTION* entry = sk_ACCESS_DESCRIPTION_value(access.get(), i);
    if (OBJ_obj2nid(entry->method) == NID_ad_ca_issuers && entry->location->type == GEN_URI) {
      return ia5_text(entry->location->d.uniformResourceIdentifier);
    }
  }
  return {};
}

std::string key_text(const X509* certificate) {
  const EVP_PKEY* const key = certificate != nullptr ? X509_get0_pubkey(certificate) : nullptr;
  if (key == nullptr) return "unknown";
  const std::string bits = std::to_string(EVP_PKEY_get_bits(key)) + " bits";
  if (EVP_PKEY_is_a(key, "RSA") == 1 || EVP_PKEY_is_a(key, "RSA-PSS") == 1) return "RSA " + bits;
  std::array<char, 64> group{};
  if (EVP_PKEY_is_a(key, "EC") == 1) {
    if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1)
      return "ECDSA " + bits;
    const int curve = OBJ_txt2nid(group.data());
    const char* const nist = curve != NID_undef ? EC_curve_nid2nist(curve) : nullptr;
    return "ECDSA " + policy::printable(nist != nullptr ? nist : group.data());
  }
  const char* const type = EVP_PKEY_get0_type_name(key);
  return type != nullptr ? policy::printable(type, group.size()) : "unknown";
}

std::string list_text(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kListed; ++i) {
    if (i != 0) text += ", ";
    text += policy::printable(names[i], kNameLimit / 2);
  }
  if (names.size() > kListed) text += fmt::format(" and {} more", names.size() - kListed);
  return text;
}

}  // namespace portcullis::certs
