#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <variant>

#include "proxy/session/action.h"
#include "proxy/session/event.h"
#include "tests/unit/session/fingerprint.h"

// What must hold of one leg on every path, whatever it is told (docs/state-machines.md).
namespace portcullis::session {

class LegWatch {
 public:
  struct Seen {
    bool open = false;         // the transport stands
    bool securing = false;     // between BeginTls and TlsEstablished
    bool header_sent = false;  // on the current stream
    bool ended = false;        // </stream:stream> was sent on it
    bool judged = false;
    bool answered = false;  // a stream in the clear that offers dialback, or a key was judged
    bool armed = false;     // a deadline
    bool refused = false;
    bool holding = false;  // nothing of this end is read, until it is released or relays
    bool relaying = false;
    bool closed = false;
  };

  // A receiving leg has a deadline for the time before TLS and another one for the time behind it.
  explicit LegWatch(bool arms_behind_tls) : arms_behind_tls_(arms_behind_tls) {}

  const Seen& seen() const { return seen_; }

  void add_to(Fingerprint& print) const {
    const auto& [open, securing, header_sent, ended, judged, answered, armed, refused, holding,
                 relaying, closed] = seen_;
    print.add(open, securing, header_sent, ended, judged, answered, armed, refused, holding,
              relaying, closed);
  }

  void before(const Event& event) {
    if (std::holds_alternative<TransportReady>(event)) seen_.open = true;
    if (std::holds_alternative<TlsEstablished>(event)) {
      seen_.securing = false;
      if (arms_behind_tls_) seen_.armed = false;
    }
    const auto* const failed = std::get_if<TlsFailed>(&event);
    if (failed != nullptr && !failed->begun) seen_.securing = false;
    if (std::holds_alternative<DeadlineExpired>(event)) seen_.armed = false;
  }

  // The promise that the action broke, or nothing.
  std::string after(const Action& action) {
    if (seen_.closed) return "an action behind Close";
    return std::visit([this](const auto& one) { return check(one); }, action);
  }

 private:
  std::string check(const Send& send) {
    if (!seen_.open) return "something is sent before the transport stands";
    if (seen_.securing) return "something is sent between BeginTls and TlsEstablished";
    if (seen_.ended) return "something is sent behind </stream:stream>";
    const bool header = send.bytes.rfind("<?xml version='1.0'?><stream:stream ", 0) == 0;
    if (header == seen_.header_sent)
      return header ? "a second header on one stream" : "our header does not come first";
    seen_.header_sent = true;
    if (send.bytes.find("<db:") != std::string::npos &&
        send.bytes.find("valid'/>") != std::string::npos)
      seen_.answered = true;
    if (header && !seen_.securing && send.bytes.find(" xmlns:db='") != std::string::npos &&
        send.bytes.find(" id='") != std::string::npos)
      seen_.answered = true;
    seen_.ended = send.bytes.find("</stream:stream>") != std::string::npos;
    return {};
  }
  std::string check(const BeginTls&) {
    if (std::exchange(seen_.securing, true)) return "TLS is begun twice";
    return {};
  }
  std::string check(const RestartStream&) {
    seen_.header_sent = false;
    return {};
  }
  std::string check(const JudgePeer&) {
    if (seen_.securing) return "the gate is asked before TLS stands";
    if (std::exchange(seen_.judged, true)) return "the gate is asked twice";
    return {};
  }
  std::string check(const ProveBackend&) {
    if (seen_.securing) return "a proof is wanted before TLS stands";
    if (std::exchange(seen_.judged, true)) return "a proof is wanted twice";
    return {};
  }
  std::string check(const ArmDeadline&) {
    seen_.armed = true;
    return {};
  }
  std::string check(const HoldInput& hold) {
    if (seen_.relaying) return "input is held behind StartRelay";
    seen_.holding = seen_.holding || !hold.only_loss;
    return {};
  }
  std::string check(const TrustInput&) {
    return seen_.judged ? std::string() : "an end is trusted that nobody has judged";
  }
  std::string check(const ReleaseInput&) {
    seen_.holding = false;
    return {};
  }
  std::string check(const StartRelay&) {
    seen_.armed = false;
    if (seen_.refused) return "the relay starts although it was refused";
    if (std::exchange(seen_.relaying, true)) return "the relay starts twice";
    return {};
  }
  // As behind StartRelay, but on a stream that was refused.
  std::string check(const HearStanzas&) {
    seen_.armed = true;
    if (!seen_.refused) return "it is heard although it was not refused";
    if (std::exchange(seen_.relaying, true)) return "it is heard and relayed";
    return {};
  }
  std::string check(const Refused&) {
    if (seen_.relaying) return "refused behind StartRelay";
    if (std::exchange(seen_.refused, true)) return "refused twice";
    return {};
  }
  std::string check(const Close&) {
    seen_.closed = true;
    seen_.armed = false;
    // Whoever looked, or has only asked about keys of ours, was not refused.
    if (!seen_.relaying && !seen_.refused && !seen_.answered) return "closed without a decision";
    return {};
  }
  std::string check(const OpenFarLeg&) { return {}; }
  std::string check(const DropFarLeg&) { return {}; }
  std::string check(const ToFar&) { return {}; }
  std::string check(const ReturnUndelivered&) {
    return seen_.relaying ? "" : "answers for what was never passed on";
  }
  std::string check(const StopPassing&) {
    return seen_.relaying ? "" : "nothing was passed on so far";
  }
  std::string check(const Remark&) { return seen_.relaying ? "a remark while it relays" : ""; }
  std::string check(const WouldRefuse&) {
    return seen_.relaying || seen_.refused ? "doubts about what is decided" : "";
  }

  bool arms_behind_tls_;
  Seen seen_;
};

}  // namespace portcullis::session
