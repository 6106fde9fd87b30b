#pragma once

#include <string>

#include "proxy/status/overview.h"
#include "proxy/status/stream_row.h"

namespace portcullis::status {

// For a terminal. Each line ends with a line end.
std::string overview_text(const Overview& overview);
std::string streams_text(const StreamList& list);

}  // namespace portcullis::status
