#include "proxy/session/established_leg.h"

#include "proxy/session/machine.h"

namespace portcullis::session {

Actions EstablishedLeg::handle(const Event& event) {
  step(state_, event, context_);
  return context_.out.take_actions();
}

std::string_view EstablishedLeg::state_name() const {
  return name_of(state_);
}

}  // namespace portcullis::session
