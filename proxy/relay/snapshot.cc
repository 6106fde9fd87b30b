#include "proxy/relay/snapshot.h"

namespace portcullis::relay {
namespace {

void check_names(const policy::Host& host, const policy::CertificateFiles& files,
                 const certs::KeyPair& pair, std::vector<Error>& errors) {
  const auto check = [&](const DomainName& domain) {
    if (certs::names_domain(pair.leaf.get(), domain)) return;
    errors.push_back({files.chain + ": the certificate does not name " + domain.text() +
                      " in subjectAltName; reissue it for the host's domain and all its aliases"});
  };
  check(host.domain);
  for (const auto& alias : host.aliases) check(alias);
}

}  // namespace

tls::HostCredentials Snapshot::load_credentials(const policy::Host& host,
                                                std::chrono::sys_seconds now,
                                                std::vector<Error>& errors) {
  tls::HostCredentials credentials{host.domain, host.aliases, {}};
  for (const auto& files : host.certificates) {
    auto pair = certs::load_key_pair(files.chain, files.key, now);
    if (!pair) {
      errors.push_back(pair.error());
      continue;
    }
    check_names(host, files, *pair, errors);
    for (const auto& other : credentials.pairs) {
      if (other.type == pair->type)
        errors.push_back({files.chain + ": " + host.domain.text() +
                          " has two certificates of type " + std::string(certs::name(pair->type)) +
                          "; keep one of each type"});
    }
    served_.push_back({host.domain.text(), std::string(certs::name(pair->type)),
                       certs::not_after(pair->leaf.get())});
    credentials.pairs.push_back(std::move(*pair));
  }
  return credentials;
}

void Snapshot::load_hosts(std::chrono::sys_seconds now, std::vector<Error>& errors) {
  tls::ContextsSpec spec;
  spec.s2s_min_version = static_cast<std::uint16_t>(config_.s2s.settings.min_tls);
  spec.c2s_min_version = static_cast<std::uint16_t>(config_.c2s.min_tls);
  for (const auto& host : config_.hosts) {
    spec.hosts.push_back(load_credentials(host, now, errors));
    if (!host.backend.s2s) continue;
    auto keys = certs::PinnedKeys::from_pem_file(host.backend.certificate);
    if (keys)
      backend_keys_.emplace(host.domain, std::move(*keys));
    else
      errors.push_back(keys.error());
  }
  if (!errors.empty()) return;
  auto contexts = tls::Contexts::build(std::move(spec));
  if (contexts)
    contexts_ = std::move(*contexts);
  else
    errors.push_back(contexts.error());
}

void Snapshot::load_trust(std::chrono::sys_seconds now, std::vector<Error>& errors) {
  auto roots = config_.s2s.settings.roots == "system"
                   ? certs::TrustAnchors::system()
                   : certs::TrustAnchors::from_pem_file(config_.s2s.settings.roots);
  if (roots)
    default_trust_.anchors = std::make_shared<certs::TrustAnchors>(std::move(*roots));
  else
    errors.push_back(roots.error());
  rule_trust_.assign(config_.s2s.rules.size(), default_trust_);

  if (config_.local_ca.directory.empty()) return;
  std::vector<DomainName> served;
  for (const auto& host : config_.hosts) {
    served.push_back(host.domain);
    served.insert(served.end(), host.aliases.begin(), host.aliases.end());
  }
  auto ca = certs::LocalCa::load(config_.local_ca.directory, std::move(served), now);
  if (ca)
    local_ca_ = std::make_unique<certs::LocalCa>(std::move(*ca));
  else
    errors.push_back(ca.error());
}

tl::expected<SnapshotPtr, std::vector<Error>> Snapshot::build(policy::Config config,
                                                              std::chrono::sys_seconds now) {
  const std::shared_ptr<Snapshot> snapshot(new Snapshot(std::move(config)));
  std::vector<Error> errors;
  snapshot->load_hosts(now, errors);
  snapshot->load_trust(now, errors);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return SnapshotPtr(snapshot);
}

const PeerTrust& Snapshot::trust_for(const policy::RemotePolicy& remote) const {
  if (remote.rule == nullptr) return default_trust_;
  return rule_trust_[static_cast<std::size_t>(remote.rule - config_.s2s.rules.data())];
}

const certs::PinnedKeys* Snapshot::backend_keys(const policy::Host& host) const {
  const auto found = backend_keys_.find(host.domain);
  return found == backend_keys_.end() ? nullptr : &found->second;
}

}  // namespace portcullis::relay
