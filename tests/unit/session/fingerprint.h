#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "proxy/session/event.h"
#include "proxy/session/initiating_states.h"
#include "proxy/session/receiving_states.h"

// All facts of a value as one text: two values with the same text cannot be told apart. Members of
// a struct are read by a structured binding, which does not compile when it misses one.
namespace portcullis::session {

// How many members a struct has; 1 where nothing else is said. An empty struct has no facts.
template <class T>
inline constexpr int kMembers = 1;
template <>
inline constexpr int kMembers<xmpp::StreamHeader> = 7;
template <>
inline constexpr int kMembers<xmpp::NamespaceDeclaration> = 2;
template <>
inline constexpr int kMembers<xmpp::Element> = 6;
template <>
inline constexpr int kMembers<xmpp::Attribute> = 3;
template <>
inline constexpr int kMembers<FarOpen> = 3;
template <>
inline constexpr int kMembers<FarFailed> = 4;
template <>
inline constexpr int kMembers<xmpp::ErrorDetail> = 3;
template <>
inline constexpr int kMembers<policy::Refusal> = 3;
template <>
inline constexpr int kMembers<OpenFarLeg> = 4;
template <>
inline constexpr int kMembers<LegOutput::Progress> = 4;
template <>
inline constexpr int kMembers<LegContext::Progress> = 4;
template <>
inline constexpr int kMembers<receiving::Addresses> = 2;
template <>
inline constexpr int kMembers<receiving::Pair> = 2;
template <>
inline constexpr int kMembers<receiving::ProbingFar> = 2;
template <>
inline constexpr int kMembers<receiving::ObservedInTheClear> = 2;
template <>
inline constexpr int kMembers<receiving::AwaitingDialback> = 2;
template <>
inline constexpr int kMembers<receiving::ProvingBackend> = 3;
template <>
inline constexpr int kMembers<receiving::AwaitingStanza> = 2;
template <>
inline constexpr int kMembers<receiving::OpeningForStanzas> = 2;
template <>
inline constexpr int kMembers<receiving::Judging> = 2;
template <>
inline constexpr int kMembers<receiving::AwaitingAuth> = 3;
template <>
inline constexpr int kMembers<receiving::OpeningUnauthenticated> = 2;
template <>
inline constexpr int kMembers<receiving::OpeningFarLeg> = 3;
template <>
inline constexpr int kMembers<xmpp::StreamLimits> = 2;
template <>
inline constexpr int kMembers<receiving::AwaitingAuthenticatedHeader> = 2;
template <>
inline constexpr int kMembers<receiving::AwaitingFarFeatures> = 2;
template <>
inline constexpr int kMembers<receiving::AwaitingRefusedHeader> = 2;
template <>
inline constexpr int kMembers<receiving::JudgingClient> = 2;
template <>
inline constexpr int kMembers<receiving::OpeningLogin> = 3;
template <>
inline constexpr int kMembers<receiving::LoggingIn> = 5;
template <>
inline constexpr int kMembers<receiving::AwaitingLoginFeatures> = 2;
template <>
inline constexpr int kMembers<receiving::AwaitingSessionFeatures> = 3;
template <>
inline constexpr int kMembers<initiating::Context::Binding> = 2;
template <>
inline constexpr int kMembers<initiating::AwaitingSecuredFeatures> = 2;
template <>
inline constexpr int kMembers<initiating::AwaitingRelease> = 2;
template <>
inline constexpr int kMembers<initiating::AwaitingSuccess> = 3;
template <>
inline constexpr int kMembers<initiating::AwaitingKeyAnswer> = 2;
template <>
inline constexpr int kMembers<initiating::AwaitingFarStart> = 2;
template <>
inline constexpr int kMembers<initiating::LoggingIn> = 2;
template <>
inline constexpr int kMembers<IqRequest> = 2;
template <>
inline constexpr int kMembers<initiating::AwaitingLoginFeatures> = 2;

class Fingerprint {
 public:
  const std::string& text() const { return text_; }

  template <class... Values>
  Fingerprint& add(const Values&... values) {
    (add_one(values), ...);
    return *this;
  }

 private:
  void add_one(std::string_view value) {
    // With its length, so that no two sequences of values give the same text.
    text_.append(std::to_string(value.size())).append(":").append(value);
  }
  void add_one(const std::string& value) { add_one(std::string_view(value)); }
  void add_one(const xmpp::HeaderAddress& value) { add_one(value.text()); }
  void add_one(const xmpp::HeaderVersion& value) { add_one(value.text()); }
  // What is kept is for the guard alone, which no state looks into; only whether anything is.
  void add_one(const receiving::KeptStanzas& value) { add(value.bytes.empty(), value.ended); }
  void add_one(const AnsweredDialback& value) { add(value.local, value.remote); }
  void add_one(const DomainName& value) { add_one(std::string_view(value.wire())); }

  template <class T>
  void add_one(const std::optional<T>& value) {
    text_ += value ? '+' : '-';
    if (value) add_one(*value);
  }
  template <class T>
  void add_one(const std::shared_ptr<T>& value) {
    text_ += value ? '+' : '-';
    if (value) add_one(*value);
  }
  template <class A, class B>
  void add_one(const std::pair<A, B>& value) {
    add(value.first, value.second);
  }
  template <class T>
  void add_one(const std::vector<T>& values) {
    text_.append("[");
    for (const auto& one : values) add_one(one);
    text_.append("]");
  }
  template <class... Alternatives>
  void add_one(const std::variant<Alternatives...>& value) {
    text_.append(std::to_string(value.index())).append("|");
    std::visit([this](const auto& one) { this->add_one(one); }, value);
  }

  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void add_one(T value) { text_.append(std::to_string(static_cast<long long>(value))).append(","); }

  template <class T>
  requires std::is_class_v<T>
  void add_one(const T& value) {
    if constexpr (std::is_empty_v<T>) {
      text_ += '.';
    } else if constexpr (kMembers<T> == 1) {
      const auto& [a] = value;
      add(a);
    } else if constexpr (kMembers<T> == 2) {
      const auto& [a, b] = value;
      add(a, b);
    } else if constexpr (kMembers<T> == 3) {
      const auto& [a, b, c] = value;
      add(a, b, c);
    } else if constexpr (kMembers<T> == 4) {
      const auto& [a, b, c, d] = value;
      add(a, b, c, d);
    } else if constexpr (kMembers<T> == 5) {
      const auto& [a, b, c, d, e] = value;
      add(a, b, c, d, e);
    } else if constexpr (kMembers<T> == 6) {
      const auto& [a, b, c, d, e, f] = value;
      add(a, b, c, d, e, f);
    } else {
      const auto& [a, b, c, d, e, f, g] = value;
      add(a, b, c, d, e, f, g);
    }
  }

  std::string text_;
};

// What a leg is made of, as a value that can be copied; the leg itself hides it.
template <class ContextType, class StateType>
struct Machine {
  using Context = ContextType;
  using State = StateType;

  template <class Profile>
  explicit Machine(const Profile& profile) : context(profile) {}

  Actions handle(const Event& event) {
    step(state, event, context);
    return context.out.take_actions();
  }

  // Of all that can differ between two machines with the same profile.
  void add_to(Fingerprint& print) const {
    print.add(state, context.progress(), context.out.progress(), context.backend, context.dialback);
    if constexpr (std::is_same_v<Context, receiving::Context>)
      print.add(context.far);
    else
      print.add(context.binding, context.declined);
  }

  Context context;
  State state;
};

using ReceivingMachine = Machine<receiving::Context, receiving::State>;
using InitiatingMachine = Machine<initiating::Context, initiating::State>;

}  // namespace portcullis::session
