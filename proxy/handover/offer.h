#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/result.h"

namespace portcullis::handover {

// What is said on the connection between a process and its successor: lines of text. First the
// successor sends kRequest, and gets an offer, followed by one octet for each descriptor that goes
// along. It sends kConfirm as soon as it serves, and reads kYours when the other one does not
// accept any more. The connection then stays: the one before says how many streams it still has
// (Left), until it has none and ends; kEnd asks it to end before its time.
inline constexpr std::string_view kRequest = "take-over";
inline constexpr std::string_view kConfirm = "confirm";
inline constexpr std::string_view kYours = "yours";
inline constexpr std::string_view kEnd = "end";

// Everything that a successor gets.
struct Offer {
  std::string version;
  std::int64_t process = 0;
  std::string cgroup;  // the text of /proc/self/cgroup
  // NOTIFY_SOCKET and WATCHDOG_USEC of whom the service manager has started; "": there is none.
  std::string notify_socket;
  std::string watchdog_usec;
  std::string dialback_secret;  // octets; "": it is in a file
  bool owns_control_file = false;
  // How many descriptors go along: sockets, and behind them a connection to each process that still
  // serves streams from before, by its number.
  std::size_t sockets = 0;
  std::vector<std::int64_t> predecessors;
};

inline constexpr std::size_t kMostSockets = 8192;
inline constexpr std::size_t kMostPredecessors = 8;
inline constexpr std::size_t kLongestOffer = std::size_t{64} * 1024;

std::string text_of(const Offer& offer);
// nullopt: it is not whole yet. Keys that a later version may have are passed over. Fails on
// anything that text_of() does not write.
Result<std::optional<Offer>> read_offer(std::string_view text);

// How far a process that has handed over is.
struct Left {
  std::uint64_t streams = 0;
  std::uint64_t seconds = 0;  // until it ends them
  bool operator==(const Left&) const = default;
};
std::string text_of(const Left& left);  // one line
std::optional<Left> read_left(std::string_view line);

}  // namespace portcullis::handover
