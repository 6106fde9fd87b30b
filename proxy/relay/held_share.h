#pragma once

#include <cstddef>

#include "proxy/relay/held_bytes.h"
#include "proxy/relay/stream_ranks.h"

namespace portcullis::relay {

// The part that one stream has in HeldBytes, and what follows from it for the stream. It is given
// back when this object is destroyed. Used on the stream's loop.
class HeldShare {
 public:
  // What a stream costs beside what it holds, in octets, with both of its connections: while it is
  // negotiated, and when it is established. From docs/performance.md, rounded up.
  static constexpr std::size_t kNegotiating = std::size_t{64} * 1024;
  static constexpr std::size_t kEstablished = std::size_t{24} * 1024;

  // Of a stream that is negotiated. `all` must outlive this.
  explicit HeldShare(HeldBytes& all);
  HeldShare(const HeldShare&) = delete;
  HeldShare& operator=(const HeldShare&) = delete;
  ~HeldShare();

  // Differences below 1 KiB are not told to the sum, so that small stanzas cost nothing.
  void set(std::size_t bytes);
  void established();
  // Both ends of the stream are authenticated. Until then it is one of a stranger.
  void trust();

  std::size_t held() const { return told_; }
  // Whether the stream is one of those that hold most. That means: there is no stream that holds
  // twice as much, and none of a stranger that holds any.
  bool holds_most() const;
  // Whether so much is held that a stream that holds most must not be read from, and this is one;
  // and whether such a stream may go on. Between the two it stays as it is.
  bool must_stop() const;
  bool may_go_on() const;
  // Whether there is too much in all, and this stream is one of those that hold most.
  bool must_end() const;
  // The same, and if so, what it holds counts no more. Two event loops that ask at once do not
  // both hear yes where one is enough.
  bool give_up();
  // The same, for one that is not established, and therefore is not stopped first: it is too much
  // as soon as streams of strangers have to stop.
  bool give_up_newcomer();
  // The same, for a stream that was stopped: it is too much as long as those that are stopped may
  // not go on.
  bool give_up_stopped();

 private:
  std::size_t rank() const { return StreamRanks::of(told_, stranger_); }
  std::size_t eighths_to_go_on() const;
  bool give_up(std::size_t most);

  HeldBytes& all_;
  std::size_t told_ = 0;
  std::size_t cost_ = kNegotiating;
  bool stranger_ = true;
};

}  // namespace portcullis::relay
