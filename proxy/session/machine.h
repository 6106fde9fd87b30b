#pragma once

#include <concepts>
#include <string_view>
#include <utility>
#include <variant>

namespace portcullis::session {

// The generic part of both machines. A state is a struct with a `name`, the facts known in it, and
// one rvalue `on(event, context)` for each event it accepts, which returns the next state. The
// matrix in docs/state-machines.md is printed from these types and compared in a test, because a
// mistyped `on` would otherwise be skipped in silence.

template <class State, class Event, class Context>
concept Accepts = requires(State state, const Event& event, Context& context) {
  std::move(state).on(event, context);
};

// The end of every leg; absorbs whatever still arrives.
struct Closed {
  static constexpr std::string_view name = "closed";
};

template <class... States>
std::string_view name_of(const std::variant<States...>& state) {
  return std::visit([](const auto& held) -> std::string_view { return held.name; }, state);
}

// The state after `event`. An event that is not accepted ends the leg: context.unexpected().
template <class... States, class... Events, class Context>
std::variant<States...> step(std::variant<States...> state, const std::variant<Events...>& event,
                             Context& context) {
  using State = std::variant<States...>;
  return std::visit(
      [&context, &event]<class S, class E>(S&& held, const E& happened) -> State {
        if constexpr (std::same_as<S, Closed>) {
          return Closed{};
        } else if constexpr (Accepts<S, E, Context>) {
          return std::forward<S>(held).on(happened, context);
        } else {
          return context.unexpected(held.name, event.index());
        }
      },
      std::move(state), event);
}

}  // namespace portcullis::session
