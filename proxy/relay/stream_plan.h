#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "policy/model/config.h"
#include "policy/reasons/reason.h"
#include "proxy/base/stream_kind.h"
#include "proxy/relay/leg_roles.h"
#include "proxy/xmpp/stream_header.h"

namespace portcullis::relay {

// What differs between the three kinds of streams, chosen once when a connection is accepted.
struct StreamPlan {
  StreamKind kind;
  Side near_side;
  Side far_side;
  bool between_servers;
  // Which address in the near end's header names the remote domain; null on c2s.
  std::optional<xmpp::HeaderAddress> xmpp::StreamHeader::*remote_of_header;
  // How long the near end may take to authenticate, counted from the end of its handshake.
  std::chrono::milliseconds policy::Limits::*negotiation;
  // How long one element of a peer or client may be until then, under TLS.
  std::size_t policy::Limits::*element_bytes;
  // How long it may take to find the far end and to set up a stream with it.
  std::chrono::milliseconds policy::Limits::*reach;
  // Where the backend accepts such streams; null if the far end is a peer.
  std::optional<Endpoint> policy::Backend::*backend;
  // The PROXY header that the backend is sent; null if the far end is a peer.
  policy::ProxyProtocol policy::Backend::*proxy_protocol;
  // The reason if no far end could be reached and there is no better one.
  policy::Reason unreachable;

  Side side(Place place) const { return place == Place::kNear ? near_side : far_side; }
  Place wan() const { return near_side == Side::kWan ? Place::kNear : Place::kFar; }
  bool calls_peer() const { return far_side == Side::kWan; }
};

const StreamPlan& plan_of(StreamKind kind);

// By which plan the far end is reached. That is the stream's own, unless a backend asks for a
// domain that another host of ours has: then that host's backend is called as for an incoming
// stream. Known once the near end has said what it wants.
class FarPlan {
 public:
  explicit FarPlan(const StreamPlan& own) : own_(&own), now_(&own) {}

  void choose(bool remote_is_ours);
  const StreamPlan& operator*() const { return *now_; }
  const StreamPlan* operator->() const { return now_; }
  bool is_between_hosts() const { return now_ != own_; }

 private:
  const StreamPlan* own_;
  const StreamPlan* now_;
};

}  // namespace portcullis::relay
