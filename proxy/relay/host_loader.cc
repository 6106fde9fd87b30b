#include "proxy/relay/host_loader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "certs/own/own_certificate.h"

namespace portcullis::relay {

tls::HostCredentials HostLoader::load(const policy::Host& host, const std::string& path) {
  tls::HostCredentials credentials{host.domain, host.aliases, {}};
  for (std::size_t i = 0; i < host.certificates.size(); ++i) {
    const auto& files = host.certificates[i];
    const std::string at = path + ".certificates[" + std::to_string(i) + "]";
    auto pair = certs::load_key_pair(files.chain, files.key, now_);
    if (!pair) {
      findings_.error(at, std::move(pair.error().message));
      continue;
    }
    check_key_file(files.key, at + ".key");
    examine(*pair, files, credentials, at + ".chain");
    for (const auto& other : credentials.pairs)
      if (other.type == pair->type)
        findings_.error(at, files.chain + ": " + host.domain.text() +
                                " has two certificates of type " + std::string(name(pair->type)) +
                                "; keep one of each type");
    credentials.pairs.push_back(std::move(*pair));
  }
  check_types(credentials, path + ".certificates");
  return credentials;
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

// If the file belongs to another user, we may be able to read it only as a member of its group. So
// reading by the group is allowed then.
void HostLoader::check_key_file(const std::string& file, const std::string& path) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return;
  const ::mode_t others = status.st_uid == ::geteuid() ? S_IRGRP | S_IROTH : S_IROTH;
  if ((status.st_mode & others) == 0) return;
  findings_.warning(path, file + ": the private key can be read by other users; chmod 600 it");
}

void HostLoader::check_types(const tls::HostCredentials& host, const std::string& path) {
  const auto has = [&](KeyType type) {
    return std::any_of(host.pairs.begin(), host.pairs.end(),
                       [type](const certs::KeyPair& pair) { return pair.type == type; });
  };
  if (!has(KeyType::kRsa) || has(KeyType::kEcdsa)) return;
  findings_.warning(path, host.domain.text() +
                              " has an RSA certificate only; add an ECDSA certificate, which is "
                              "offered first");
}

}  // namespace portcullis::relay
