#pragma once

#include <memory>
#include <string_view>

#include "proxy/session/action.h"
#include "proxy/session/event.h"
#include "proxy/session/profile.h"

namespace portcullis::session {

// A stream of which we are the receiving entity. A value: no socket, clock, TLS or log. The driver
// calls handle() for each event and performs the actions in their order before the next event.
class ReceivingLeg {
 public:
  explicit ReceivingLeg(ReceivingProfile profile);
  ReceivingLeg(ReceivingLeg&&) noexcept;
  ReceivingLeg& operator=(ReceivingLeg&&) noexcept;
  ~ReceivingLeg();

  Actions handle(const Event& event);
  std::string_view state_name() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::session
