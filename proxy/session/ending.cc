#include "proxy/session/ending.h"

namespace portcullis::session {
namespace {

using policy::Reason;

std::string in_words(const xmpp::StreamErrorInfo& words) {
  const auto text = policy::without_full_stop(words.text);
  return text.empty() ? words.condition : words.condition + " (" + std::string(text) + ")";
}

// Whether the backend's settings or ours cause this condition, so that waiting does not help.
bool caused_by_settings(std::string_view condition) {
  return condition == "not-authorized" || condition == "host-unknown" ||
         condition == "policy-violation" || condition == "invalid-authzid" ||
         condition == "invalid-mechanism";
}

// Names the setting that is most often the cause when the backend refuses the certificate that we
// made for the peer.
std::string advice(std::string_view condition) {
  if (condition == "host-unknown")
    return " Does it serve this domain? Prosody: VirtualHost or Component; ejabberd: hosts.";
  if (condition != "not-authorized") return {};
  return " Does it trust the local CA for servers? Prosody: s2s_ssl = { cafile = ... }; ejabberd: "
         "s2s_cafile.";
}

}  // namespace

policy::Refusal because(Reason reason, std::string_view text) {
  constexpr std::size_t kMaxText = 512;
  return {reason, policy::printable(text, kMaxText)};
}

bool is_stanza(const xmpp::Element& element) {
  if (element.ns != xmpp::ns::kServer && element.ns != xmpp::ns::kClient) return false;
  return element.name == "message" || element.name == "presence" || element.name == "iq";
}

Ending misplaced(const xmpp::Element& element) {
  if (is_stanza(element)) return {policy::refuse(Reason::kUnauthenticatedStanza)};
  if (element.ns == xmpp::ns::kDialback) return {policy::refuse(Reason::kDialbackAttempted)};
  const std::string detail = "<" + element.name + "/> has no place at this point of the stream";
  return {policy::refuse(Reason::kXmlInvalid, {{"detail", detail}}), "unsupported-stanza-type"};
}

policy::Refusal refused_by(Side side, std::string_view what, const xmpp::StreamErrorInfo& words) {
  if (side == Side::kWan)
    return policy::refuse(Reason::kRefusedByPeer, {{"detail", in_words(words)}});
  const bool settings = caused_by_settings(words.condition) || what == "SASL failure";
  return because(settings ? Reason::kBackendMisconfigured : Reason::kBackendUnavailable,
                 "The backend answered with a " + std::string(what) + ": " + in_words(words) + "." +
                     advice(words.condition) + " See its log.");
}

FarFailed said_by(Side side, const xmpp::StreamErrorInfo& words) {
  const auto reason = side == Side::kWan ? Reason::kRefusedByPeer : Reason::kBackendUnavailable;
  FarFailed far{because(reason, words.text.empty()
                                    ? "The other side ended the stream: " + words.condition + "."
                                    : words.text),
                words.condition};
  // The address in <see-other-host/> is meant for us, because only we speak to that end directly.
  // It is not passed on, and without an address the condition is not allowed.
  if (far.condition == "see-other-host") far.condition.clear();
  return far;
}

policy::Refusal left_by(Side side, std::string_view detail) {
  if (side == Side::kWan) return policy::refuse(Reason::kPeerLeft, {{"detail", detail}});
  return because(
      Reason::kBackendUnavailable,
      "The backend left before the stream was established: " + std::string(detail) + ".");
}

policy::Refusal late(Side side, std::chrono::milliseconds limit) {
  const std::string seconds = limit.count() % 1000 == 0
                                  ? std::to_string(limit.count() / 1000) + " s"
                                  : std::to_string(limit.count()) + " ms";
  if (side == Side::kWan) return policy::refuse(Reason::kNegotiationTimeout, {{"limit", seconds}});
  return because(Reason::kBackendUnavailable,
                 "The backend did not finish its part of the negotiation within " + seconds + ".");
}

}  // namespace portcullis::session
