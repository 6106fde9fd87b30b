#include <utility>

#include "proxy/relay/bridge.h"

// The proof that a stream which begins with dialback is one of our backend.
namespace portcullis::relay {

void Bridge::prove(LegEnd& end, session::ProveBackend action) {
  if (end.place() != Place::kNear) return;
  // Its header may have named nobody.
  xmpp::StreamHeader names_both;
  names_both.from = action.local;
  names_both.to = action.remote;
  record_.on_header(end, names_both);
  const auto& config = gate_.config();
  const auto* const host = config.host_for(action.local);
  if (host == nullptr || !host->backend.s2s)
    return end.dispatch(session::PeerRefused{
        policy::refuse(policy::Reason::kHostUnknown, {{"domain", action.local.a_label()}})});
  // It compares the names with those that it has written.
  const auto names = config.names_of_backend(action.local);
  session::KeyQuestion question({action.local.for_server(names), action.remote.for_server(names),
                                 std::move(action.id), std::move(action.key)});
  proof_ = std::make_unique<BackendProof>(
      services_.scheduler, services_.network, gate_.snapshot()->dial_rules(),
      BackendProof::Place{*host->backend.s2s, host->backend.s2s_proxy_protocol},
      std::move(question), [this, host](session::KeyQuestion::Answer answer) {
        const auto& peer = ends_.near().transport().peer();
        const auto* const refused = std::get_if<session::PeerRefused>(&answer);
        if (refused == nullptr)
          budget_.admission().proved(host->domain, peer);
        else if (refused->refusal.reason == policy::Reason::kNotTheBackend)
          far_record_.not_the_backend(host->domain, peer, refused->refusal);
        std::visit([this](auto& one) { ends_.near().dispatch(std::move(one)); }, answer);
      });
}

}  // namespace portcullis::relay
