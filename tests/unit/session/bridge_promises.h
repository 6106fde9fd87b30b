#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "proxy/session/action.h"
#include "proxy/session/event.h"
#include "proxy/xmpp/dialback.h"
#include "proxy/xmpp/dialback_answer.h"
#include "proxy/xmpp/sasl_external.h"
#include "tests/unit/session/alphabet.h"
#include "tests/unit/session/fingerprint.h"

// What must hold of a bridge on every path (docs/architecture.md, Invariants), judged from outside:
// by what its two ends said and were answered.
namespace portcullis::session {

class BridgePromises {
 public:
  enum class Role : std::uint8_t { kNear, kFar };

  // `dialback`: that is how the backend is called; `originates`: how a peer is that takes no
  // EXTERNAL.
  BridgePromises(const ReceivingProfile& near, bool client_tls, bool dialback = false,
                 bool originates = false)
      : kind_(near.kind),
        client_tls_(client_tls),
        dialback_(dialback),
        originates_(originates),
        by_dialback_(near.dialback.spoken),
        answers_refused_(near.answers_refused),
        stance_of_(near.stance) {}

  void far_starts() { at(Role::kFar) = {}; }

  void before(Role role, const Event& event) {
    auto& end = at(role);
    if (std::holds_alternative<TlsEstablished>(event)) end.secure = true;
    if (const auto* accepted = std::get_if<PeerAccepted>(&event)) {
      end.accepted = true;
      end.identified = accepted->identified;
      // Its own port has said so.
      if (role == Role::kNear && by_dialback_) end.proved = true;
    }
    if (std::holds_alternative<PeerObserved>(event)) doubted_ = true;
    if (const auto* received = std::get_if<HeaderReceived>(&event); received && role == Role::kNear)
      if (!by_dialback_) read(received->header);
    if (const auto* received = std::get_if<ElementReceived>(&event))
      if (proves(role, received->element)) end.proved = true;
  }

  // The promise that the action broke, or nothing.
  std::string after(Role role, const Action& action) {
    if (const auto* send = std::get_if<Send>(&action)) return check(role, *send);
    // Then it says for whom it speaks; its header says nothing.
    if (const auto* prove = std::get_if<ProveBackend>(&action)) {
      from_ = prove->local;
      to_ = prove->remote;
    }
    if (const auto* relay = std::get_if<StartRelay>(&action)) return check(role, *relay);
    if (std::holds_alternative<HearStanzas>(action)) return may_be_heard(role);
    if (std::holds_alternative<OpenFarLeg>(action) && decided_)
      return "a far leg is opened for a stream that was refused";
    if (std::holds_alternative<WouldRefuse>(action)) doubted_ = true;
    if (std::holds_alternative<Refused>(action) && role == Role::kNear) refused();
    if (const auto* close = std::get_if<Close>(&action))
      if (close->why == "internal_error") return "something happened that a leg does not expect";
    return {};
  }

  // The last connection is gone. As StreamRecord::gone().
  std::string gone() {
    if (!decided_ || established_) ++closed_;
    // It has looked, has only asked about keys of ours, or may speak and has said nothing.
    if ((by_dialback_ || stance_.answers_keys) && !decided_) return {};
    if (rejected_ + closed_ != 1)
      return "the counters do not add up: accepted is not rejected + closed";
    if (established_ != (closed_ == 1))
      return "a stream that was never established is not counted as rejected";
    return {};
  }

  bool established() const { return established_; }
  // A client is authenticated by the backend, which says so.
  bool both_proved() const {
    return (is_client() || at(Role::kNear).proved) && at(Role::kFar).proved;
  }
  bool is_client() const { return kind_ == StreamKind::kC2s; }
  // What the policy says of the remote domain that the near end named.
  const RemoteStance& stance() const { return stance_; }

  void add_to(Fingerprint& print) const {
    for (const auto& end : ends_)
      print.add(end.secure, end.accepted, end.identified, end.asked, end.keyed, end.proved,
                end.relaying);
    print.add(from_, to_, stance_.observe, stance_.certified_dialback, changed_);
    print.add(doubted_, decided_, established_, rejected_, closed_);
  }

 private:
  struct End {
    bool secure = false;    // TLS stands
    bool accepted = false;  // by the certificate gate
    bool identified = false;
    bool keyed = false;   // a peer was given a key of ours
    bool asked = false;   // we said <auth/> to it, or a client's login without SASL
    bool proved = false;  // it is authenticated, or it authenticated us
    bool relaying = false;
  };
  End& at(Role role) { return ends_.at(static_cast<std::size_t>(role)); }
  const End& at(Role role) const { return ends_.at(static_cast<std::size_t>(role)); }

  // A header that leaves an address out has that of the one before.
  void read(const xmpp::StreamHeader& header) {
    if (!is_client()) read(header.from, from_);
    read(header.to, to_);
    const auto& remote = kind_ == StreamKind::kS2sOutbound ? to_ : from_;
    const auto& local = kind_ == StreamKind::kS2sOutbound ? from_ : to_;
    stance_ = remote && local && stance_of_ ? stance_of_(*local, *remote) : RemoteStance{};
  }
  void read(const std::optional<xmpp::HeaderAddress>& address, std::optional<DomainName>& known) {
    if (!address) return;
    const auto& domain = address->domain();
    if (!domain || (known && known != domain)) changed_ = true;
    if (domain) known = domain;
  }

  bool proves(Role role, const xmpp::Element& element) const {
    const auto& end = at(role);
    if (is_client())
      return role == Role::kFar &&
             (element.is(xmpp::ns::kSasl, "success") || element.is(xmpp::ns::kSasl2, "success") ||
              (end.asked && alphabet::is_iq_result(element)));
    if (role == Role::kFar && dialback_ && end.asked) return finds_valid(element);
    if (!end.secure || !end.accepted) return false;
    if (role == Role::kFar && end.keyed) return finds_valid(element);
    if (role == Role::kFar) return end.asked && element.is(xmpp::ns::kSasl, "success");
    if (element.is(xmpp::ns::kSasl, "auth"))
      return from_ && !xmpp::check_external_auth(element, *from_);
    if (kind_ != StreamKind::kS2sInbound) return false;
    if (!stance_.observe && !stance_.certified_dialback) return false;
    const auto request = xmpp::read_dialback_request(element);
    return request && !request->verify && request->from == from_ && request->to == to_;
  }

  // Who was told our key.
  bool finds_valid(const xmpp::Element& element) const {
    const auto answer = xmpp::read_dialback_answer(element);
    return answer && !answer->verify && answer->type == xmpp::DialbackAnswer::Type::kValid &&
           answer->from == to_ && answer->to == from_;
  }

  std::string check(Role role, const Send& send) {
    const auto has = [&](std::string_view what) {
      return send.bytes.find(what) != std::string::npos;
    };
    const auto& other = role == Role::kNear ? alphabet::kFarMark : alphabet::kNearMark;
    if (is_client()) {
      if (role == Role::kFar && has("jabber:iq:auth")) at(role).asked = true;
      if (role == Role::kFar && !at(Role::kNear).secure) return "a client is served in the clear";
      if (role == Role::kFar && client_tls_ && !at(Role::kFar).accepted &&
          (has(other.element) || has(other.header)))
        return "a backend that was not accepted is told of the client: " + send.bytes;
      return {};
    }
    if (has(other.element)) return "an element of one end was sent to the other: " + send.bytes;
    // With dialback there is one header only, and the backend needs the peer's prefixes in it.
    const bool may_repeat = both_proved() || (role == Role::kFar && at(Role::kNear).proved &&
                                              (dialback_ || (originates_ && at(role).accepted)));
    if (has(other.header) && !may_repeat && !stance_.observe)
      return "the header of one end was repeated before both are authenticated: " + send.bytes;
    if (role == Role::kNear && !by_dialback_ && has("<db:verify ") && has("valid'/>"))
      return stance_.answers_keys && at(role).identified ? ""
                                                         : "a key is answered to who is unknown";
    if (by_dialback_ && role == Role::kNear && has("type='valid'"))
      return has("<db:verify ") || at(role).proved ? "" : "valid for who is not proved";
    if (role == Role::kNear && has("<success ") && may_be_heard(role).empty()) return {};
    if (role == Role::kNear && (has("<success ") || has("type='valid'")) && !both_proved())
      return "success was told before both ends are authenticated: " + send.bytes;
    if (role == Role::kFar && dialback_ && has("<db:result")) at(role).asked = true;
    if (role == Role::kFar && originates_ && has("<db:result")) {
      if (std::exchange(at(role).keyed, true)) return "a second key";
      if (!at(role).identified) return "a key for who is not identified";
    }
    if (has("<auth ")) {
      at(role).asked = true;
      if (!at(role).accepted) return "we authenticate to an end that was not accepted";
    }
    return {};
  }

  std::string check(Role role, const StartRelay& relay) {
    at(role).relaying = true;
    if (at(Role::kNear).relaying && at(Role::kFar).relaying) establish();
    if (changed_) return "the relay starts although an address has changed";
    if (is_client())
      return at(Role::kFar).proved ? "" : "a client's stream is relayed before it has logged in";
    if (stance_.observe)
      return both_proved() || doubted_ ? "" : "an observed stream is relayed, and nothing is noted";
    if (!relay.first.empty() && !by_dialback_)
      return "something is handed on that was read before the relay";
    return both_proved() ? "" : "the relay starts before both ends are authenticated";
  }

  // An end that was told <success/>, whose stream was refused and that still speaks of the same
  // domains; or a backend that has proved to be it, for whom that is wanted.
  std::string may_be_heard(Role role) const {
    const bool wanted =
        kind_ == StreamKind::kS2sOutbound && answers_refused_ && from_ && answers_refused_(*from_);
    const bool known = both_proved() || (wanted && at(role).proved);
    if (role == Role::kNear && known && rejected_ == 1 && !changed_) return {};
    return "a stream is heard for which there is no reason";
  }

  // As StreamRecord, which counts for the near leg.
  void refused() {
    if (decided_) return;
    decided_ = true;
    ++rejected_;
  }
  void establish() {
    if (decided_) return;
    decided_ = true;
    established_ = true;
  }

  StreamKind kind_;
  bool client_tls_;
  bool dialback_;
  bool originates_;
  bool by_dialback_;
  std::function<bool(const DomainName&)> answers_refused_;
  RemoteStances stance_of_;
  // Of the headers of the near end.
  std::optional<DomainName> from_;
  std::optional<DomainName> to_;
  bool changed_ = false;  // they do not agree
  RemoteStance stance_;
  std::array<End, 2> ends_;
  bool doubted_ = false;  // something was let pass that would be refused
  bool decided_ = false;
  bool established_ = false;
  int rejected_ = 0;
  int closed_ = 0;
};

}  // namespace portcullis::session
