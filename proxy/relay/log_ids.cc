#include "proxy/relay/log_ids.h"

#include <fmt/format.h>

namespace portcullis::relay {

LogIds::LogIds(std::chrono::sys_time<std::chrono::milliseconds> started)
    : prefix_(fmt::format("{:x}-", started.time_since_epoch().count())) {}

std::string LogIds::text(std::uint64_t number) const {
  return prefix_ + std::to_string(number);
}

}  // namespace portcullis::relay
