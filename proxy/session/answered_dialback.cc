#include "proxy/session/answered_dialback.h"

#include "proxy/session/leg_context.h"
#include "proxy/xmpp/dialback.h"

namespace portcullis::session {

bool is_asked(const xmpp::Element& element, const LegContext& context) {
  return context.dialback && xmpp::is_dialback(element);
}

bool asks_for_its_pair(const xmpp::Element& element, const LegContext& context) {
  if (context.side() != Side::kWan || !context.dialback) return false;
  const auto request = xmpp::read_dialback_request(element);
  return request && request->verify && request->from == *context.dialback->remote &&
         request->to == *context.dialback->local;
}

namespace {

std::optional<Ending> answer_peer(const xmpp::Element& element, LegContext& context) {
  // An answer, too: we ask nothing on a stream that a peer has opened.
  if (!asks_for_its_pair(element, context)) return misplaced(element);
  const bool ours = context.dialback->terms.knows(*xmpp::read_dialback_request(element));
  context.out.send(xmpp::write_dialback_answer(element, ours ? "valid" : "invalid"));
  return std::nullopt;
}

}  // namespace

std::optional<Ending> answer_dialback(const xmpp::Element& element, LegContext& context) {
  if (context.side() == Side::kWan) return answer_peer(element, context);
  if (element.attribute("type") != nullptr) return std::nullopt;
  const auto request = xmpp::read_dialback_request(element);
  if (!request)
    return Ending{because(policy::Reason::kBackendMisconfigured,
                          "The backend sent dialback that cannot be answered: " +
                              request.error().message + "."),
                  "bad-format"};
  const auto& [terms, local, remote] = *context.dialback;
  if (request->verify)
    context.out.send(
        xmpp::write_dialback_answer(element, terms.knows(*request) ? "valid" : "invalid"));
  else if (request->from != local || request->to != remote)
    context.out.send(xmpp::write_dialback_refusal(
        element, "resource-constraint",
        "One stream carries one pair of domains. Open another connection for this pair."));
  return std::nullopt;
}

}  // namespace portcullis::session
