#pragma once

#include <array>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "proxy/xmpp/dialback_answer.h"
#include "tests/unit/session/alphabet.h"
#include "tests/unit/session/fingerprint.h"
#include "tests/unit/session/leg_watch.h"

// One machine that can be told anything at any time, also what no driver would ever tell it.
namespace portcullis::session {

// From which state, by which event, to which state.
using Taken = std::set<std::tuple<std::string_view, std::string_view, std::string_view>>;

template <class MachineType>
class MachineWorld {
 public:
  struct Setup {
    bool is_client = false;
    bool observes = false;
    bool answers_refused = false;
    bool dialback = false;      // toward the backend
    bool or_dialback = false;   // toward a peer, where it takes no EXTERNAL
    bool backend_asks = false;  // it is authenticated by dialback
    alphabet::Words words;
    Taken* taken = nullptr;  // the edges that were seen
  };
  using Move = alphabet::Word;

  template <class Profile>
  MachineWorld(const Profile& profile, const Setup& setup)
      : setup_(&setup), machine_(profile), watch_(std::is_same_v<MachineType, ReceivingMachine>) {}

  const alphabet::Words& moves() const {
    static const alphabet::Words kNone;
    return watch_.seen().closed ? kNone : setup_->words;
  }

  std::vector<MachineWorld> after(const Move& move) const {
    std::vector<MachineWorld> all{*this};
    all.back().tell(move.event);
    return all;
  }

  std::string fingerprint() const {
    Fingerprint print;
    machine_.add_to(print);
    watch_.add_to(print);
    print.add(accepted_, identified_, far_authenticated_, asked_, valid_, external_,
              external_said_);
    return print.text();
  }

  const std::string& broken() const { return broken_; }

  std::vector<std::string> sights() const { return {std::string(name_of(machine_.state))}; }

  std::string broken_by_time() const {
    const auto& seen = watch_.seen();
    const auto state = name_of(machine_.state);
    if (!seen.open || seen.closed || (seen.relaying && !seen.armed)) return {};
    for (const auto patient : kWaitForTheFarLeg)
      if (state == patient) return {};
    if (!seen.armed) return "no deadline runs in " + std::string(state);
    auto later = *this;
    later.tell(DeadlineExpired{});
    // What an end has said already may first be heard.
    if (name_of(later.machine_.state) == receiving::HearingRefused::name)
      later.tell(DeadlineExpired{});
    if (!later.watch_.seen().closed) later.check("the deadline does not end " + std::string(state));
    return later.broken_;
  }

 private:
  // The far leg's deadline bounds these (docs/state-machines.md, Deadlines).
  static constexpr std::array<std::string_view, 5> kWaitForTheFarLeg{
      initiating::AwaitingRelease::name, initiating::AwaitingFarHeader::name,
      initiating::AwaitingFarStart::name, initiating::LoggingIn::name,
      initiating::AwaitingFarRestart::name};

  void tell(const Event& event) {
    if (const auto* accepted = std::get_if<PeerAccepted>(&event)) {
      accepted_ = true;
      identified_ = identified_ || accepted->identified;
    }
    if (std::holds_alternative<FarAuthenticated>(event)) far_authenticated_ = true;
    if (const auto* received = std::get_if<ElementReceived>(&event); received && asked_)
      valid_ = valid_ || is_valid(received->element);
    if (const auto* received = std::get_if<ElementReceived>(&event))
      external_ = external_ || (external_said_ && is_sasl_success(received->element));
    watch_.before(event);
    const auto from = name_of(machine_.state);
    for (const auto& action : machine_.handle(event)) {
      check(watch_.after(action));
      check(promise_broken_by(action));
    }
    const auto to = name_of(machine_.state);
    if ((to == Closed::name) != watch_.seen().closed) check("Close and closed do not go together");
    setup_->taken->emplace(from, name_of(event), to);
  }

  bool is_valid(const xmpp::Element& element) const {
    const auto* const from = setup_->or_dialback ? "peer.example" : "legacy.example";
    const auto* const to = setup_->or_dialback ? "legacy.example" : "peer.example";
    const auto answer = xmpp::read_dialback_answer(element);
    return answer && !answer->verify && answer->type == xmpp::DialbackAnswer::Type::kValid &&
           answer->from == samples::domain(from) && answer->to == samples::domain(to);
  }

  std::string promise_broken_by(const Action& action) {
    if (setup_->is_client) return {};
    if (setup_->dialback) return dialback_broken_by(action);
    if (setup_->or_dialback)
      if (auto broken = key_broken_by(action); !broken.empty()) return broken;
    if (std::holds_alternative<StartRelay>(action))
      return setup_->observes || accepted_ ? "" : "the relay starts with who was not accepted";
    const auto* const send = std::get_if<Send>(&action);
    if (send == nullptr) return {};
    const auto has = [&](std::string_view what) {
      return send->bytes.find(what) != std::string::npos;
    };
    if (has(alphabet::kNearMark.element) || has(alphabet::kFarMark.element))
      return "what was read is said again: " + send->bytes;
    if (has("<success") && setup_->answers_refused && watch_.seen().refused && accepted_) return {};
    // A peer that asks about keys of ours is answered only in the name that it has proved.
    const bool answers = has("<db:verify ") && has("valid'/>");
    if (answers && !setup_->backend_asks)
      return identified_ ? "" : "a key is answered to who is not identified: " + send->bytes;
    // What it asks about keys of ours is answered to anybody; it itself has to be proved.
    if (setup_->backend_asks && has("type='valid'") && (accepted_ || has("<db:verify "))) return {};
    if ((has("<success") || has("type='valid'")) && !far_authenticated_)
      return "success too early: " + send->bytes;
    if ((has("<mechanism>") || has("<auth ")) && !accepted_)
      return "authentication with who was not accepted: " + send->bytes;
    return {};
  }

  // Nobody is shown a certificate of ours, and nothing goes on before the key was found valid.
  std::string dialback_broken_by(const Action& action) {
    if (std::holds_alternative<StartRelay>(action))
      return valid_ ? "" : "the relay starts before the key was found valid";
    const auto* const told = std::get_if<ToFar>(&action);
    if (told != nullptr && std::holds_alternative<FarAuthenticated>(told->event))
      return valid_ ? "" : "the far leg is told of a key that was not found valid";
    const auto* const send = std::get_if<Send>(&action);
    if (send == nullptr) return {};
    const auto has = [&](std::string_view what) {
      return send->bytes.find(what) != std::string::npos;
    };
    if (has("<auth ")) return "SASL where dialback is demanded: " + send->bytes;
    if (has(alphabet::kNearMark.element)) return "what was read is said again: " + send->bytes;
    if (has("<db:result") && std::exchange(asked_, true)) return "a second key: " + send->bytes;
    return {};
  }

  // A key goes to an identified peer only, and once; the relay starts behind a success that was
  // asked for.
  std::string key_broken_by(const Action& action) {
    if (std::holds_alternative<StartRelay>(action))
      return valid_ || external_ ? "" : "the relay starts before the peer knows us";
    const auto* const told = std::get_if<ToFar>(&action);
    const auto* const known =
        told != nullptr ? std::get_if<FarAuthenticated>(&told->event) : nullptr;
    if (known != nullptr && !(known->by_dialback ? valid_ : external_))
      return "the far leg is told of a success that did not come";
    const auto* const send = std::get_if<Send>(&action);
    if (send == nullptr) return {};
    if (send->bytes.find("<auth ") != std::string::npos) external_said_ = true;
    if (send->bytes.find("<db:result") == std::string::npos) return {};
    if (!identified_) return "a key for who is not identified: " + send->bytes;
    return std::exchange(asked_, true) ? "a second key: " + send->bytes : "";
  }

  void check(std::string broken) {
    if (broken_.empty()) broken_ = std::move(broken);
  }

  const Setup* setup_;
  MachineType machine_;
  LegWatch watch_;
  bool accepted_ = false;
  bool identified_ = false;
  bool external_said_ = false;
  bool external_ = false;  // <success/> came behind our <auth/>
  bool far_authenticated_ = false;
  bool asked_ = false;  // our key of dialback was sent
  bool valid_ = false;  // and was found valid after that
  std::string broken_;
};

}  // namespace portcullis::session
