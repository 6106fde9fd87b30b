#pragma once

#include <vector>

#include "proxy/base/endpoint.h"
#include "proxy/base/stream_kind.h"
#include "proxy/net/listening_socket.h"
#include "proxy/relay/snapshot.h"

namespace portcullis::relay {

// One address on which streams are accepted, and what they are.
struct ListenerSpec {
  Endpoint endpoint;
  StreamKind kind = StreamKind::kS2sInbound;
  TlsEntry entry = TlsEntry::kStartTls;
  bool operator==(const ListenerSpec&) const = default;
};

// Every listener of the configuration, each once.
std::vector<ListenerSpec> listeners_of(const policy::Config& config);

// What one worker needs to take over a snapshot, made ahead: nothing can fail afterwards.
struct Takeover {
  struct Opened {
    ListenerSpec spec;
    net::ListeningSocket socket;
  };

  SnapshotPtr snapshot;
  std::vector<net::CidrBlock> proxy_sources;
  std::vector<Opened> opened;  // listeners that `running` does not have

  // `running`: the configuration that the worker serves; nullptr: none yet.
  static Result<Takeover> prepare(SnapshotPtr next, const policy::Config* running);
};

}  // namespace portcullis::relay
