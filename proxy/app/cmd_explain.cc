#include "proxy/app/cmd_explain.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

#include "certs/x509/pem_file.h"
#include "policy/load/did_you_mean.h"
#include "proxy/app/commands.h"
#include "proxy/app/config_source.h"
#include "proxy/app/exit_code.h"
#include "proxy/app/load.h"
#include "proxy/app/say.h"
#include "proxy/base/clock.h"
#include "proxy/relay/peer_assessment.h"
#include "proxy/report/log_time.h"

namespace portcullis::app {
namespace {

using policy::Verdict;
using std::chrono::sys_seconds;

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int explain_word(policy::Reason reason, bool json) {
  const auto& known = policy::info(reason);
  print(json ? json_of(known) : text_of(known));
  return kFine;
}

std::optional<std::string_view> near_reason(std::string_view word) {
  std::array<std::string_view, policy::kReasonCount> ids;
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = policy::id(policy::reason_at(i));
  return policy::did_you_mean(word, ids);
}

// A single label can be a domain, but more likely it is a reason with a slip in it.
Result<DomainName> read_domain(const std::string& word) {
  const bool dotted = word.find('.') != std::string::npos;
  if (const auto near = dotted ? std::nullopt : near_reason(word))
    return fail("\"" + policy::printable(word) + "\" is no reason; did you mean \"" +
                std::string(*near) + "\"?");
  if (!dotted)
    return fail("there is no reason \"" + policy::printable(word) +
                "\" in portcullis-reasons(7), no server of that kind, and no domain without a dot; "
                "a domain of one label is written with a dot at its end");
  auto domain = DomainName::parse(word);
  if (domain) return domain;
  return fail("\"" + policy::printable(word) + "\" is no reason of portcullis-reasons(7), and it " +
              domain.error().message + "; name a reason or the domain of another server");
}

ExplainedVerdict explained(certs::PeerRole role, policy::Decision decision,
                           std::optional<int> depth) {
  ExplainedVerdict verdict{role, std::move(decision), depth};
  verdict.in_enforce = policy::verdict_under(policy::Mode::kEnforce, verdict.decision);
  verdict.in_observe = policy::verdict_under(policy::Mode::kObserve, verdict.decision);
  return verdict;
}

Result<certs::PresentedChain> read_chain(const std::string& file) {
  auto certificates = certs::read_certificates(file);
  if (!certificates) return tl::unexpected(certificates.error());
  certs::PresentedChain chain;
  chain.leaf = std::move(certificates->front());
  chain.sent.assign(std::make_move_iterator(certificates->begin() + 1),
                    std::make_move_iterator(certificates->end()));
  return chain;
}

Result<DomainName> local_domain(const policy::Config& config, const std::string& word) {
  if (word.empty()) return config.hosts.front().domain;
  const auto domain = DomainName::parse(word);
  if (domain && config.host_for(*domain) != nullptr) return *domain;
  return fail("--local: \"" + policy::printable(word) +
              "\" is no domain or alias of a [[host]] in " + config.file);
}

Result<sys_seconds> read_time(const std::string& text) {
  const auto now = wall_clock_now();
  if (text.empty()) return now;
  if (const auto time = report::parse_timestamp(text, {now, {}})) return *time;
  return fail("--at: \"" + policy::printable(text) + "\" is no time; write 2026-01-31T12:00:00Z");
}

struct Question {
  DomainName remote;
  sys_seconds now;
  const ExplainOptions& options;
};

int show(const DomainFindings& findings, bool json) {
  print(json ? json_of(findings) : text_of(findings));
  const bool fine =
      std::all_of(findings.verdicts.begin(), findings.verdicts.end(),
                  [](const ExplainedVerdict& each) { return meets_policy(each.decision); });
  return fine ? kFine : kRefusedByPolicy;
}

// Nothing is demanded of a domain of ours that needs a certificate to be judged.
std::optional<int> show_served(const policy::Config& config, const Question& question) {
  const auto with = DomainName::parse(question.options.local);
  const auto served = policy::explain_served(
      config, question.remote, with ? std::optional<DomainName>(*with) : std::nullopt);
  if (!served) return std::nullopt;
  print(question.options.json ? json_of(*served) : text_of(*served));
  const bool fine = std::all_of(
      served->pairs.begin(), served->pairs.end(),
      [](const policy::ServedPair& pair) { return pair.decision.verdict == Verdict::kAccepted; });
  return fine ? kFine : kRefusedByPolicy;
}

// What is demanded needs no file but the configuration itself, and no right to read keys.
int explain_demands(const Question& question) {
  const policy::LoadContext context{std::chrono::floor<std::chrono::days>(question.now), true};
  const auto loaded = load_config(question.options.config_file, context);
  if (!loaded.config) return say_invalid(loaded.diagnostics);
  const auto local = local_domain(*loaded.config, question.options.local);
  if (!local) return say(local.error().message, kUsage);
  if (const auto shown = show_served(*loaded.config, question)) return *shown;
  DomainFindings findings{policy::explain_domain(*loaded.config, question.remote, question.now),
                          local->a_label(),
                          {},
                          0,
                          {},
                          {}};
  const auto decision =
      relay::assess_federation(*loaded.config, *local, question.remote, question.now);
  if (!meets_policy(decision))
    for (const auto role : {certs::PeerRole::kInitiating, certs::PeerRole::kReceiving})
      findings.verdicts.push_back(explained(role, decision, std::nullopt));
  return show(findings, question.options.json);
}

int explain_certificate(const Question& question) {
  const auto& options = question.options;
  const auto loaded = load(options.config_file, Occasion::kColdStart);
  if (!loaded.snapshot) return say_invalid(loaded.diagnostics);
  const auto& config = loaded.snapshot->config();
  const auto local = local_domain(config, options.local);
  if (!local) return say(local.error().message, kUsage);
  if (const auto shown = show_served(config, question)) return *shown;
  auto chain = read_chain(options.certificate);
  if (!chain) return say(chain.error().message, kUsage);

  DomainFindings findings{policy::explain_domain(config, question.remote, question.now),
                          local->a_label(),
                          options.certificate,
                          chain->sent.size() + 1,
                          options.tls,
                          {}};
  relay::PeerEvidence evidence{std::move(*chain),
                               options.tls == "1.2" ? TlsVersion::kTls12 : TlsVersion::kTls13};
  for (const auto role : {certs::PeerRole::kInitiating, certs::PeerRole::kReceiving}) {
    evidence.role = role;
    auto assessment =
        relay::assess_peer(*loaded.snapshot, evidence, *local, question.remote, question.now);
    // Only where the certificate is what the gate names.
    const auto& decision = assessment.decision;
    const bool about_it = !meets_policy(decision) &&
                          decision.refusal->reason != policy::Reason::kFederationDenied &&
                          decision.refusal->reason != policy::Reason::kTlsVersionTooLow;
    findings.verdicts.push_back(explained(role, std::move(assessment.decision),
                                          about_it ? assessment.depth : std::nullopt));
  }
  return show(findings, options.json);
}

}  // namespace

bool meets_policy(const policy::Decision& decision) {
  return decision.verdict == Verdict::kAccepted || decision.verdict == Verdict::kExcepted;
}

int explain(const ExplainOptions& options) {
  if (const auto reason = policy::reason_from_id(options.subject))
    return explain_word(*reason, options.json);
  if (const auto kind = policy::backend_kind_from_name(options.subject)) {
    const auto& known = policy::info(*kind);
    print(options.json ? json_of(known) : text_of(known));
    return kFine;
  }
  auto remote = read_domain(options.subject);
  if (!remote) return say(remote.error().message, kUsage);
  const auto now = read_time(options.at);
  if (!now) return say(now.error().message, kUsage);
  const Question question{std::move(*remote), *now, options};
  return options.certificate.empty() ? explain_demands(question) : explain_certificate(question);
}

}  // namespace portcullis::app
