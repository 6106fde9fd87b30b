#include "proxy/telemetry/log_queue.h"

#include <utility>

namespace portcullis::telemetry {
namespace {

std::size_t octets_of(const std::string& line) {
  return line.capacity() + sizeof(LogQueue::Entry);
}

}  // namespace

bool LogQueue::push(std::string&& line, LogRank rank) {
  const std::size_t room = room_for(rank);
  const std::size_t octets = octets_of(line);
  if (octets > room || octets_ > room - octets) {
    ++dropped_;
    return false;
  }
  entries_.push_back({std::move(line), rank, take_dropped()});
  octets_ += octets_of(entries_.back().line);
  return true;
}

std::size_t LogQueue::room_for(LogRank rank) const {
  switch (rank) {
    case LogRank::kRoutine:
      return bounds_.routine;
    case LogRank::kRefusal:
      return bounds_.refusals;
    case LogRank::kImportant:
      return bounds_.all;
  }
  return bounds_.routine;
}

std::optional<LogQueue::Entry> LogQueue::pop() {
  if (entries_.empty()) return std::nullopt;
  octets_ -= octets_of(entries_.front().line);
  Entry entry = std::move(entries_.front());
  entries_.pop_front();
  return entry;
}

std::uint64_t LogQueue::take_dropped() {
  return std::exchange(dropped_, 0);
}

}  // namespace portcullis::telemetry
