#pragma once

#include <string>

#include "proxy/status/overview.h"
#include "proxy/status/stream_row.h"

namespace portcullis::status {

// One JSON document on one line, ASCII only, with a line end. A field may be added; none changes
// its meaning.
std::string overview_json(const Overview& overview);
std::string streams_json(const StreamList& list, std::chrono::sys_seconds now);
// The overview with the streams as its member "stream_list".
std::string page_json(const Overview& overview, const StreamList& list);

}  // namespace portcullis::status
