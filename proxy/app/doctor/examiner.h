#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/model/config.h"
#include "proxy/doctor/facts.h"
#include "proxy/doctor/finding.h"
#include "proxy/relay/snapshot.h"

namespace portcullis::app {

// What the network has said.
struct Heard {
  std::vector<doctor::CaptureFacts::Answer> responders;
  std::vector<doctor::NameRecords> records;
  std::vector<doctor::BackendFacts> backends;
};

struct WhatToAsk {
  bool responders = false;
  bool records = false;
  bool backends = false;
};

// Asks everything at the same time. Blocks for a bounded time (kAllTime), whatever the others do.
// `snapshot`: null if the files of the configuration could not be loaded.
Heard ask_the_network(const policy::Config& config, const relay::Snapshot* snapshot,
                      const WhatToAsk& what);

// What the running gate says of its connections at `listen.admin`; empty if nobody answers there.
struct GateNumbers {
  doctor::ClientFacts clients;
  bool has_sent = false;  // an outgoing stream was established since it runs
  bool clock_suspect = false;
};
std::optional<GateNumbers> ask_the_gate(const policy::Config& config);

// Out of the text of /metrics.
GateNumbers numbers_of(std::string_view metrics, const policy::Limits& limits);

}  // namespace portcullis::app
