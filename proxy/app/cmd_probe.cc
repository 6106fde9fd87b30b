#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "policy/decide/peer_route.h"
#include "proxy/app/commands.h"
#include "proxy/app/config_source.h"
#include "proxy/app/exit_code.h"
#include "proxy/app/load.h"
#include "proxy/app/powers.h"
#include "proxy/app/say.h"
#include "proxy/base/clock.h"
#include "proxy/net/loop.h"
#include "proxy/net/resolver.h"
#include "proxy/net/signals.h"
#include "proxy/probe/judgement.h"
#include "proxy/probe/run.h"
#include "proxy/probe/text.h"
#include "proxy/relay/handshake_floor.h"
#include "proxy/relay/loop_network.h"
#include "proxy/tls/asking_context.h"

namespace portcullis::app {
namespace {

constexpr const char* kRootAnchors = "/usr/share/dns/root.key";  // of Debian's dns-root-data
constexpr std::uint16_t kClientPort = 5222;

// What is asked, as far as the words of the command line tell.
struct Wanted {
  DomainName domain;
  std::optional<DomainName> local;
  std::optional<Endpoint> via;
};

Result<Wanted> read(const ProbeOptions& options) {
  auto domain = DomainName::parse(options.domain);
  if (!domain)
    return fail("\"" + policy::printable(options.domain) + "\" " + domain.error().message +
                "; name the domain of another server");
  Wanted wanted{*std::move(domain), {}, {}};
  if (!options.local.empty()) {
    auto local = DomainName::parse(options.local);
    if (!local)
      return fail("--local: \"" + policy::printable(options.local) + "\" " + local.error().message);
    wanted.local = *std::move(local);
  }
  if (options.via.empty()) return wanted;
  auto via = Endpoint::parse(options.via);
  if (!via) return fail("--via: " + via.error().message);
  if (!via->is_ip_literal())
    return fail("--via: \"" + policy::printable(options.via) +
                "\" is no IP address with a port; a proxy is not looked up");
  wanted.via = *std::move(via);
  return wanted;
}

// Every rule of the configuration may name a proxy of its own.
void use_proxy(const ProbeOptions& options, const Wanted& wanted, policy::Config& config) {
  const auto use = [&](policy::S2sSettings& settings) {
    if (wanted.via) {
      settings.via = wanted.via;
      settings.via_for = policy::ViaFor::kAny;
    }
    if (options.c2s) settings.via_port = kClientPort;
  };
  use(config.s2s.settings);
  for (auto& rule : config.s2s.rules) use(rule.settings);
}

// What strangers say is read without the rights of root.
Result<void> leave_powers(const policy::Config& config) {
  give_up_needless_powers();
  if (auto left = leave_root(config); !left) return tl::unexpected(std::move(left.error()));
  if (geteuid() == 0) return {};
  return give_up_all_capabilities();
}

// With the certificate of our domain, if it can be read.
struct Asking {
  tls::AskingContext tls;
  bool shows_certificate = false;
  std::string why_not;
};

Result<tls::AskingContext> context_for(const relay::Snapshot& snapshot,
                                       const tls::HostCredentials& shown) {
  const auto& config = snapshot.config();
  return tls::AskingContext::build(shown, relay::s2s_min_version(config),
                                   relay::s2s_key_exchange(config));
}

std::string first_error(const policy::Diagnostics& findings) {
  for (const auto& one : findings)
    if (one.severity == policy::Diagnostic::Severity::kError) return one.text();
  return {};
}

Result<Asking> with_certificate(const relay::Snapshot& snapshot, const policy::Host& host,
                                std::chrono::sys_seconds now) {
  const auto us = user_of_files(snapshot.config().process);
  if (!us) return tl::unexpected(us.error());
  relay::LoadFindings findings(snapshot.config());
  const auto credentials = snapshot.load_credentials(host, findings, now, *us);
  const bool failed = findings.has_errors();
  if (failed) return fail(first_error(findings.take()));
  auto tls = context_for(snapshot, credentials);
  if (!tls) return tl::unexpected(std::move(tls.error()));
  return Asking{*std::move(tls), true, {}};
}

Result<Asking> asking_for(const relay::Snapshot& snapshot, const probe::Subject& subject,
                          std::chrono::sys_seconds now) {
  std::string why_not = "there is no configuration with a certificate of ours";
  const auto* const host = subject.from ? snapshot.config().host_for(*subject.from) : nullptr;
  if (host != nullptr && subject.kind != StreamKind::kC2s) {
    auto asking = with_certificate(snapshot, *host, now);
    if (asking) return asking;
    why_not = policy::printable(asking.error().message, 512);
  }
  auto tls = context_for(snapshot, {subject.domain, {}, {}});
  if (!tls) return tl::unexpected(std::move(tls.error()));
  return Asking{*std::move(tls), false, std::move(why_not)};
}

std::string anchors_of(const ProbeOptions& options) {
  if (!options.trust_anchors.empty()) return options.trust_anchors;
  return access(kRootAnchors, R_OK) == 0 ? kRootAnchors : "";
}

probe::Plan plan_of(const ProbeOptions& options, const policy::Config& config,
                    probe::Subject subject, std::chrono::sys_seconds now) {
  const auto domain = subject.domain;
  const auto most = std::chrono::seconds(options.timeout);
  return {
      std::move(subject), policy::peer_route(config, domain, now),
      net::SurveyQuestion{domain, options.c2s ? net::Clientele::kClients : net::Clientele::kServers,
                          config.dns.servers, anchors_of(options), most},
      most};
}

Result<probe::Findings> perform(const relay::Snapshot& snapshot, const tls::AskingContext& tls,
                                probe::Plan plan) {
  net::ignore_sigpipe();
  net::Loop loop;
  std::string scratch;
  auto resolver = net::Resolver::make(loop, snapshot.config().dns.servers);
  if (!resolver) return tl::unexpected(std::move(resolver.error()));
  relay::LoopNetwork network(loop, **resolver, scratch);
  Result<probe::Findings> result = fail("nothing was examined");
  const probe::Run run(loop, network, snapshot.dial_rules(), tls, std::move(plan),
                       [&](Result<probe::Findings> found) {
                         result = std::move(found);
                         loop.stop();
                       });
  loop.run();
  return result;
}

ExitCode code_of(probe::Outcome outcome) {
  switch (outcome) {
    case probe::Outcome::kMet:
      return kFine;
    case probe::Outcome::kNotMet:
      return kRefusedByPolicy;
    case probe::Outcome::kUnknown:
      return kProblemFound;
  }
  return kProblemFound;
}

int probe_with(const ProbeOptions& options, const Wanted& wanted, policy::Config config,
               const std::string& policy_words) {
  if (const auto left = leave_powers(config); !left)
    return say(left.error().message, kProblemFound);
  const auto now = wall_clock_now();
  use_proxy(options, wanted, config);
  probe::Subject subject{wanted.domain, options.c2s ? StreamKind::kC2s : StreamKind::kS2sOutbound};
  if (!options.c2s) subject.from = wanted.local;
  if (!options.c2s && !config.hosts.empty()) {
    if (!subject.from) subject.from = config.hosts.front().domain;
    if (config.host_for(*subject.from) == nullptr)
      return say("--local: \"" + subject.from->a_label() +
                     "\" is no domain or alias of a [[host]] in " + config.file,
                 kUsage);
  }
  const auto built = relay::Snapshot::build_to_judge(std::move(config), now);
  if (!built.snapshot) return say_invalid(built.findings);
  const auto& snapshot = *built.snapshot;
  const auto asking = asking_for(snapshot, subject, now);
  if (!asking) return say(asking.error().message, kProblemFound);
  subject.shows_certificate = asking->shows_certificate;
  const auto found =
      perform(snapshot, asking->tls, plan_of(options, snapshot.config(), subject, now));
  if (!found) return say(found.error().message, kProblemFound);
  const auto judgement = probe::judge(snapshot, subject, *found, wall_clock_now());
  const probe::Shown shown{subject, *found, judgement, policy_words, asking->why_not};
  const auto text = options.json ? probe::json_of(shown) : probe::text_of(shown);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return code_of(judgement.outcome);
}

}  // namespace

int probe(const ProbeOptions& options) {
  const auto wanted = read(options);
  if (!wanted) return say(wanted.error().message, kUsage);
  if (!has_sources(options.config_file))
    return probe_with(options, *wanted, {}, "the default policy, as there is no configuration");
  auto loaded = read_config(options.config_file, Occasion::kColdStart);
  if (!loaded.config) return say_invalid(loaded.diagnostics);
  const auto words = source_text(*loaded.config);
  return probe_with(options, *wanted, *std::move(loaded.config), words);
}

}  // namespace portcullis::app
