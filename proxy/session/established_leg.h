#pragma once

#include <string_view>
#include <utility>
#include <variant>

#include "proxy/session/leg_context.h"
#include "proxy/session/relaying.h"

namespace portcullis::session {

// What is left of a leg of either machine once its stream is established. The profile and the room
// for what was negotiated are four fifths of a leg, and most legs are idle: so they are given back.
class EstablishedLeg {
 public:
  // `context` of a machine whose state is `relaying`.
  explicit EstablishedLeg(LegContext&& context) : context_(std::move(context)) {}

  Actions handle(const Event& event);
  std::string_view state_name() const;

 private:
  LegContext context_;
  std::variant<Relaying, AwaitingFarEnd, AwaitingEnd, AwaitingBothEnds, Closed> state_;
};

}  // namespace portcullis::session
