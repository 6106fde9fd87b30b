#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <variant>

#include "proxy/session/action.h"
#include "proxy/session/established_leg.h"
#include "proxy/session/event.h"
#include "proxy/session/machine.h"
#include "proxy/session/name_of.h"
#include "proxy/session/relaying.h"

namespace portcullis::session {

// A leg of either machine: one of its `State`s with its `Context`, and once the stream stands what
// is left of it. `Context` is a LegContext, made of the leg's profile.
template <class Context, class State>
class NegotiatedLeg {
 public:
  template <class Profile>
  explicit NegotiatedLeg(Profile profile)
      : negotiation_(std::make_unique<Negotiation>(std::move(profile))) {}

  Actions handle(const Event& event) {
    if (established_) return established_->handle(event);
    auto& [context, state] = *negotiation_;
    step(state, event, context);
    auto actions = context.out.take_actions();
    if (std::holds_alternative<Relaying>(state)) {
      established_ = std::make_unique<EstablishedLeg>(std::move(context));
      negotiation_.reset();
    }
    return actions;
  }

  std::string_view state_name() const {
    return established_ ? established_->state_name() : name_of(negotiation_->state);
  }

 private:
  struct Negotiation {
    template <class Profile>
    explicit Negotiation(Profile profile) : context(std::move(profile)) {}
    Context context;
    State state;
  };

  std::unique_ptr<Negotiation> negotiation_;  // until the stream is established
  std::unique_ptr<EstablishedLeg> established_;
};

}  // namespace portcullis::session
