#pragma once

#include <string>

namespace portcullis::relay {

// 128 random bits in hex, from OpenSSL's generator (RFC 6120 section 4.7.3: unpredictable).
std::string random_stream_id();

}  // namespace portcullis::relay
