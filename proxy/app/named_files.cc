#include "proxy/app/named_files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "certs/own/local_ca_files.h"
#include "policy/model/certificate_folder.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;
using Kind = NamedFile::Kind;

class Collector {
 public:
  explicit Collector(const policy::Config& config) : config_(config) {}

  std::vector<NamedFile> run() {
    for (std::size_t i = 0; i < config_.hosts.size(); ++i)
      add_host(config_.hosts[i], "host[" + std::to_string(i) + "]");
    add_trust(config_.s2s.settings, "s2s");
    add(config_.s2s.dialback_secret, "s2s.dialback_secret", Kind::kPrivateKey);
    for (const auto& rule : config_.s2s.rules) add_trust(rule.settings, rule.path);
    add(config_.c2s.client_roots, "c2s.client_roots", Kind::kCertificates);
    if (!config_.local_ca.directory.empty()) {
      const auto ca = certs::ca_paths(config_.local_ca.directory);
      add(ca.certificate, "local_ca.directory", Kind::kCertificates);
      add(ca.key, "local_ca.directory", Kind::kPrivateKey);
    }
    // Last, because a fault of a folder is told once, of the first file in it, and about this file
    // least is demanded.
    for (std::size_t i = 0; i < config_.hosts.size(); ++i) {
      const auto& backend = config_.hosts[i].backend;
      if (backend.shows_certificate())
        add(backend.certificate, "host[" + std::to_string(i) + "].backend.certificate",
            Kind::kBackendCertificate);
    }
    return std::move(files_);
  }

 private:
  void add(const std::string& path, std::string key, Kind kind) {
    if (!path.empty()) files_.push_back({path, std::move(key), kind});
  }

  void add_host(const policy::Host& host, const std::string& at) {
    add_pairs(host.certificates, at + ".certificates");
    add_pairs(host.outgoing_certificates, at + ".outgoing_certificates");
    if (host.acme_dir.empty()) return;
    for (const auto use : {policy::CertificateUse::kServing, policy::CertificateUse::kOutgoing})
      for (const auto& layout : policy::certificate_candidates(host.acme_dir, host.domain, use))
        for (const auto& pair : layout) {
          add(pair.chain, at + ".acme_dir", Kind::kCertificates);
          add(pair.key, at + ".acme_dir", Kind::kPrivateKey);
        }
  }

  void add_pairs(const std::vector<policy::CertificateFiles>& pairs, const std::string& at) {
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const std::string pair = at + "[" + std::to_string(i) + "]";
      add(pairs[i].chain, pair + ".chain", Kind::kCertificates);
      add(pairs[i].key, pair + ".key", Kind::kPrivateKey);
    }
  }

  void add_trust(const policy::S2sSettings& settings, const std::string& at) {
    if (settings.roots != "system") add(settings.roots, at + ".roots", Kind::kCertificates);
    for (const auto& crl : settings.crls) add(crl, at + ".crls", Kind::kCertificates);
  }

  const policy::Config& config_;
  std::vector<NamedFile> files_;
};

}  // namespace

std::vector<NamedFile> named_files(const policy::Config& config) {
  return Collector(config).run();
}

bool is_pattern(const std::string& named) {
  return fs::path(named).filename().native().starts_with('*');
}

std::vector<std::string> files_meant_by(const std::string& named) {
  if (!is_pattern(named)) return {named};
  const std::string suffix = fs::path(named).filename().native().substr(1);
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fs::path(named).parent_path(), error))
    if (entry.path().native().ends_with(suffix)) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace portcullis::app
