#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/reasons/reason.h"
#include "proxy/base/result.h"
#include "proxy/relay/stream_set.h"
#include "proxy/status/stream_row.h"

namespace portcullis::app {

// What an operator asks of the streams of one loop. These run on that loop.

// The id of a stream, or the domain of one side in A-labels, as both stand in the log.
Result<std::string> stream_target(std::string_view given);

struct StreamWish {
  std::string target;    // as of stream_target(); empty: all
  std::size_t most = 0;  // rows
};

struct StreamLook {
  std::vector<status::StreamCount> counts;  // of all
  std::vector<status::StreamRow> rows;      // the newest that match, the newest first
  std::size_t matching = 0;
};
// Throws std::bad_alloc where there is no memory for the look; no stream has to end for it.
StreamLook look_at(const relay::StreamSet& streams, const StreamWish& wish);

// Ends every stream that is meant and has not ended yet. Returns how many.
std::size_t close_streams(relay::StreamSet& streams, const std::string& target,
                          const policy::Refusal& why);

// What the loops have answered, as one.
StreamLook joined(std::vector<std::optional<StreamLook>> parts, std::size_t most);

}  // namespace portcullis::app
