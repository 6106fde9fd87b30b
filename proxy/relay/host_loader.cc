#include "proxy/relay/host_loader.h"

#include <algorithm>
#include <utility>

#include "certs/own/own_certificate.h"
#include "proxy/relay/certificate_finder.h"

namespace portcullis::relay {

tls::HostCredentials HostLoader::load(const policy::Host& host, const std::string& path) {
  tls::HostCredentials credentials{host.domain, host.aliases, {}};
  load_named(host.certificates, Use::kServing, path + ".certificates", credentials);
  load_named(host.outgoing_certificates, Use::kOutgoing, path + ".outgoing_certificates",
             credentials);
  if (!host.acme_dir.empty()) {
    load_found(host, Use::kServing, path + ".acme_dir", credentials);
    if (host.outgoing_certificates.empty())
      load_found(host, Use::kOutgoing, path + ".acme_dir", credentials);
  }
  check_types(credentials, path + ".certificates");
  check_calling(credentials, path);
  return credentials;
}

void HostLoader::load_named(const std::vector<policy::CertificateFiles>& named, Use use,
                            const std::string& path, tls::HostCredentials& credentials) {
  for (std::size_t i = 0; i < named.size(); ++i)
    load_pair(named[i], use, path + "[" + std::to_string(i) + "]", credentials);
}

void HostLoader::load_found(const policy::Host& host, Use use, const std::string& path,
                            tls::HostCredentials& credentials) {
  auto found = find_certificates(host.acme_dir, host.domain, use);
  if (!found) return findings_.error(path, std::move(found.error().message));
  for (const auto& files : *found) load_pair(files, use, path, credentials);
}

void HostLoader::load_pair(const policy::CertificateFiles& files, Use use, const std::string& path,
                           tls::HostCredentials& credentials) {
  auto pair = certs::load_key_pair(files.chain, files.key, now_, us_);
  if (!pair) return findings_.error(path, std::move(pair.error().message));
  examine(*pair, files, use, credentials, path + ".chain");
  auto& pairs = use == Use::kOutgoing ? credentials.outgoing : credentials.pairs;
  for (const auto& other : pairs)
    if (other.type == pair->type)
      findings_.error(path, files.chain + ": " + credentials.domain.a_label() +
                                " has two certificates of type " + std::string(name(pair->type)) +
                                "; keep one of each type. One that is only for streams to other "
                                "servers belongs into outgoing_certificates");
  pairs.push_back(std::move(*pair));
}

void HostLoader::examine(const certs::KeyPair& pair, const policy::CertificateFiles& files, Use use,
                         const tls::HostCredentials& host, const std::string& path) {
  if (!trust_.anchors) return;
  certs::OwnUse own{host.aliases, *trust_.anchors,      roots_are_public_, trust_.policy,
                    now_,         use == Use::kOutgoing};
  own.domains.insert(own.domains.begin(), host.domain);
  for (auto& found : certs::examine_own(pair, own)) {
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

// Public CAs have stopped to certify it, so a renewal can bring this about.
void HostLoader::check_calling(const tls::HostCredentials& host, const std::string& path) {
  const auto& pairs = host.for_calling();
  if (std::all_of(pairs.begin(), pairs.end(), &certs::allows_client_use)) return;
  findings_.warning(
      path,
      host.domain.a_label() +
          ": the certificate that is shown on streams to other servers is for TLS servers "
          "only (its extended key usage lacks clientAuth). Servers that check this refuse "
          "these streams: ejabberd before 25.07 (that of Debian 12), Metronome and "
          "others, with the reason external_not_offered or refused_by_peer. Their own "
          "streams to us are not concerned. The way out is a pair from a CA that gives "
          "clientAuth, in outgoing_certificates, or originate_dialback = \"certified\" in [s2s]");
}

}  // namespace portcullis::relay
