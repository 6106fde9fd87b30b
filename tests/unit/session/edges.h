#pragma once

#include <array>
#include <string_view>
#include <variant>
#include <vector>

#include "proxy/session/machine.h"

// The edges of a machine, read from the types of its handlers.
namespace portcullis::session::edges {

using Names = std::vector<std::string_view>;

struct Edge {
  std::string_view state;
  std::string_view event;
  Names next;  // the states to which it can lead, in the order of the type
};

template <class State>
struct NamesOf {
  static Names get() { return {State::name}; }
};
template <class... States>
struct NamesOf<OneOf<States...>> {
  static Names get() { return {States::name...}; }
};

template <class S, class E, class Context>
void add_edge(std::vector<Edge>& all) {
  if constexpr (Accepts<S, E, Context>)
    all.push_back({S::name, E::name, NamesOf<Outcome<S, E, Context>>::get()});
}

template <class S, class Context, class... Events>
void add_edges_of(const std::variant<Events...>*, std::vector<Edge>& all) {
  (add_edge<S, Events, Context>(all), ...);
}

template <class Event, class Context, class... States>
std::vector<Edge> all(const std::variant<States...>*) {
  std::vector<Edge> found;
  (add_edges_of<States, Context>(static_cast<const Event*>(nullptr), found), ...);
  return found;
}

// State by state, in the order of the variants.
template <class State, class Event, class Context>
std::vector<Edge> of_machine() {
  return all<Event, Context>(static_cast<const State*>(nullptr));
}

// The names of the alternatives of a variant.
template <class... Alternatives>
Names names(const std::variant<Alternatives...>*) {
  return {Alternatives::name...};
}

}  // namespace portcullis::session::edges
