#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

namespace portcullis::relay {

// Whether an end sends the stanza that it has begun fast enough. The time in which we do not read
// is not counted. A value: it has no clock, the time is given.
class StanzaPace {
 public:
  // How long the end may be too slow.
  static constexpr std::chrono::seconds kWindow{30};

  // `rate`: octets a second.
  explicit StanzaPace(std::size_t rate) : rate_(rate) {}

  // `came` octets were read, and now `held` octets of an unfinished stanza are held.
  void read(std::size_t came, std::size_t held, std::chrono::milliseconds now);
  void pause(std::chrono::milliseconds now);   // we stop reading
  void resume(std::chrono::milliseconds now);  // and go on
  // To be asked from time to time: whether too little of an unfinished stanza came, over the time
  // since the last answer that was not too early, and at least over kWindow.
  bool too_slow(std::chrono::milliseconds now);

 private:
  void begin(std::size_t came, std::chrono::milliseconds now);

  std::size_t rate_;
  std::size_t held_ = 0;
  std::size_t came_ = 0;  // since since_
  std::chrono::milliseconds since_{0};
  std::optional<std::chrono::milliseconds> paused_;
};

}  // namespace portcullis::relay
