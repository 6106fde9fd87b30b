#include "proxy/app/setup/shown_certificates.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "policy/reasons/reason.h"
#include "proxy/examine/examination.h"
#include "proxy/net/loop.h"
#include "proxy/net/proxy_protocol.h"
#include "proxy/net/resolver.h"
#include "proxy/net/this_machine.h"
#include "proxy/net/timer.h"
#include "proxy/relay/dial_rules.h"
#include "proxy/relay/dial_target.h"
#include "proxy/relay/loop_network.h"
#include "proxy/tls/contexts.h"

namespace portcullis::app {
namespace {

using policy::printable;

constexpr std::size_t kMostNames = 64;
constexpr std::chrono::milliseconds kForOne{5'000};
constexpr std::chrono::milliseconds kForAll{30'000};

// What happened, without the sentence that a peer would be told.
std::string text_of(const policy::Refusal& refusal) {
  if (refusal.arguments)
    for (const auto& [name, value] : *refusal.arguments)
      if (name == "detail" && !value.empty()) return printable(value);
  return printable(refusal.text);
}

struct Port {
  StreamKind kind;
  Endpoint endpoint;
  policy::ProxyProtocol header;
};

std::optional<Port> port_of(const policy::Backend& backend) {
  if (backend.s2s && backend.s2s_auth == policy::BackendAuth::kTls)
    return Port{StreamKind::kS2sOutbound, *backend.s2s, backend.s2s_proxy_protocol};
  if (backend.has_client_tls())
    return Port{StreamKind::kC2s, *backend.c2s, backend.c2s_proxy_protocol};
  return std::nullopt;
}

// One name after the other, on a loop of its own.
class Asking {
 public:
  Asking(const policy::Config& config, const policy::Host& host, Port port)
      : port_(std::move(port)), time_(loop_, [this] { end("no answer came in time"); }) {
    names_.push_back(host.domain);
    for (const auto& alias : host.aliases)
      if (names_.size() < kMostNames) names_.push_back(alias);
    auto rules = relay::DialRules::of(config, &net::whose_address);
    auto resolver = net::Resolver::make(loop_, config.dns.servers);
    if (!rules || !resolver) {
      why_ = rules ? resolver.error().message : rules.error().message;
      return;
    }
    rules_ = std::move(*rules);
    resolver_ = std::move(*resolver);
    network_.emplace(loop_, *resolver_, scratch_);
  }

  Result<std::vector<ShownCertificate>> run() {
    if (network_) {
      time_.start(kForAll);
      lookup_ = network_->resolve_endpoint(
          port_.endpoint, [this](net::EndpointAddresses found) { begin(std::move(found)); });
      if (!over_) loop_.run();
    }
    if (!why_.empty())
      return fail(fmt::format("{} at {} shows no certificate for {}: {}", "your server",
                              port_.endpoint.text(), names_[shown_.size()].a_label(), why_));
    return std::move(shown_);
  }

 private:
  void end(std::string why) {
    why_ = std::move(why);
    over_ = true;
    loop_.stop();
  }

  void begin(net::EndpointAddresses found) {
    if (!found || found->empty())
      return end(found ? "its name has no address" : printable(found.error().message));
    addresses_ = std::move(*found);
    ask();
  }

  void ask() {
    const auto& address = addresses_[address_];
    const auto target = relay::DialTarget::backend(address, *rules_);
    if (!target) return end(text_of(target.error()));
    examine::Question question{.kind = port_.kind,
                               .domain = names_[shown_.size()],
                               .from = std::nullopt,
                               .depth = examine::Depth::kHandshake,
                               .time = kForOne};
    if (port_.header != policy::ProxyProtocol::kOff)
      question.preface = net::write_proxy_header(port_.header, address, address);
    running_ = std::make_unique<examine::Examination>(
        loop_, *network_, *target, std::move(question),
        [this] { return tls::connect_without_certificate(names_[shown_.size()]); },
        [this](examine::Findings findings) { take(std::move(findings)); });
  }

  void take(examine::Findings findings) {
    if (!findings.tls || findings.tls->chain.leaf == nullptr) {
      const bool unreached =
          findings.failure && findings.failure->stage == examine::Stage::kConnecting;
      if (unreached && ++address_ < addresses_.size()) return ask();
      return end(findings.failure ? text_of(findings.failure->refusal)
                                  : std::string("it offers no TLS"));
    }
    shown_.push_back({names_[shown_.size()].u_label(), std::move(findings.tls->chain.leaf)});
    if (shown_.size() < names_.size()) return ask();
    over_ = true;
    loop_.stop();
  }

  const Port port_;
  std::vector<DomainName> names_;
  std::vector<ShownCertificate> shown_;
  std::string why_;
  bool over_ = false;
  std::string scratch_;
  net::Loop loop_;
  net::Timer time_;
  std::unique_ptr<net::Resolver> resolver_;
  std::optional<relay::DialRules> rules_;
  std::optional<relay::LoopNetwork> network_;
  relay::Network::Lookup lookup_;
  std::vector<net::SocketAddress> addresses_;
  std::size_t address_ = 0;
  std::unique_ptr<examine::Examination> running_;
};

}  // namespace

Result<std::vector<ShownCertificate>> ask_for_certificates(const policy::Config& config,
                                                           const policy::Host& host) {
  auto port = port_of(host.backend);
  if (!port)
    return fail(
        host.domain.a_label() +
        ": nothing between the gate and this server has TLS, so it has no certificate there");
  return Asking(config, host, std::move(*port)).run();
}

}  // namespace portcullis::app
