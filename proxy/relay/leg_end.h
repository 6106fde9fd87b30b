#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proxy/base/scheduler.h"
#include "proxy/relay/transport.h"
#include "proxy/session/initiating_leg.h"
#include "proxy/session/receiving_leg.h"
#include "proxy/xmpp/guard.h"
#include "proxy/xmpp/stream_reader.h"

namespace portcullis::relay {

// Buffers that everything on one loop shares, because nothing holds them longer than a call.
struct Scratch {
  std::string plaintext;
  std::string accepted;
};

// One leg with its transport: the only place where a socket, TLS and a state machine meet. It
// turns bytes into events and performs actions; it decides nothing.
class LegEnd final : private Transport::Handler {
 public:
  using Leg = std::variant<session::ReceivingLeg, session::InitiatingLeg>;

  // The answer of the certificate gate.
  using Judgement =
      std::variant<session::PeerAccepted, session::PeerRefused, session::PeerObserved>;

  // The bridge this end belongs to. No call may destroy the end; on_end_gone() asks for it.
  class Owner {
   public:
    virtual ~Owner() = default;
    // The transport stands and its peer's address is known. A refusal ends the connection.
    virtual std::optional<policy::Refusal> on_open(LegEnd& end) = 0;
    // What the end claims about itself and us, not yet checked by anybody. For the log.
    virtual void on_header(LegEnd& end, const xmpp::StreamHeader& header) = 0;
    virtual Result<std::unique_ptr<tls::Engine>> make_engine(LegEnd& end,
                                                             const session::BeginTls& action) = 0;
    virtual Judgement judge(LegEnd& end, const session::JudgePeer& action) = 0;
    virtual void open_far(LegEnd& end, session::OpenFarLeg action) = 0;
    virtual void drop_far(LegEnd& end) = 0;
    virtual void to_far(LegEnd& end, session::FarEvent event) = 0;
    virtual xmpp::GuardRules guard_rules(LegEnd& end, const xmpp::StreamHeader& peer_header) = 0;
    virtual void on_secured(LegEnd& end, std::chrono::milliseconds took) = 0;
    virtual void on_tls_failed(LegEnd& end, const policy::Refusal& refusal) = 0;
    virtual void on_relaying(LegEnd& end) = 0;
    virtual void on_accepted_bytes(LegEnd& end, std::string_view bytes) = 0;
    virtual void on_guard_fault(LegEnd& end, policy::Reason reason) = 0;
    virtual void on_would_refuse(LegEnd& end, policy::Refusal refusal) = 0;
    virtual void on_refused(LegEnd& end, const policy::Refusal& refusal) = 0;
    virtual void on_closing(LegEnd& end, const std::string& why) = 0;
    virtual void on_written(LegEnd& end) = 0;
    virtual void on_end_gone(LegEnd& end) = 0;
  };

  struct Settings {
    xmpp::ReaderLimits limits;
    std::chrono::milliseconds first_deadline;  // until the leg arms its own
  };

  LegEnd(Scheduler& scheduler, Owner& owner, Scratch& scratch, Leg leg, Settings settings,
         const MakeTransport& make_transport);

  Transport& transport() { return *transport_; }
  const Transport& transport() const { return *transport_; }

  // Delivers the event; those that arise from it are delivered behind it, never inside it.
  void dispatch(session::Event event);
  bool relaying() const { return relaying_; }
  // Where the end is; for the log.
  std::string_view state_name() const;

 private:
  void on_open() override;
  void on_plain(std::string_view bytes) override;
  void on_secured() override;
  void on_tls_failed(policy::Refusal refusal) override;
  void on_plaintext_behind_tls() override;
  void on_lost(std::string detail) override;
  void on_written() override;
  void on_gone() override;

  void perform(session::Action& action);
  void do_begin_tls(const session::BeginTls& action);
  void do_restart_stream();
  void do_start_relay(const session::StartRelay& action);
  void read_events();
  void guard_bytes(std::string_view bytes);
  void on_guard_stop(xmpp::GuardStop stop);
  session::Actions handle(const session::Event& event);

  Scheduler& scheduler_;
  Owner& owner_;
  Scratch& scratch_;
  std::unique_ptr<Transport> transport_;
  Leg leg_;
  Settings settings_;
  std::unique_ptr<Scheduler::Timer> deadline_;
  std::unique_ptr<xmpp::StreamReader> reader_;
  std::unique_ptr<xmpp::Guard> guard_;
  std::vector<session::Event> events_;
  std::chrono::milliseconds tls_started_{0};
  bool dispatching_ = false;
  bool relaying_ = false;
  bool ended_ = false;  // the guard or the leg is done with this end's bytes
};

}  // namespace portcullis::relay
