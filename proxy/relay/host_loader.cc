#include "proxy/relay/host_loader.h"

#include <algorithm>
#include <utility>

#include "certs/own/own_certificate.h"
#include "proxy/relay/certificate_finder.h"

namespace portcullis::relay {

tls::HostCredentials HostLoader::load(const policy::Host& host, const std::string& path) {
  tls::HostCredentials credentials{host.domain, host.aliases, {}};
  for (std::size_t i = 0; i < host.certificates.size(); ++i)
    load_pair(host.certificates[i], path + ".certificates[" + std::to_string(i) + "]", credentials);
  if (!host.acme_dir.empty()) {
    const std::string at = path + ".acme_dir";
    auto found = find_certificates(host.acme_dir, host.domain);
    if (!found) findings_.error(at, std::move(found.error().message));
    if (found)
      for (const auto& files : *found) load_pair(files, at, credentials);
  }
  check_types(credentials, path + ".certificates");
  return credentials;
}

void HostLoader::load_pair(const policy::CertificateFiles& files, const std::string& path,
                           tls::HostCredentials& credentials) {
  auto pair = certs::load_key_pair(files.chain, files.key, now_, us_);
  if (!pair) return findings_.error(path, std::move(pair.error().message));
  examine(*pair, files, credentials, path + ".chain");
  for (const auto& other : credentials.pairs)
    if (other.type == pair->type)
      findings_.error(path, files.chain + ": " + credentials.domain.a_label() +
                                " has two certificates of type " + std::string(name(pair->type)) +
                                "; keep one of each type");
  credentials.pairs.push_back(std::move(*pair));
}

void HostLoader::examine(const certs::KeyPair& pair, const policy::CertificateFiles& files,
                         const tls::HostCredentials& host, const std::string& path) {
  if (!trust_.anchors) return;
  certs::OwnUse use{host.aliases, *trust_.anchors, roots_are_public_, trust_.policy, now_};
  use.domains.insert(use.domains.begin(), host.domain);
  for (auto& found : certs::examine_own(pair, use)) {
    std::string message = files.chain + ": " + std::move(found.text);
    if (found.is_error)
      findings_.error(path, std::move(message));
    else
      findings_.warning(path, std::move(message));
  }
}

void HostLoader::check_types(const tls::HostCredentials& host, const std::string& path) {
  const auto has = [&](KeyType type) {
    return std::any_of(host.pairs.begin(), host.pairs.end(),
                       [type](const certs::KeyPair& pair) { return pair.type == type; });
  };
  if (!has(KeyType::kRsa) || has(KeyType::kEcdsa)) return;
  findings_.warning(path, host.domain.a_label() +
                              " has an RSA certificate only; add an ECDSA certificate, which is "
                              "offered first");
}

}  // namespace portcullis::relay
