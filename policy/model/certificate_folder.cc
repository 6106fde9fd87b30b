#include "policy/model/certificate_folder.h"

#include <array>
#include <filesystem>

namespace portcullis::policy {
namespace {

constexpr std::string_view kDomain = "{domain}";
constexpr std::array<std::string_view, 3> kVariants{"", "-ecdsa", "-rsa"};

std::string filled(std::string_view pattern, const std::string& stem) {
  std::string path(pattern);
  path.replace(path.find(kDomain), kDomain.size(), stem);
  return path;
}

}  // namespace

const std::vector<CertificateLayout>& certificate_layouts() {
  static const std::vector<CertificateLayout> all{
      {"{domain}.pem", "{domain}.key", "by hand"},
      {"{domain}/fullchain.pem", "{domain}/privkey.pem",
       "certbot (its folder live), dehydrated (certs)"},
      {"live/{domain}/fullchain.pem", "live/{domain}/privkey.pem", "certbot (/etc/letsencrypt)"},
      {"{domain}.crt", "{domain}.key", "lego (its folder certificates)"},
      {"certificates/{domain}.crt", "certificates/{domain}.key", "lego (its --path)"},
      {"{domain}/tls.crt", "{domain}/tls.key", "a Secret of Kubernetes, mounted"},
  };
  return all;
}

std::vector<std::vector<CertificateFiles>> certificate_candidates(const std::string& folder,
                                                                  const DomainName& domain,
                                                                  CertificateUse use) {
  const std::filesystem::path base(folder);
  const std::string name = domain.a_label() + (use == CertificateUse::kOutgoing ? "-outgoing" : "");
  std::vector<std::vector<CertificateFiles>> all;
  for (const auto& layout : certificate_layouts()) {
    auto& pairs = all.emplace_back();
    for (const auto variant : kVariants) {
      const std::string stem = name + std::string(variant);
      pairs.push_back({(base / filled(layout.chain, stem)).string(),
                       (base / filled(layout.key, stem)).string()});
    }
  }
  return all;
}

}  // namespace portcullis::policy
