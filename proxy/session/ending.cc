#include "proxy/session/ending.h"

namespace portcullis::session {
namespace {

using policy::Reason;

std::string in_words(const xmpp::StreamErrorInfo& words) {
  const auto text = policy::without_full_stop(words.text);
  return text.empty() ? words.condition : words.condition + " (" + std::string(text) + ")";
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

policy::Refusal refused_by_peer(const xmpp::StreamErrorInfo& words, std::string_view advice) {
  if (advice.empty()) return policy::refuse(Reason::kRefusedByPeer, {{"detail", in_words(words)}});
  // However long its words are, the advice is read.
  constexpr std::size_t kMostWords = 70;
  const auto detail = policy::printable(in_words(words), kMostWords) + "; " + std::string(advice);
  return policy::refuse(Reason::kRefusedByPeer, {{"detail", detail}});
}

FarFailed said_by_peer(const xmpp::StreamErrorInfo& words) {
  FarFailed far{
      because(Reason::kRefusedByPeer,
              words.text.empty() ? "The other side ended the stream: " + words.condition + "."
                                 : words.text),
      words.condition};
  // The address in <see-other-host/> is meant for us, because only we speak to the peer directly.
  // It is not passed on, and without an address the condition is not allowed.
  if (far.condition == "see-other-host")
    far.condition.clear();
  else if (words.detail != xmpp::ErrorDetail{})
    far.detail = std::make_shared<const xmpp::ErrorDetail>(words.detail);
  return far;
}

// The backend judges the certificate that we made for the peer. If it has no time for that, waiting
// helps; else a setting is wrong.
policy::Refusal declined_by(Side side, const xmpp::StreamErrorInfo& words) {
  if (side == Side::kWan) return refused_by_peer(words);
  const bool passes = words.condition == "temporary-auth-failure";
  return because(
      passes ? Reason::kBackendUnavailable : Reason::kBackendMisconfigured,
      "The backend answered with a SASL failure: " + in_words(words) +
          ". Most often it does not trust the local CA, or not any more after that was made anew: "
          "give it ca.pem of local_ca.directory. Prosody: s2s_ssl = { cafile = ... }; ejabberd: "
          "s2s_cafile. See its log.");
}

policy::Refusal unfit_of_backend(const policy::Refusal& found) {
  if (policy::is_about_us(found.reason)) return found;
  const bool big = found.reason == Reason::kStanzaTooBig;
  return because(Reason::kBackendMisconfigured,
                 "The backend sent what cannot be passed on, " +
                     std::string(policy::id(found.reason)) + ": " + found.text +
                     (big ? " The limit is backend_stanza_bytes in [limits]." : ""));
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
