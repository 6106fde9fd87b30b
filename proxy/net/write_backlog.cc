#include "proxy/net/write_backlog.h"

#include <utility>

namespace portcullis::net {
namespace {

constexpr std::size_t kSmallWrite = std::size_t{4} * 1024;
constexpr std::size_t kJoinedWrites = std::size_t{16} * 1024;

}  // namespace

void WriteBacklog::add(std::string bytes) {
  bytes_ += bytes.size();
  const bool join = !strings_.empty() && bytes.size() <= kSmallWrite &&
                    strings_.back().size() + bytes.size() <= kJoinedWrites;
  if (join)
    strings_.back().append(bytes);
  else
    strings_.push_back(std::move(bytes));
}

std::vector<std::string> WriteBacklog::take() {
  bytes_ = 0;
  return std::exchange(strings_, {});
}

}  // namespace portcullis::net
