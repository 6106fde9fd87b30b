#pragma once

#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "proxy/examine/findings.h"
#include "proxy/session/action.h"
#include "proxy/session/event.h"
#include "proxy/session/machine.h"

namespace portcullis::examine {

// What an examination says and hears on its connection. A value: no socket, clock or TLS. Nothing
// is ever judged here but whether the conversation can go on.

using Event = std::variant<session::TransportReady, session::HeaderReceived,
                           session::ElementReceived, session::StreamClosed, session::InputRefused,
                           session::PlaintextBehindTls, session::TlsEstablished, session::TlsFailed,
                           session::TransportLost, session::DeadlineExpired>;
// Their meaning is that of session/action.h. Close is the last one.
using Action =
    std::variant<session::Send, session::BeginTls, session::RestartStream, session::Close>;
using Actions = std::vector<Action>;

struct Context {
  explicit Context(Question asked) : question(std::move(asked)) {}

  void send(std::string bytes) { actions.emplace_back(session::Send{std::move(bytes)}); }
  void send_header();
  void restart() { actions.emplace_back(session::RestartStream{}); }
  // All that was asked is known.
  session::Closed finish();
  session::Closed fail(policy::Refusal refusal);
  // The same for an element that has no place here, be it a stream error.
  session::Closed fail_for(const xmpp::Element& element);
  // What is wrong with the other end's header.
  std::optional<policy::Refusal> fault_of(const xmpp::StreamHeader& header) const;
  session::Closed unexpected(std::string_view state, std::string_view event);

  Question question;
  Findings findings = {};
  Actions actions = {};
  bool in_stream = false;  // our header was sent, so that our end tag may follow
};

struct AwaitingTransport;
struct AwaitingHeader;
struct AwaitingFeatures;
struct AwaitingProceed;
struct SecuringTls;
struct AwaitingSecuredHeader;
struct AwaitingSecuredFeatures;
struct AwaitingLogin;

// How any of the states may end.
struct Talking {
  static session::Closed on(const session::StreamClosed& event, Context& context);
  static session::Closed on(const session::InputRefused& event, Context& context);
  static session::Closed on(const session::TransportLost& event, Context& context);
  static session::Closed on(const session::DeadlineExpired& event, Context& context);
};

struct BeforeTls {  // we do not know whether a server was reached at all
  using Otherwise = Talking;
  static session::Closed on(const session::TransportLost& event, Context& context);
};

struct AwaitingTransport {
  static constexpr std::string_view name = "awaiting-transport";
  using Otherwise = BeforeTls;
  session::OneOf<AwaitingHeader, SecuringTls> on(const session::TransportReady& event,
                                                 Context& context) &&;
};

struct AwaitingHeader {
  static constexpr std::string_view name = "awaiting-header";
  using Otherwise = BeforeTls;
  session::OneOf<AwaitingFeatures, session::Closed> on(const session::HeaderReceived& event,
                                                       Context& context) &&;
};

struct AwaitingFeatures {
  static constexpr std::string_view name = "awaiting-features";
  using Otherwise = BeforeTls;
  session::OneOf<AwaitingProceed, session::Closed> on(const session::ElementReceived& event,
                                                      Context& context) &&;
};

struct AwaitingProceed {
  static constexpr std::string_view name = "awaiting-proceed";
  using Otherwise = BeforeTls;
  session::OneOf<SecuringTls, session::Closed> on(const session::ElementReceived& event,
                                                  Context& context) &&;
};

struct SecuringTls {
  static constexpr std::string_view name = "securing-tls";
  using Otherwise = BeforeTls;
  session::OneOf<AwaitingSecuredHeader, session::Closed> on(const session::TlsEstablished& event,
                                                            Context& context) &&;
  session::Closed on(const session::TlsFailed& event, Context& context) &&;
  session::Closed on(const session::PlaintextBehindTls& event, Context& context) &&;
};

struct AwaitingSecuredHeader {
  static constexpr std::string_view name = "awaiting-secured-header";
  using Otherwise = Talking;
  session::OneOf<AwaitingSecuredFeatures, session::Closed> on(const session::HeaderReceived& event,
                                                              Context& context) &&;
};

struct AwaitingSecuredFeatures {
  static constexpr std::string_view name = "awaiting-secured-features";
  using Otherwise = Talking;
  session::OneOf<AwaitingLogin, session::Closed> on(const session::ElementReceived& event,
                                                    Context& context) &&;
};

struct AwaitingLogin {
  static constexpr std::string_view name = "awaiting-login";
  using Otherwise = Talking;
  session::Closed on(const session::ElementReceived& event, Context& context) &&;
};

using State =
    std::variant<AwaitingTransport, AwaitingHeader, AwaitingFeatures, AwaitingProceed, SecuringTls,
                 AwaitingSecuredHeader, AwaitingSecuredFeatures, AwaitingLogin, session::Closed>;

class Conversation {
 public:
  explicit Conversation(Question question) : context_(std::move(question)) {}

  Actions handle(const Event& event);
  bool over() const { return std::holds_alternative<session::Closed>(state_); }
  const Question& question() const { return context_.question; }
  // Of TLS it has what the driver has kept.
  void keep(Findings::Tls tls) { context_.findings.tls = std::move(tls); }
  Findings take_findings() { return std::move(context_.findings); }

 private:
  Context context_;
  State state_;
};

}  // namespace portcullis::examine
