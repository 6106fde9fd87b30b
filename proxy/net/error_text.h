#pragma once

#include <string>

namespace portcullis::net {

// What a libuv error code means, as the system words it: "connection refused".
std::string error_text(int uv_error);

// Whether it is our own limit: the process, or the system, has no descriptor left.
bool is_out_of_descriptors(int uv_error);

}  // namespace portcullis::net
