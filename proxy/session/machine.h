#pragma once

#include <array>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "proxy/session/name_of.h"
#include "proxy/session/one_of.h"

namespace portcullis::session {

// The generic part of both machines. A state is a struct with a `name`, the facts that are known in
// it, and one rvalue `on(event, context)` for each event that it handles. That handler returns the
// next state, or a OneOf of the states to which the event can lead. So the handlers' types name the
// edges of the machine. If a state does not handle an event, its type `State::Otherwise` handles
// it, if there is one: it holds the handlers that many states have in common, and no facts.
//
// docs/state-machines.md is printed from these types, and a test compares it. Without that, an `on`
// with a wrong type would silently never be called.

template <class State, class Event, class Context>
concept Handles = requires(State state, const Event& event, Context& context) {
  std::move(state).on(event, context);
};

// Which type handles the event in the state: the state itself, its Otherwise, or void if nobody
// does.
template <class State, class Event, class Context>
struct HandlerOf {
  using Type = void;
};
template <class State, class Event, class Context>
requires Handles<State, Event, Context>
struct HandlerOf<State, Event, Context> {
  using Type = State;
};
template <class State, class Event, class Context>
requires(!Handles<State, Event, Context> && requires {
  typename State::Otherwise;
}) struct HandlerOf<State, Event, Context> : HandlerOf<typename State::Otherwise, Event, Context> {
};

template <class State, class Event, class Context>
concept Accepts = !std::is_void_v<typename HandlerOf<State, Event, Context>::Type>;

// What the handler of an accepted event returns.
template <class State, class Event, class Context>
using Outcome = decltype(std::declval<typename HandlerOf<State, Event, Context>::Type>().on(
    std::declval<const Event&>(), std::declval<Context&>()));

// The last state of every leg. It ignores every event.
struct Closed {
  static constexpr std::string_view name = "closed";
};

// A machine as a table: a row for each state, in it a function for each event. `State` and `Event`
// are variants.
template <class State, class Event, class Context>
class Table {
 public:
  using Handler = void (*)(State&, const Event&, Context&);

  static Handler at(const State& state, const Event& event) {
    static constexpr auto kRows = rows(static_cast<const State*>(nullptr));
    return kRows.at(state.index()).at(event.index());
  }

 private:
  template <class... States>
  static constexpr auto rows(const std::variant<States...>*) {
    return std::array{row<States>(static_cast<const Event*>(nullptr))...};
  }

  template <class S, class... Events>
  static constexpr auto row(const std::variant<Events...>*) {
    return std::array{handler<S, Events>()...};
  }

  template <class S, class E>
  static constexpr Handler handler() {
    if constexpr (std::same_as<S, Closed>) {
      return &ignore;
    } else if constexpr (Handles<S, E, Context>) {
      return &accept<S, E>;
    } else if constexpr (Accepts<S, E, Context>) {
      return &accept_by<typename HandlerOf<S, E, Context>::Type, E>;
    } else {
      return &refuse<S>;
    }
  }

  static void ignore(State&, const Event&, Context&) {}

  template <class S, class E>
  static void accept(State& state, const Event& event, Context& context) {
    enter(std::move(*std::get_if<S>(&state)).on(*std::get_if<E>(&event), context), state);
  }

  // The same for all states that leave the event to `Common`.
  template <class Common, class E>
  static void accept_by(State& state, const Event& event, Context& context) {
    enter(Common::on(*std::get_if<E>(&event), context), state);
  }

  template <class S>
  static void refuse(State& state, const Event& event, Context& context) {
    enter(context.unexpected(S::name, name_of(event)), state);
  }

  template <class S>
  static void enter(S&& next, State& state) {
    state.template emplace<S>(std::forward<S>(next));
  }

  template <class... Next>
  static void enter(OneOf<Next...>&& next, State& state) {
    std::visit([&state]<class S>(S&& one) { enter(std::forward<S>(one), state); },
               std::move(next).held());
  }
};

// Puts the state after `event` into `state`. An event that is not accepted ends the leg by
// context.unexpected().
template <class State, class Event, class Context>
void step(State& state, const Event& event, Context& context) {
  Table<State, Event, Context>::at(state, event)(state, event, context);
}

}  // namespace portcullis::session
