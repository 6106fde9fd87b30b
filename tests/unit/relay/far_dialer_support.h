#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proxy/relay/far_dialer.h"
#include "tests/unit/relay/leg_support.h"

namespace portcullis::relay {

using namespace std::chrono_literals;

// Answers a look-up when the test says so.
class ScriptedNetwork final : public Network {
 public:
  std::unique_ptr<Call> call(const DialTarget& to, std::function<void(Called)> done) override {
    auto wire = std::make_shared<Wire>();
    wire->to = to.address();
    if (to.through()) through.push_back(*to.through());
    wire->called = std::move(done);
    wires.push_back(wire);
    return std::make_unique<Ringing>(std::move(wire));
  }
  Lookup find_server(const DomainName& remote, std::chrono::milliseconds at_most,
                     std::function<void(net::Candidates)> done) override {
    asked.push_back(remote.a_label());
    time_to_look_up = at_most;
    found = std::move(done);
    return std::make_unique<Running>(*this);
  }
  Lookup resolve_endpoint(const Endpoint& endpoint,
                          std::function<void(net::EndpointAddresses)> done) override {
    asked.push_back(endpoint.host + ":" + std::to_string(endpoint.port));
    resolved = std::move(done);
    return std::make_unique<Running>(*this);
  }

  // A call is answered.
  void connect(std::size_t wire) {
    const auto& one = wires.at(wire);
    std::exchange(one->called, nullptr)(silent(one));
  }
  void refuse(std::size_t wire, CallFailure failure) {
    std::exchange(wires.at(wire)->called, nullptr)(tl::unexpected(std::move(failure)));
  }
  // The ports of those that are being called.
  std::vector<int> ringing() const {
    std::vector<int> ports;
    for (const auto& wire : wires)
      if (wire->called) ports.push_back(wire->to.port());
    return ports;
  }

  // What the dialer waits for. A callback may end the look-up that calls it.
  void answer(net::Candidates candidates) { std::exchange(found, nullptr)(std::move(candidates)); }
  void answer(net::EndpointAddresses addresses) {
    std::exchange(resolved, nullptr)(std::move(addresses));
  }

  std::vector<std::string> asked;
  std::function<void(net::Candidates)> found;
  std::function<void(net::EndpointAddresses)> resolved;
  std::chrono::milliseconds time_to_look_up{0};
  std::vector<std::shared_ptr<Wire>> wires;
  std::vector<net::SocksRequest> through;  // what proxies were asked for

 private:
  // One that is destroyed is ended.
  class Ringing final : public Network::Call {
   public:
    explicit Ringing(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}
    Ringing(const Ringing&) = delete;
    Ringing& operator=(const Ringing&) = delete;
    ~Ringing() override {
      if (std::exchange(wire_->called, nullptr)) wire_->aborted = wire_->destroyed = true;
    }

    bool is_with_proxy() const override { return wire_->with_proxy; }

   private:
    const std::shared_ptr<Wire> wire_;
  };

  // A look-up that is destroyed is cancelled: its answer never comes.
  class Running final : public net::Resolver::Lookup {
   public:
    explicit Running(ScriptedNetwork& network) : network_(network) {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() override {
      network_.found = nullptr;
      network_.resolved = nullptr;
    }

   private:
    ScriptedNetwork& network_;
  };
};

class FarDialerTest : public testing::Test, protected FarDialer::Owner, protected IdlePartner {
 protected:
  explicit FarDialerTest(StreamKind kind = StreamKind::kS2sOutbound)
      : plan_(plan_of(kind)), record_({metrics_, log_, backends_, scheduler_}, plan_, "id-1") {}

  std::unique_ptr<LegEnd> make_far(const Dial::Attempt& attempt,
                                   const MakeTransport& make) override {
    attempts_.push_back(std::to_string(attempt.target.address().port()) + " for " +
                        std::to_string(attempt.time.count()) + " ms");
    const session::OpenFarLeg wanted{*DomainName::parse("legacy.example"),
                                     DomainName::parse("peer.example").value(),
                                     {},
                                     session::Approach::kAuthenticate};
    static const policy::Config config;  // the leg keeps a reference
    const auto& limits = config.limits;
    return std::make_unique<LegEnd>(scheduler_, LegRoles{gate_, account_, *this, budget_, returns_},
                                    scratch_, far_leg(plan_, config, wanted, attempt),
                                    leg_settings(plan_, Place::kFar, limits, attempt.time + 1h),
                                    make);
  }
  void on_unreachable(DialFailure failure) override { unreachable_.push_back(std::move(failure)); }
  // As a bridge does: a leg that fails before it answered is one attempt that failed.
  void to_far(LegEnd& end, session::FarEvent event) override {
    auto* const failed = std::get_if<session::FarFailed>(&event);
    if (failed != nullptr && &end == dialer_.leg() && !dialer_.reached())
      dialer_.fail(std::move(failed->refusal));
  }

  void find_peer(std::chrono::milliseconds budget = 9s) {
    const auto remote = *DomainName::parse("peer.example");
    dialer_.find_peer({remote}, budget, dials_.places(remote, limits_));
  }
  void found(std::uint16_t count) {
    std::vector<net::Candidate> candidates;
    for (std::uint16_t i = 1; i <= count; ++i)
      candidates.push_back({address(i), TlsEntry::kStartTls});
    network_.answer(net::Candidates(std::move(candidates)));
  }
  // Begins to call the first of so many candidates.
  void dial(std::uint16_t count) {
    find_peer();
    found(count);
  }
  // It is connected.
  void dial_and_connect(std::uint16_t count) {
    dial(count);
    network_.connect(network_.wires.size() - 1);
  }
  void lose(std::size_t wire, const std::string& why = "connection refused") {
    if (network_.wires.at(wire)->called)
      network_.refuse(wire, {why});
    else
      network_.wires.at(wire)->handler->on_lost(why);
  }
  std::string reasons() const {
    std::string text;
    for (const auto& one : unreachable_) text += std::string(policy::id(one.refusal.reason)) + " ";
    return text;
  }

  test::MemoryScheduler scheduler_;
  telemetry::Metrics metrics_;
  std::vector<std::string> lines_;
  BackendHealth backends_{metrics_};
  telemetry::Log log_{policy::Log{policy::LogFormat::kText, false},
                      [this](std::string_view line) { lines_.emplace_back(line); }};
  const StreamPlan& plan_;
  FarRecord record_;
  ScriptedNetwork network_;
  IdleGate gate_;
  IdleAccount account_;
  IdleBudget budget_;
  IdleReturns returns_;
  Scratch scratch_;
  std::vector<std::string> attempts_;
  std::vector<DialFailure> unreachable_;
  policy::Limits limits_;
  DialLimits dials_;
  const DialRules rules_ = make_rules();
  FarDialer dialer_{scheduler_, network_, plan_, rules_, record_, *this};

 private:
  // Peers are in 192.0.2.0/24, a backend with a name listens on port 7, and we on port 9.
  static DialRules make_rules() {
    policy::Config config;
    config.outbound.allow_networks = {"192.0.2.0/24"};
    config.outbound.listen = {{"192.0.2.1", 9}};
    policy::Backend backend;
    backend.s2s = Endpoint{"prosody.internal", 7};
    config.hosts.push_back({*DomainName::parse("legacy.example"), {}, {}, backend});
    return DialRules::of(config, [](const net::SocketAddress&) { return net::Whose::kOthers; })
        .value();
  }
};

class FarDialerToBackend : public FarDialerTest {
 protected:
  FarDialerToBackend() : FarDialerTest(StreamKind::kS2sInbound) {}
  void find_backend() {
    dialer_.find_backend(*DomainName::parse("legacy.example"), {"backend.internal", 15269}, 8s);
  }
};

}  // namespace portcullis::relay
