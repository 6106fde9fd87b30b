#include "proxy/relay/stream_plan.h"

namespace portcullis::relay {
namespace {

using policy::Backend;
using policy::Limits;
using policy::Reason;
using xmpp::StreamHeader;

constexpr StreamPlan kInbound{
    .kind = StreamKind::kS2sInbound,
    .near_side = Side::kWan,
    .far_side = Side::kBackend,
    .between_servers = true,
    .remote_of_header = &StreamHeader::from,
    .negotiation = &Limits::negotiation,
    .element_bytes = &Limits::negotiation_bytes,
    .reach = &Limits::backend,
    .backend = &Backend::s2s,
    .proxy_protocol = &Backend::s2s_proxy_protocol,
    .unreachable = Reason::kBackendUnavailable,
};

constexpr StreamPlan kOutbound{
    .kind = StreamKind::kS2sOutbound,
    .near_side = Side::kBackend,
    .far_side = Side::kWan,
    .between_servers = true,
    .remote_of_header = &StreamHeader::to,
    .negotiation = &Limits::negotiation,
    .element_bytes = &Limits::negotiation_bytes,
    .reach = &Limits::dial,
    .backend = nullptr,
    .proxy_protocol = nullptr,
    .unreachable = Reason::kPeerUnreachable,
};

constexpr StreamPlan kClient{
    .kind = StreamKind::kC2s,
    .near_side = Side::kWan,
    .far_side = Side::kBackend,
    .between_servers = false,
    .remote_of_header = nullptr,
    .negotiation = &Limits::login,
    .element_bytes = &Limits::login_bytes,
    .reach = &Limits::backend,
    .backend = &Backend::c2s,
    .proxy_protocol = &Backend::c2s_proxy_protocol,
    .unreachable = Reason::kBackendUnavailable,
};

}  // namespace

const StreamPlan& plan_of(StreamKind kind) {
  switch (kind) {
    case StreamKind::kS2sInbound:
      return kInbound;
    case StreamKind::kS2sOutbound:
      return kOutbound;
    case StreamKind::kC2s:
      return kClient;
  }
  return kInbound;
}

void FarPlan::choose(bool remote_is_ours) {
  now_ = own_->calls_peer() && remote_is_ours ? &kInbound : own_;
}

}  // namespace portcullis::relay
