#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "policy/reasons/reason.h"
#include "proxy/base/result.h"
#include "proxy/session/action.h"
#include "proxy/session/event.h"
#include "proxy/telemetry/limit_label.h"
#include "proxy/tls/engine.h"
#include "proxy/xmpp/guard.h"

// What a leg end asks its bridge and tells it, in five roles. Each function gets the end that
// calls it, and must not destroy that end.
namespace portcullis::relay {

class LegEnd;

// Which of the two legs of a bridge: the one that was accepted, or the one that was dialed for it.
enum class Place : std::uint8_t { kNear, kFar };

// What the guard of one end has let pass, and the stanzas in it.
struct AcceptedBytes {
  std::string_view bytes;
  std::span<const xmpp::StanzaMark> stanzas;
  bool late = false;  // it came after we had closed our side, so it may not be passed on
};

// The answer of the certificate gate.
using Judgement = std::variant<session::PeerAccepted, session::PeerRefused, session::PeerObserved>;

// What a leg needs to begin TLS, or why it cannot.
using EngineOrRefusal = tl::expected<std::unique_ptr<tls::Engine>, policy::Refusal>;

// Answers the questions that policy and credentials decide.
class LegGate {
 public:
  virtual ~LegGate() = default;
  // The engine for BeginTls, with the credentials for this end. A refusal ends the leg.
  virtual EngineOrRefusal make_engine(const LegEnd& end, const session::BeginTls& action) = 0;
  // Judges the certificate of this end, after the handshake.
  virtual Judgement judge(const LegEnd& end, const session::JudgePeer& action) = 0;
  // What may pass from this end. Called once, when the leg begins to relay.
  virtual xmpp::GuardRules guard_rules(const LegEnd& end,
                                       const xmpp::StreamHeader& peer_header) = 0;
  // Observe mode: this would be refused if it were enforced.
  virtual void on_would_refuse(const LegEnd& end, policy::Refusal refusal) = 0;
  // The action Remark of this end's leg.
  virtual void on_remark(const LegEnd& end, const policy::Refusal& about) = 0;
};

// Keeps the account of a stream, for the log and the metrics.
class LegAccount {
 public:
  virtual ~LegAccount() = default;
  // What the end says about itself and about us. Nothing of it was checked yet.
  virtual void on_header(const LegEnd& end, const xmpp::StreamHeader& header) = 0;
  // The TLS handshake succeeded, and `took` that long.
  virtual void on_secured(const LegEnd& end, std::chrono::milliseconds took) = 0;
  virtual void on_tls_failed(const LegEnd& end) = 0;
  // The guard refused something on an established stream.
  virtual void on_guard_fault(const LegEnd& end, policy::Reason reason) = 0;
  // The decision about the stream is that it is refused.
  virtual void on_refused(const LegEnd& end, const policy::Refusal& refusal) = 0;
  // Whether on_step() wants to be called now.
  virtual bool wants_steps() const = 0;
  // The end took `event` and is now in `state`.
  virtual void on_step(const LegEnd& end, const session::Event& event, std::string_view state) = 0;
};

// The bridge: it passes on what the other end must know.
class LegPartner {
 public:
  virtual ~LegPartner() = default;
  // The action ProveBackend of this end's leg.
  virtual void prove(LegEnd& end, session::ProveBackend action) = 0;
  // The actions OpenFarLeg, DropFarLeg and ToFar of this end's leg.
  virtual void open_far(LegEnd& end, session::OpenFarLeg action) = 0;
  virtual void drop_far(LegEnd& end) = 0;
  virtual void to_far(LegEnd& end, session::FarEvent event) = 0;
  // This end relays from now on.
  virtual void on_relaying(LegEnd& end) = 0;
  // The guard let `accepted` pass. It is valid during the call only.
  virtual void on_accepted(LegEnd& end, const AcceptedBytes& accepted) = 0;
  // The octets that are queued for this end may have become fewer.
  virtual void on_written(LegEnd& end) = 0;
  // The leg has ended, and its connection is about to be closed. `why` is that of the action Close.
  virtual void on_closing(LegEnd& end, const std::string& why) = 0;
  // The connection is closed; the end may be destroyed once the current callback has returned.
  virtual void on_end_gone(LegEnd& end) = 0;
};

// Counts what the end takes of what all streams share.
class LegBudget {
 public:
  virtual ~LegBudget() = default;
  // The connection is open, and the peer's address is known. If a refusal is returned, the stream
  // ends with it.
  virtual std::optional<policy::Refusal> on_open(LegEnd& end) = 0;
  // The guard took `came` octets of this end, and now holds `held` of an unfinished stanza.
  virtual void on_held(const LegEnd& end, std::size_t came, std::size_t held) = 0;
  // The end does not relay yet, and so much of an unfinished element is held for it.
  virtual void on_unfinished(LegEnd& end, std::size_t held) = 0;
  // The octets that are queued for this end may have become fewer.
  virtual void on_queue(const LegEnd& end) = 0;
  // The other side of this end made us work as much as so many new connections do. It is charged
  // for it once only, whatever else it does on this stream.
  virtual void charge(const LegEnd& end, double connections) = 0;
  // The other side of this end went over a limit of what it may cost us. It is charged as one more
  // new connection.
  virtual void on_limit(const LegEnd& end, telemetry::Limit limit) = 0;
};

// Answers what has not arrived.
class LegReturns {
 public:
  virtual ~LegReturns() = default;
  // This end's stream was refused, and is only heard from here on: its stanzas go nowhere, and are
  // to be answered with `told`.
  virtual void on_heard(const LegEnd& end, const policy::Refusal& told) = 0;
  // c2s: stream management is in force from now on (XEP-0198). May be called again.
  virtual void on_managed() = 0;
  virtual bool managed() const = 0;
  // The action ReturnUndelivered of this end's leg.
  virtual void on_undelivered(const LegEnd& end) = 0;
  // The action StopPassing of this end's leg.
  virtual void on_takes_no_more(const LegEnd& end) = 0;
};

struct LegRoles {
  LegGate& gate;
  LegAccount& account;
  LegPartner& partner;
  LegBudget& budget;
  LegReturns& returns;
};

}  // namespace portcullis::relay
