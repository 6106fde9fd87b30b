#pragma once

#include <cstddef>
#include <string>

#include "proxy/status/overview.h"
#include "proxy/status/stream_row.h"

namespace portcullis::status {

// How many streams the page lists at most.
inline constexpr std::size_t kStreamsOnPage = 100;

// One HTML page without a script and without anything that would have to be loaded. It asks to be
// loaded again every ten seconds. `list` holds at most kStreamsOnPage rows.
std::string page(const Overview& overview, const StreamList& list);

}  // namespace portcullis::status
