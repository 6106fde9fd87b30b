#include "policy/decide/peer_route.h"

#include <string>

#include "policy/decide/remote_policy.h"
#include "policy/model/special_name.h"

namespace portcullis::policy {
namespace {

Refusal not_called(const DomainName& remote, std::string_view what) {
  return refuse(Reason::kAddressRefused,
                {{"domain", remote.a_label()},
                 {"detail", remote.a_label() + " is " + std::string(what) +
                                ", which is never called through a proxy"}});
}

}  // namespace

PeerRoute peer_route(const Config& config, const DomainName& remote, std::chrono::sys_seconds now) {
  const auto& settings = *remote_policy(config, remote, now).settings;
  const bool onion = is_onion(remote);
  if (!onion && !(settings.via && settings.via_for == ViaFor::kAny)) return {remote, ByDns{}};
  if (const auto why = why_no_onion(remote); !why.empty())
    return {remote, refuse(Reason::kBadOnionName, {{"domain", remote.a_label()}, {"detail", why}})};
  if (!settings.via)
    return {remote, refuse(Reason::kOnionWithoutProxy, {{"domain", remote.a_label()}})};
  if (config.host_for(remote) != nullptr)
    return {remote, not_called(remote, "a domain of this gate")};
  if (is_localhost(remote)) return {remote, not_called(remote, "this machine")};
  return {remote, BySocks{*settings.via, settings.via_port}};
}

}  // namespace portcullis::policy
