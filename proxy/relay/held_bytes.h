#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace portcullis::relay {

// The memory that all streams take together. That is what they hold for their peers (unfinished
// stanzas, and what is queued to connections), and a fixed sum for each of them, measured, for its
// objects, its TLS session and its buffers. Two limits hold: one for what is held, which peers can
// make grow, and one for everything.
//
// When much of what may be held is taken, the streams that hold most are not read from; when there
// is more than that, they have to end. Those of strangers come before all others (observe mode lets
// them through, under any name). When much of everything is taken, newcomers are refused, so that
// those who are there keep what they have. Nobody else is slowed down: a stranger could otherwise
// stop everybody by filling the memory that all share. Thread-safe; nothing is locked.
class HeldBytes {
 public:
  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max() / 64;
  // What a stream costs beside what it holds, in octets, with both of its connections: while it is
  // negotiated, and when it is established. From docs/performance.md, rounded up.
  static constexpr std::size_t kNegotiating = std::size_t{64} * 1024;
  static constexpr std::size_t kEstablished = std::size_t{24} * 1024;

  // `held` as limits.held_bytes, `memory` for everything.
  explicit HeldBytes(std::size_t held, std::size_t memory = kNoLimit)
      : limit_(held), memory_limit_(memory) {}
  HeldBytes(const HeldBytes&) = delete;
  HeldBytes& operator=(const HeldBytes&) = delete;

  // The part of one stream, which is negotiated at first. It is given back when this object is
  // destroyed.
  class Share {
   public:
    // `all` must outlive this.
    explicit Share(HeldBytes& all);
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share();

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
    std::size_t rank() const;
    void move(std::size_t from) const;
    bool give_up(std::size_t most);

    HeldBytes& all_;
    std::size_t told_ = 0;
    std::size_t cost_ = kNegotiating;
    bool stranger_ = true;
  };

  // A stream that is stopped, as long as this object lives.
  class Stopped {
   public:
    // `all` must outlive this.
    explicit Stopped(HeldBytes& all) : all_(all) { ++all_.stopped_; }
    Stopped(const Stopped&) = delete;
    Stopped& operator=(const Stopped&) = delete;
    ~Stopped() { --all_.stopped_; }

   private:
    HeldBytes& all_;
  };

  std::size_t total() const { return total_.load(std::memory_order_relaxed); }
  // Of everything.
  std::size_t memory() const { return total() + costs_.load(std::memory_order_relaxed); }
  std::size_t memory_limit() const { return memory_limit_.load(std::memory_order_relaxed); }
  std::size_t stopped() const { return stopped_.load(std::memory_order_relaxed); }
  bool too_many() const { return total() > room(); }
  // Whether streams may have to stop, to go on or to end, so that each has to be asked.
  bool is_short() const;

  // Whether a new stream is to be refused. Streams of the backend are refused later than those of
  // others. Once refused, they are until clearly less is taken. `now` of any clock that all loops
  // share.
  bool refuses_newcomer(bool of_backend, std::chrono::milliseconds now);
  // The system had no memory for us. Newcomers that are not of the backend are refused for ten
  // seconds.
  void ran_out(std::chrono::milliseconds now);

  void change(std::size_t held, std::size_t memory = kNoLimit) {
    limit_ = held;
    memory_limit_ = memory;
  }

 private:
  // Streams are counted by their rank: the length of their share in bits, 0 for those that hold
  // nothing. Strangers rank above everybody else.
  static constexpr std::size_t kSizes = sizeof(std::size_t) * 8 + 1;
  static constexpr std::size_t kRanks = 2 * kSizes;

  std::size_t room() const;
  bool takes(std::size_t eighths) const { return total() > room() / 8 * eighths; }
  bool is_any_above(std::size_t rank) const;

  std::atomic<std::size_t> limit_;
  std::atomic<std::size_t> memory_limit_;
  std::atomic<std::size_t> total_{0};
  std::atomic<std::size_t> costs_{0};
  std::atomic<std::size_t> stopped_{0};
  std::array<std::atomic<bool>, 2> refusing_{};  // others, the backend
  std::atomic<std::chrono::milliseconds> ran_out_until_{std::chrono::milliseconds::min()};
  std::array<std::atomic<std::uint32_t>, kRanks> streams_{};
};

}  // namespace portcullis::relay
