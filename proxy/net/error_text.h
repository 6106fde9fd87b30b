#pragma once

#include <string>

namespace portcullis::net {

// What a libuv error code means, as the system words it: "connection refused".
std::string error_text(int uv_error);

// Whether it is our own limit: the process, or the system, has no descriptor left.
bool is_out_of_descriptors(int uv_error);

// Whether a write failed because the connection is over, so that what arrived before that is still
// in the kernel's receive buffer.
bool leaves_last_words(int uv_write_error);

}  // namespace portcullis::net
