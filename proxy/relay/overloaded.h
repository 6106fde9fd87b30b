#pragma once

namespace portcullis::relay {

// For std::visit: one function for each alternative.
template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace portcullis::relay
