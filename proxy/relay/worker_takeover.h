#pragma once

#include <cstddef>
#include <vector>

#include "proxy/base/endpoint.h"
#include "proxy/base/stream_kind.h"
#include "proxy/net/handed_sockets.h"
#include "proxy/net/listening_socket.h"
#include "proxy/relay/snapshot.h"

namespace portcullis::relay {

// One address on which streams are accepted, and their kind.
struct ListenerSpec {
  Endpoint endpoint;
  StreamKind kind = StreamKind::kS2sInbound;
  TlsEntry entry = TlsEntry::kStartTls;
  bool operator==(const ListenerSpec&) const = default;
};

// Every listener of the configuration, each once.
std::vector<ListenerSpec> listeners_of(const policy::Config& config);

// What one worker needs to take over a snapshot. Those of all workers are made, and listen, before
// any worker changes, so that nothing can fail afterwards.
struct Takeover {
  struct Opened {
    ListenerSpec spec;
    net::ListeningSocket socket;
  };

  SnapshotPtr snapshot;
  std::vector<net::CidrBlock> proxy_sources;
  std::vector<Opened> opened;  // the listeners that `running` does not have

  // One for each of `workers`. `running` is the configuration that they serve now; nullptr if there
  // is none yet. Fails if one of the new listeners cannot be bound; then none is left.
  // What `handed` has for them is used, and the rest is opened.
  static Result<std::vector<Takeover>> prepare(const SnapshotPtr& next,
                                               const policy::Config* running, std::size_t workers,
                                               net::HandedSockets* handed = nullptr);
  // Has every bound socket of all of them listen.
  static Result<void> listen(std::vector<Takeover>& takeovers);
};

}  // namespace portcullis::relay
