#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proxy/base/gathered.h"
#include "proxy/base/scheduler.h"
#include "proxy/relay/dial_phase.h"
#include "proxy/relay/held_input.h"
#include "proxy/relay/leg_roles.h"
#include "proxy/relay/transport.h"
#include "proxy/session/initiating_leg.h"
#include "proxy/session/receiving_leg.h"
#include "proxy/xmpp/guard.h"
#include "proxy/xmpp/stream_reader.h"

namespace portcullis::relay {

// Buffers that all ends on one loop share. They are used only during a call.
struct Scratch {
  std::string plaintext;
  Gathered accepted;
  std::vector<xmpp::StanzaMark> stanzas;  // in `accepted`
};

// One leg with its transport: the only place where a socket, TLS and a state machine meet. It
// turns bytes into events and performs actions; it decides nothing.
class LegEnd final : private Transport::Handler {
 public:
  using Leg = std::variant<session::ReceivingLeg, session::InitiatingLeg>;

  struct Settings {
    Place place;
    Side side;
    xmpp::ReaderLimits limits;
    std::chrono::milliseconds first_deadline;  // used until the leg arms its own
    Patience patience = {};                    // once it relays
    // Before TLS or TrustInput in place of that in `limits`; 0: the same.
    std::size_t clear_element_bytes = 0;
    std::size_t octets_before_relay = 160'000;  // of XML and white space
  };

  // All references must outlive this.
  LegEnd(Scheduler& scheduler, LegRoles roles, Scratch& scratch, Leg leg, Settings settings,
         const MakeTransport& make_transport);

  Place place() const { return settings_.place; }
  Side side() const { return settings_.side; }

  Transport& transport() { return *transport_; }
  const Transport& transport() const { return *transport_; }

  // Delivers the event to the leg. Events that it causes are delivered after it, never inside it.
  void dispatch(session::Event event);
  bool relaying() const override { return relaying_; }
  // Both legs relay: what this end has said already, and what it says from here on, goes through
  // the guard.
  void go_on();
  DialProgress progress() const;

 private:
  void on_open() override;
  void on_plain(std::string_view bytes) override;
  void on_secured() override;
  void on_tls_failed(policy::Refusal refusal) override;
  void on_out_of_order(OutOfOrder what) override;
  void on_limit(telemetry::Limit limit, std::optional<policy::Refusal> refusal) override;
  void on_lost(std::string detail) override;
  void on_written() override;
  void on_gone() override;

  void perform(session::Action& action);
  void do_begin_tls(const session::BeginTls& action);
  // `told`: why this stream leads nowhere; null: it relays.
  void guard_from_here(const xmpp::StreamHeader& peer_header, std::string_view first,
                       const policy::Refusal* told);
  // Reads what waits, in its order, until something has to wait again.
  void read_held();
  void read_events();
  void guard_bytes(std::string_view bytes);

  Scheduler& scheduler_;
  LegRoles roles_;
  Scratch& scratch_;
  std::unique_ptr<Transport> transport_;
  Leg leg_;
  Settings settings_;
  std::unique_ptr<Scheduler::Timer> deadline_;
  std::unique_ptr<xmpp::StreamReader> reader_;  // until nothing more is read as elements
  HeldInput input_;
  std::unique_ptr<xmpp::Guard> guard_;
  std::vector<session::Event> events_;
  std::chrono::milliseconds tls_started_{0};
  std::size_t octets_ = 0;  // of XML that came before it relayed
  bool dispatching_ = false;
  // Once nothing is dispatched any more:
  bool begins_relay_ = false;  // the partner is to be told
  bool reads_held_ = false;
  bool heard_header_ = false;
  DialPhase phase_ = DialPhase::kStream;
  bool securing_ = false;  // the handshake has begun, and is not over
  bool relaying_ = false;
  bool ended_ = false;  // no more bytes of this end are read by the leg
  bool late_ = false;   // the leg has ended, but not this end: it is guarded to count what it says
};

}  // namespace portcullis::relay
