#pragma once

#include <concepts>
#include <utility>
#include <variant>

namespace portcullis::session {

template <class State, class... States>
concept Among = (std::same_as<State, States> || ...);

// What a handler returns if it can lead to more than one state. It holds one of `States`; none of
// them may be listed twice. It is made from one of them, or from a OneOf of some of them; anything
// else does not compile.
template <class... States>
class OneOf {
 public:
  // Not explicit, so that a handler can simply return the state.
  template <Among<States...> State>
  OneOf(State state) : held_(std::in_place_type<State>, std::move(state)) {}

  template <Among<States...>... Some>
  OneOf(OneOf<Some...> some)
      : held_(std::visit(
            []<class State>(State&& state) {
              return Held(std::in_place_type<State>, std::forward<State>(state));
            },
            std::move(some).held())) {}

  std::variant<States...>&& held() && { return std::move(held_); }

 private:
  using Held = std::variant<States...>;
  Held held_;
};

}  // namespace portcullis::session
