#pragma once

#include <vector>

#include "proxy/base/endpoint.h"
#include "proxy/base/stream_kind.h"
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

// What one worker needs to take over a snapshot. It is made before any worker changes, so that
// nothing can fail afterwards.
struct Takeover {
  struct Opened {
    ListenerSpec spec;
    net::ListeningSocket socket;
  };

  SnapshotPtr snapshot;
  std::vector<net::CidrBlock> proxy_sources;
  std::vector<Opened> opened;  // the listeners that `running` does not have

  // `running` is the configuration that the worker serves now; nullptr if there is none yet. Fails
  // if one of the new listeners cannot be opened.
  static Result<Takeover> prepare(SnapshotPtr next, const policy::Config* running);
};

}  // namespace portcullis::relay
