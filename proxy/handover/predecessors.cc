#include "proxy/handover/predecessors.h"

#include <utility>

namespace portcullis::handover {
namespace {

constexpr std::uint64_t kMinute = 60;

std::string time_text(std::uint64_t seconds) {
  if (seconds < 2 * kMinute) return std::to_string(seconds) + " seconds";
  return std::to_string(seconds / kMinute) + " minutes";
}

}  // namespace

void Predecessors::add(Taker::Predecessor predecessor) {
  const auto process = predecessor.process;
  {
    const std::lock_guard lock(mutex_);
    left_.emplace(process, Left{});
  }
  channels_.emplace(process, std::make_unique<net::LocalChannel>(
                                 loop_, std::move(predecessor.connection),
                                 net::LocalChannel::Handler{[this, process](std::string_view line) {
                                                              on_line(process, line);
                                                            },
                                                            [this, process] { on_end(process); }}));
  owner_.on_change();
}

void Predecessors::on_line(std::int64_t process, std::string_view line) {
  const auto left = read_left(line);
  if (!left) return;
  {
    const std::lock_guard lock(mutex_);
    left_[process] = *left;
  }
  owner_.on_change();
}

void Predecessors::on_end(std::int64_t process) {
  channels_.erase(process);
  {
    const std::lock_guard lock(mutex_);
    left_.erase(process);
  }
  owner_.on_change();
  owner_.on_gone(process);
}

std::size_t Predecessors::count() const {
  const std::lock_guard lock(mutex_);
  return left_.size();
}

std::uint64_t Predecessors::streams() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const auto& [process, left] : left_) sum += left.streams;
  return sum;
}

std::string Predecessors::text() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [process, left] : left_)
    text += (text.empty() ? "process " : ", process ") + std::to_string(process) + " serves " +
            std::to_string(left.streams) + (left.streams == 1 ? " stream" : " streams") +
            " from before, for at most " + time_text(left.seconds);
  return text;
}

void Predecessors::end() {
  for (const auto& [process, channel] : channels_) channel->send(std::string(kEnd) + "\n");
}

std::vector<net::Descriptor> Predecessors::share(Offer& offer) const {
  std::vector<net::Descriptor> connections;
  for (const auto& [process, channel] : channels_) {
    offer.predecessors.push_back(process);
    connections.push_back(channel->share());
  }
  return connections;
}

}  // namespace portcullis::handover
