#pragma once

#include <string>

#include "proxy/relay/leg_roles.h"

namespace portcullis::relay {

// The partner of a leg that has no other leg. What its end says is passed to nobody, and that
// cannot be changed by who builds on it.
class LoneLeg : public LegPartner {
 public:
  void prove(LegEnd& /*end*/, session::ProveBackend /*action*/) final {}
  void open_far(LegEnd& /*end*/, session::OpenFarLeg /*action*/) final {}
  void drop_far(LegEnd& /*end*/) final {}
  void on_accepted(LegEnd& /*end*/, const AcceptedBytes& /*accepted*/) final {}
  void on_written(LegEnd& /*end*/) final {}
  void on_closing(LegEnd& /*end*/, const std::string& /*why*/) final {}
};

}  // namespace portcullis::relay
