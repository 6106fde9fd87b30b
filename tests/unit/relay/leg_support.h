#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/relay/leg_end.h"
#include "proxy/relay/leg_profiles.h"
#include "proxy/relay/network.h"
#include "proxy/relay/stream_plan.h"
#include "tests/support/memory_scheduler.h"
#include "tests/support/test_pki.h"

// What a leg end needs around it, for tests of the parts that hold or are told of one.
namespace portcullis::relay {

// What became of a connection that nobody answers unless the test does.
struct Wire {
  Transport::Handler* handler = nullptr;
  net::SocketAddress to;
  tls::Facts facts;
  certs::X509Ptr leaf;                          // that it shows under TLS; null: none
  std::function<void(Network::Called)> called;  // while it is being connected
  bool with_proxy = false;                      // it waits for the answer of a proxy about itself
  bool heard = true;
  bool closing = false;
  bool aborted = false;
  bool gone = false;
  bool destroyed = false;

  void go() {
    gone = true;
    handler->on_gone();
  }
};

class NothingOutgoing final : public Outgoing {
 public:
  void established(const Patience& /*patience*/) override {}
  std::size_t queued() const override { return 0; }
  std::uint64_t sent() const override { return 0; }
  Delivery delivery() const override { return {}; }
  bool writable() const override { return false; }
};

class SilentTransport final : public Transport {
 public:
  explicit SilentTransport(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}
  SilentTransport(const SilentTransport&) = delete;
  SilentTransport& operator=(const SilentTransport&) = delete;
  ~SilentTransport() override { wire_->destroyed = true; }

  void begin_tls(std::unique_ptr<tls::Engine> /*engine*/) override {}
  void send(std::string_view /*bytes*/) override {}
  void pause_reading() override {}
  void resume_reading() override {}
  void close() override { wire_->closing = true; }
  void abort() override {
    if (wire_->gone) return;
    wire_->closing = wire_->aborted = true;
    wire_->go();
  }
  bool closing() const override { return wire_->closing; }
  bool gone() const override { return wire_->gone; }
  bool paused() const override { return false; }
  bool heard() const override { return wire_->heard; }
  Outgoing& outgoing() override { return nothing_; }
  const Outgoing& outgoing() const override { return nothing_; }
  const net::SocketAddress& peer() const override { return wire_->to; }
  net::SocketAddress local() const override { return {}; }
  tls::Facts tls_facts() const override { return wire_->facts; }
  certs::PresentedChain peer_chain() const override {
    certs::PresentedChain shown;
    if (wire_->leaf) shown.leaf = test::copy(wire_->leaf);
    return shown;
  }

 private:
  const std::shared_ptr<Wire> wire_;
  NothingOutgoing nothing_;
};

inline MakeTransport silent(std::shared_ptr<Wire> wire) {
  return [wire = std::move(wire)](Transport::Handler& handler) {
    wire->handler = &handler;
    return std::make_unique<SilentTransport>(wire);
  };
}

// Roles that do nothing. Tests override what they look at.
struct IdleGate : LegGate {
  EngineOrRefusal make_engine(const LegEnd&, const session::BeginTls&) override {
    return tl::unexpected(policy::refuse(policy::Reason::kInternalError));
  }
  Judgement judge(const LegEnd&, const session::JudgePeer&) override {
    return session::PeerObserved{};
  }
  xmpp::GuardRules guard_rules(const LegEnd&, const xmpp::StreamHeader&) override { return {}; }
  void on_would_refuse(const LegEnd&, policy::Refusal) override {}
  void on_remark(const LegEnd&, const policy::Refusal&) override {}
};

struct IdleAccount : LegAccount {
  void on_header(const LegEnd&, const xmpp::StreamHeader&) override {}
  void on_secured(const LegEnd&, std::chrono::milliseconds) override {}
  void on_tls_failed(const LegEnd&) override {}
  void on_guard_fault(const LegEnd&, policy::Reason) override {}
  void on_refused(const LegEnd&, const policy::Refusal&) override {}
  bool wants_steps() const override { return false; }
  void on_step(const LegEnd&, const session::Event&, std::string_view) override {}
};

struct IdlePartner : LegPartner {
  void prove(LegEnd& /*end*/, session::ProveBackend /*action*/) override {}
  void open_far(LegEnd&, session::OpenFarLeg) override {}
  void drop_far(LegEnd&) override {}
  void to_far(LegEnd&, session::FarEvent) override {}
  void on_relaying(LegEnd&) override {}
  void on_accepted(LegEnd&, const AcceptedBytes&) override {}
  void on_written(LegEnd&) override {}
  void on_closing(LegEnd&, const std::string&) override {}
  void on_end_gone(LegEnd&) override {}
};

struct IdleReturns : LegReturns {
  void on_heard(const LegEnd&, const policy::Refusal&) override {}
  void on_managed() override {}
  bool managed() const override { return false; }
  void on_undelivered(const LegEnd&) override {}
  void on_takes_no_more(const LegEnd&) override {}
};

struct IdleBudget : LegBudget {
  std::optional<policy::Refusal> on_open(LegEnd&) override { return std::nullopt; }
  void on_held(const LegEnd&, std::size_t, std::size_t) override {}
  void on_unfinished(LegEnd&, std::size_t) override {}
  void on_queue(const LegEnd&) override {}
  void charge(const LegEnd&, double) override {}
  void on_limit(const LegEnd&, telemetry::Limit) override {}
};

inline net::SocketAddress address(std::uint16_t port) {
  return *net::SocketAddress::from(Endpoint{"192.0.2.1", port});
}

// An attempt at that address, as if the rules had let it through.
inline Dial::Attempt attempt_at(const net::SocketAddress& to, std::chrono::milliseconds time) {
  const auto rules = DialRules::of(policy::Config(),
                                   [](const net::SocketAddress&) { return net::Whose::kOthers; });
  return {DialTarget::backend(to, *rules).value(), TlsEntry::kStartTls, time};
}

}  // namespace portcullis::relay
