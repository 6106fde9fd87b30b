#include "proxy/relay/snapshot.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "certs/own/local_ca_files.h"
#include "policy/model/neighbours.h"
#include "proxy/net/this_machine.h"
#include "proxy/relay/handshake_floor.h"
#include "proxy/relay/host_loader.h"
#include "proxy/relay/trust_loader.h"

namespace portcullis::relay {
namespace {

std::string indexed(const char* table, std::size_t index) {
  return table + ("[" + std::to_string(index) + "]");
}

// The local CA, in the words of the first host's server.
std::string how_to_trust(const policy::Config& config) {
  const auto& kind = policy::info(config.hosts.front().backend.kind);
  return std::string(kind.title) + ": " +
         policy::with_local_ca(kind.hints.trust, config.local_ca.directory);
}

}  // namespace

Built Snapshot::build(policy::Config config, std::chrono::sys_seconds now,
                      const LoadLocalCa& load_local_ca, const certs::ServiceUser& us,
                      const Snapshot* before, const DialbackSecret* secret) {
  const std::shared_ptr<Snapshot> snapshot(new Snapshot(std::move(config)));
  LoadFindings findings(snapshot->config_);
  snapshot->load_dial_rules(findings);
  snapshot->load_dialback_secret(findings, us, before, secret);
  snapshot->load_trust(findings, now);
  snapshot->load_hosts(findings, now, us, before);
  snapshot->load_local_ca(findings, now, load_local_ca, us);
  const bool failed = findings.has_errors();
  return {failed ? nullptr : snapshot, findings.take()};
}

Built Snapshot::build_to_judge(policy::Config config, std::chrono::sys_seconds now) {
  const std::shared_ptr<Snapshot> snapshot(new Snapshot(std::move(config)));
  LoadFindings findings(snapshot->config_);
  snapshot->load_dial_rules(findings);
  snapshot->load_trust(findings, now);
  const bool failed = findings.has_errors();
  return {failed ? nullptr : snapshot, findings.take()};
}

tls::HostCredentials Snapshot::load_credentials(const policy::Host& host, LoadFindings& findings,
                                                std::chrono::sys_seconds now,
                                                const certs::ServiceUser& us) const {
  HostLoader loader(findings, default_trust_, config_.s2s.settings.roots == "system", now, us);
  const auto index = static_cast<std::size_t>(&host - config_.hosts.data());
  return loader.load(host, indexed("host", index));
}

void Snapshot::load_dial_rules(LoadFindings& findings) {
  auto rules = DialRules::of(config_, &net::whose_address);
  if (!rules) return findings.error("outbound", rules.error().message);
  dial_rules_ = std::make_unique<const DialRules>(*std::move(rules));
}

void Snapshot::load_dialback_secret(LoadFindings& findings, const certs::ServiceUser& us,
                                    const Snapshot* before, const DialbackSecret* handed) {
  const auto& file = config_.s2s.dialback_secret;
  if (file.empty()) {
    const bool has_one = before != nullptr && before->config_.s2s.dialback_secret.empty();
    if (has_one)
      dialback_secret_ = before->dialback_secret_;
    else
      dialback_secret_ = handed != nullptr ? *handed : DialbackSecret::random();
    return;
  }
  auto loaded = DialbackSecret::load(file, us);
  if (!loaded) return findings.error("s2s.dialback_secret", std::move(loaded.error().message));
  dialback_secret_ = *std::move(loaded);
}

void Snapshot::load_trust(LoadFindings& findings, std::chrono::sys_seconds now) {
  TrustLoader loader(findings, now);
  default_trust_ = loader.load(config_.s2s.settings, "s2s");
  for (const auto& rule : config_.s2s.rules)
    rule_trust_.push_back(loader.load(rule.settings, rule.path));
  if (config_.c2s.client_certificate != policy::ClientCertificate::kOff)
    client_trust_ = std::make_unique<PeerTrust>(loader.load_users(config_.c2s, default_trust_));
  revocation_lists_ = loader.revocation_lists();
}

void Snapshot::load_hosts(LoadFindings& findings, std::chrono::sys_seconds now,
                          const certs::ServiceUser& us, const Snapshot* before) {
  BackendKeysLoader keys(findings, config_, now);
  HostLoader loader(findings, default_trust_, config_.s2s.settings.roots == "system", now, us);
  std::vector<tls::HostCredentials> hosts;
  for (std::size_t i = 0; i < config_.hosts.size(); ++i) {
    const auto& host = config_.hosts[i];
    const std::string path = indexed("host", i);
    hosts.push_back(loader.load(host, path));
    note_certificates(hosts.back());
    if (!host.backend.shows_certificate()) continue;
    if (auto loaded = keys.load(host, path + ".backend", hosts.back(),
                                before != nullptr ? before->backend_keys(host) : nullptr))
      backend_keys_.emplace(host.domain, std::move(*loaded));
  }
  if (!findings.has_errors()) build_contexts(std::move(hosts), findings);
}

void Snapshot::build_contexts(std::vector<tls::HostCredentials> hosts, LoadFindings& findings) {
  tls::ContextsSpec spec;
  spec.hosts = std::move(hosts);
  spec.s2s_min_version = s2s_min_version(config_);
  spec.c2s_min_version = config_.c2s.min_tls;
  spec.s2s_key_exchange = s2s_key_exchange(config_);
  spec.c2s_key_exchange = c2s_key_exchange(config_);
  spec.binds_clients =
      std::any_of(config_.hosts.begin(), config_.hosts.end(),
                  [](const policy::Host& host) { return host.backend.shares_certificate(); });
  spec.asks_clients = config_.c2s.client_certificate != policy::ClientCertificate::kOff;
  auto contexts = tls::Contexts::build(std::move(spec));
  if (contexts)
    contexts_ = std::move(*contexts);
  else
    findings.error("host", std::move(contexts.error().message));
}

void Snapshot::note_certificates(const tls::HostCredentials& host) {
  const auto& domain = host.domain.a_label();
  for (const auto* const pairs : {&host.pairs, &host.outgoing})
    for (const auto& pair : *pairs) {
      const auto end = certs::not_after(pair.leaf.get());
      own_.push_back({domain, pair.type, end, pairs == &host.outgoing});
      const auto same = std::find_if(served_.begin(), served_.end(), [&](const auto& one) {
        return one.domain == domain && one.key_type == pair.type;
      });
      if (same == served_.end())
        served_.push_back({domain, pair.type, end});
      else
        same->not_after = std::min(same->not_after, end);
    }
  const auto& calling = host.for_calling();
  calling_.push_back(
      {domain, std::all_of(calling.begin(), calling.end(), &certs::allows_client_use)});
}

void Snapshot::load_local_ca(LoadFindings& findings, std::chrono::sys_seconds now,
                             const LoadLocalCa& load, const certs::ServiceUser& us) {
  if (config_.local_ca.directory.empty()) return;
  std::vector<certs::ServedDomain> served;
  for (const auto& host : config_.hosts) {
    const auto program = policy::program_of(config_, host);
    served.emplace_back(host.domain, program);
    for (const auto& alias : host.aliases) served.emplace_back(alias, program);
  }
  const auto& directory = config_.local_ca.directory;
  auto ca = load ? load(directory, std::move(served), now)
                 : certs::LocalCa::load(directory, std::move(served), now, us);
  if (ca) {
    local_ca_ = std::make_unique<certs::LocalCa>(std::move(*ca));
    return;
  }
  std::string advice;
  std::error_code error;
  if (!std::filesystem::exists(certs::ca_paths(config_.local_ca.directory).certificate, error))
    advice = "; make the local CA with \"portcullis ca init " + config_.local_ca.directory +
             "\", and have your server trust it. For " + how_to_trust(config_);
  findings.error("local_ca.directory", ca.error().message + advice);
}

const PeerTrust& Snapshot::trust_for(const policy::RemotePolicy& remote) const {
  if (remote.rule == nullptr) return default_trust_;
  return rule_trust_[static_cast<std::size_t>(remote.rule - config_.s2s.rules.data())];
}

const BackendKeys* Snapshot::backend_keys(const policy::Host& host) const {
  const auto found = backend_keys_.find(host.domain);
  return found == backend_keys_.end() ? nullptr : &found->second;
}

}  // namespace portcullis::relay
