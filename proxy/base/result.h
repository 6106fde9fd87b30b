#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace portcullis {

// What went wrong, as one sentence that an operator can act on: what is wrong, where, and what to
// do.
struct Error {
  std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string message) {
  return tl::unexpected<Error>(Error{std::move(message)});
}

}  // namespace portcullis
