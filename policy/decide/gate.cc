#include "policy/decide/gate.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace portcullis::policy {
namespace {

constexpr std::size_t kMaxText = 512;

bool waives_tls_floor(const S2sException* exception, TlsVersion version) {
  // TLS 1.2 is the least for everybody, whatever an exception says.
  if (exception == nullptr || version < TlsVersion::kTls12) return false;
  const auto& allow = exception->allow;
  return std::find(allow.begin(), allow.end(), Reason::kTlsVersionTooLow) != allow.end();
}

// Every check in the order of the gate.
Faults faults_of(const Config& config, const Evidence& evidence, const RemotePolicy& policy) {
  Faults found;
  if (policy.denied)
    found.standing.push_back(
        refuse(Reason::kFederationDenied, {{"domain", evidence.remote.a_label()}}));
  const auto version = evidence.tls_version;
  const auto floor = std::max(policy.settings->min_tls, config.s2s.settings.min_tls);
  if (version < floor) {
    auto& list = waives_tls_floor(policy.exception, version) ? found.waived : found.standing;
    list.push_back(
        refuse(Reason::kTlsVersionTooLow, {{"version", words(version)}, {"min", words(floor)}}));
  }
  if (config.forward_secrecy && !evidence.forward_secrecy)
    found.standing.push_back(refuse(Reason::kTlsNoForwardSecrecy));
  if (evidence.certificate) found.standing.push_back(*evidence.certificate);
  found.waived.insert(found.waived.end(), evidence.waived.begin(), evidence.waived.end());
  return found;
}

Decision told(const Config& config, Decision decision) {
  if (decision.refusal) decision.refusal = with_help(config, *std::move(decision.refusal));
  return decision;
}

std::string help_for(const Config& config, Reason reason) {
  constexpr std::string_view kPlaceholder = "{reason}";
  std::string help;
  if (!config.contact.empty()) help += " Contact: " + config.contact;
  if (config.help_url.empty()) return help;
  std::string url = config.help_url;
  if (const auto at = url.find(kPlaceholder); at != std::string::npos)
    url.replace(at, kPlaceholder.size(), id(reason));
  return help + " Help: " + url;
}

// Servers say things like "at 19:23:56 UTC".
bool ends_a_sentence(std::string_view text) {
  return text.empty() || std::string_view(".!?").find(text.back()) != std::string_view::npos;
}

}  // namespace

Refusal with_help(const Config& config, Refusal refusal) {
  const std::string help = printable(help_for(config, refusal.reason), kMaxText / 2);
  if (refusal.text.ends_with(help)) return refusal;
  // A long detail is cut rather than the help behind it.
  refusal.text = printable(refusal.text, kMaxText - help.size() - 1);
  if (!help.empty() && !ends_a_sentence(refusal.text)) refusal.text += '.';
  refusal.text += help;
  return refusal;
}

Decision certificate_gate(const Config& config, const Evidence& evidence,
                          std::chrono::sys_seconds now) {
  const auto policy = remote_policy(config, evidence.remote, now);
  return told(config, decide(policy.settings->mode, faults_of(config, evidence, policy)));
}

Decision judge_faults(const Config& config, const DomainName& remote, std::vector<Refusal> faults,
                      std::chrono::sys_seconds now) {
  const auto policy = remote_policy(config, remote, now);
  return told(config, decide(policy.settings->mode, {std::move(faults), {}}));
}

bool observes(const Config& config, const DomainName& remote) {
  if (config.host_for(remote) != nullptr) return false;
  return remote_policy(config, remote, {}).settings->mode == Mode::kObserve;
}

}  // namespace portcullis::policy
