#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tests/unit/session/alphabet.h"
#include "tests/unit/session/fingerprint.h"
#include "tests/unit/session/leg_watch.h"

namespace portcullis::session {

// What is fixed about a bridge.
struct BridgeSetup {
  std::string name;
  ReceivingProfile near;
  std::vector<TlsEntry> candidates;  // of the far end, tried one after the other
  bool client_tls = false;           // c2s: to the backend
  alphabet::Words near_headers;
  alphabet::Words near_elements;
  alphabet::Words far_headers;
  alphabet::Words far_elements;
  bool dialback = false;    // an authenticated peer's stream to the backend
  bool originates = false;  // toward a peer, where it takes no EXTERNAL
};

// One leg with its connection, as far as a driver knows it.
struct BridgeEnd {
  using Leg = std::variant<ReceivingMachine, InitiatingMachine>;
  explicit BridgeEnd(Leg made)
      : leg(std::move(made)), watch(std::holds_alternative<ReceivingMachine>(leg)) {}

  const LegWatch::Seen& seen() const { return watch.seen(); }
  std::string_view state() const {
    return std::visit([](const auto& machine) { return name_of(machine.state); }, leg);
  }
  void add_to(Fingerprint& print) const {
    std::visit([&](const auto& machine) { machine.add_to(print); }, leg);
    watch.add_to(print);
    print.add(header_read, timer, announces);
  }

  Leg leg;
  LegWatch watch;
  bool header_read = false;  // of the current stream of the other end
  bool announces = false;    // the last BeginTls had an announcement
  bool timer = true;         // the deadline runs; the driver sets one from the start
  std::deque<Event> events;  // still to be told; empty between two moves
  bool busy = false;
  bool abandoned = false;  // its connection was closed without a word
};

}  // namespace portcullis::session
