#include "policy/decide/gate.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "policy/reasons/waiver.h"

namespace portcullis::policy {
namespace {

constexpr std::size_t kMaxText = 512;

// Every check in the order of the gate.
std::vector<Refusal> failures(const Config& config, const Evidence& evidence,
                              const RemotePolicy& policy) {
  std::vector<Refusal> found;
  if (policy.denied)
    found.push_back(refuse(Reason::kFederationDenied, {{"domain", evidence.remote.text()}}));
  const auto floor = std::max(policy.settings->min_tls, config.s2s.settings.min_tls);
  if (evidence.tls_version < floor)
    found.push_back(refuse(Reason::kTlsVersionTooLow,
                           {{"version", words(evidence.tls_version)}, {"min", words(floor)}}));
  if (evidence.certificate) found.push_back(*evidence.certificate);
  return found;
}

bool waives(const S2sException* exception, Reason reason) {
  if (exception == nullptr || waiver_of(reason) != Waiver::kAllowed) return false;
  const auto& allow = exception->allow;
  return std::find(allow.begin(), allow.end(), reason) != allow.end();
}

Decision decide(const Config& config, const RemotePolicy& policy, std::vector<Refusal> found,
                std::vector<Refusal> waived) {
  // An exception lets pass what it names; whatever else is wrong decides.
  const auto kept = std::stable_partition(found.begin(), found.end(), [&](const Refusal& failure) {
    return waives(policy.exception, failure.reason);
  });
  waived.insert(waived.begin(), std::make_move_iterator(found.begin()),
                std::make_move_iterator(kept));
  found.erase(found.begin(), kept);

  Decision decision;
  auto& told = found.empty() ? waived : found;
  if (told.empty()) return decision;
  const bool enforced = policy.settings->mode == Mode::kEnforce ||
                        std::any_of(found.begin(), found.end(), [](const Refusal& failure) {
                          return info(failure.reason).always_enforced;
                        });
  if (found.empty())
    decision.verdict = Verdict::kExcepted;
  else
    decision.verdict = enforced ? Verdict::kRejected : Verdict::kWouldReject;
  decision.refusal = with_help(config, std::move(told.front()));
  decision.further.assign(std::make_move_iterator(told.begin() + 1),
                          std::make_move_iterator(told.end()));
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

}  // namespace

Refusal with_help(const Config& config, Refusal refusal) {
  const std::string help = printable(help_for(config, refusal.reason), kMaxText / 2);
  // What to do next is worth more than the end of a long detail.
  refusal.text = printable(refusal.text, kMaxText - help.size()) + help;
  return refusal;
}

Decision certificate_gate(const Config& config, const Evidence& evidence,
                          std::chrono::sys_seconds now) {
  auto policy = remote_policy(config, evidence.remote, now);
  // An exception may waive the floor of a rule, never what nobody may fall below.
  if (evidence.tls_version < TlsVersion::kTls12) policy.exception = nullptr;
  return decide(config, policy, failures(config, evidence, policy), evidence.waived);
}

Decision judge_fault(const Config& config, const DomainName& remote, Refusal refusal,
                     std::chrono::sys_seconds now) {
  std::vector<Refusal> found;
  found.push_back(std::move(refusal));
  return decide(config, remote_policy(config, remote, now), std::move(found), {});
}

bool observes(const Config& config, const DomainName& remote) {
  return remote_policy(config, remote, {}).settings->mode == Mode::kObserve;
}

}  // namespace portcullis::policy
