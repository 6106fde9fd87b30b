#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace portcullis::telemetry {

// Which lines are kept when there is not room for all of them.
enum class LogRank : std::uint8_t {
  kRoutine,   // levels info and debug: how a stream went on and ended
  kRefusal,   // a stranger was refused: of these anybody can cause as many as he likes
  kImportant  // other decisions, and everything that is graver
};

// Lines that wait to be written, in the order in which they came. The octets that they take are
// bounded; a line that finds no room is counted instead. Not thread-safe.
class LogQueue {
 public:
  // In octets, with what holds a line counted, too. Important lines may use all the room, the
  // others a part of it only: so neither many routine lines nor many strangers push out what was
  // decided about others, or an error.
  struct Bounds {
    std::size_t routine = std::size_t{2} * 1024 * 1024;
    std::size_t refusals = std::size_t{3} * 1024 * 1024;
    std::size_t all = std::size_t{4} * 1024 * 1024;
  };
  // A line, and how many lines in front of it found no room.
  struct Entry {
    std::string line;
    LogRank rank;
    std::uint64_t dropped_before = 0;
  };

  explicit LogQueue(const Bounds& bounds) : bounds_(bounds) {}

  // False: there was no room.
  bool push(std::string&& line, LogRank rank);
  // The oldest line; nullopt when none waits.
  std::optional<Entry> pop();
  // How many lines found no room since the last one that did. Counts from 0 again.
  std::uint64_t take_dropped();

  bool empty() const { return entries_.empty(); }
  std::size_t octets() const { return octets_; }

 private:
  std::size_t room_for(LogRank rank) const;

  const Bounds bounds_;
  std::deque<Entry> entries_;
  std::size_t octets_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace portcullis::telemetry
