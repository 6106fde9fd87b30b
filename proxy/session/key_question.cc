#include "proxy/session/key_question.h"

#include <utility>

#include "proxy/session/ending.h"
#include "proxy/session/header_basics.h"
#include "proxy/xmpp/dialback.h"
#include "proxy/xmpp/features.h"
#include "proxy/xmpp/writer.h"

namespace portcullis::session {
namespace {

using policy::Reason;

// Whoever answers has not proved anything yet.
constexpr xmpp::ReaderLimits kLimits{
    .header_bytes = 4096, .element_bytes = 10'000, .depth = 16, .attributes = 32};

bool names(const xmpp::Element& element, std::string_view attribute, const DomainName& domain) {
  const auto* const value = element.attribute(attribute);
  return value != nullptr && DomainName::parse(*value) == domain;
}

bool requires_tls(const xmpp::Element& features) {
  const auto* const starttls = features.child(xmpp::ns::kTls, "starttls");
  return starttls != nullptr && starttls->child(xmpp::ns::kTls, "required") != nullptr;
}

}  // namespace

KeyQuestion::KeyQuestion(Asked asked) : asked_(std::move(asked)), reader_(kLimits) {}

std::string KeyQuestion::opening() const {
  auto header = bare_header(StreamKind::kS2sInbound);
  header.from = asked_.remote;
  header.to = asked_.local;
  return xmpp::write_header(header, true);
}

KeyQuestion::Step KeyQuestion::feed(std::string_view bytes) {
  Step step;
  if (state_ == State::kOver) return step;
  reader_.push(bytes);
  while (state_ != State::kOver) {
    const auto event = reader_.next();
    if (!event) break;
    std::visit([&](const auto& one) { take(one, step); }, *event);
  }
  if (state_ == State::kOver) step.send += xmpp::kStreamEnd;
  return step;
}

// Servers older than XMPP 1.0 have no features.
void KeyQuestion::take(const xmpp::StreamHeader& header, Step& step) {
  if (header.content_ns != xmpp::ns::kServer)
    return refuse_words("its port is none for servers", step);
  if (!header.speaks_xmpp_1()) return ask(step);
  state_ = State::kAwaitingFeatures;
}

void KeyQuestion::take(const xmpp::Element& element, Step& step) {
  if (is_stream_error(element)) {
    const auto words = xmpp::read_stream_error(element);
    return refuse_words("it answered with a stream error: " + words.condition +
                            (words.text.empty() ? "" : " (" + words.text + ")"),
                        step);
  }
  if (state_ == State::kAwaitingAnswer) return hear(element, step);
  if (!element.is(xmpp::ns::kStream, "features"))
    return refuse_words("it sent <" + element.name + "/> where its features were due", step);
  if (requires_tls(element))
    return refuse_words(
        "it demands TLS from servers, which goes with s2s_auth = \"tls\" only. Prosody: "
        "s2s_require_encryption = false; ejabberd: s2s_use_starttls: false; Openfire: "
        "xmpp.server.tls.policy = optional",
        step);
  ask(step);
}

void KeyQuestion::take(const xmpp::StreamEnded& /*end*/, Step& step) {
  refuse_words("it closed the stream without an answer", step);
}

void KeyQuestion::take(const xmpp::ReadFault& fault, Step& step) {
  refuse_words("what it sends is no XMPP stream: " + fault.detail, step);
}

void KeyQuestion::ask(Step& step) {
  state_ = State::kAwaitingAnswer;
  step.send += xmpp::write_dialback_request({.verify = true,
                                             .from = asked_.remote,
                                             .to = asked_.local,
                                             .id = asked_.id,
                                             .key = asked_.key});
}

void KeyQuestion::hear(const xmpp::Element& element, Step& step) {
  const auto* const id = element.attribute("id");
  const auto* const type = element.attribute("type");
  if (!element.is(xmpp::ns::kDialback, "verify") || id == nullptr || *id != asked_.id ||
      !names(element, "from", asked_.local) || !names(element, "to", asked_.remote) ||
      type == nullptr)
    return refuse_words("it sent <" + element.name + "/> that answers no question of ours", step);
  if (*type != "valid")
    return refuse(policy::refuse(Reason::kNotTheBackend,
                                 {{"domain", asked_.local.a_label()},
                                  {"detail", "that server does not know the dialback key"}}),
                  step);
  state_ = State::kOver;
  step.answer = PeerAccepted{};
}

void KeyQuestion::refuse(policy::Refusal refusal, Step& step) {
  state_ = State::kOver;
  step.answer = PeerRefused{std::move(refusal)};
}

void KeyQuestion::refuse_words(std::string_view words, Step& step) {
  refuse(because(Reason::kBackendMisconfigured,
                 "The backend was asked about a dialback key, and " + std::string(words) + "."),
         step);
}

}  // namespace portcullis::session
