#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace portcullis::relay {

// The octets that all streams hold in memory for their peers: unfinished stanzas, and what is
// queued to connections. If there are more than the limit allows, the streams that hold most have
// to end. Nobody else is slowed down: a stranger could otherwise stop everybody by filling the
// memory that all share. Thread-safe; nothing is locked.
class HeldBytes {
 public:
  explicit HeldBytes(std::size_t limit) : limit_(limit) {}
  HeldBytes(const HeldBytes&) = delete;
  HeldBytes& operator=(const HeldBytes&) = delete;

  // The part of one stream. It is given back when this object is destroyed.
  class Share {
   public:
    // `all` must outlive this.
    explicit Share(HeldBytes& all) : all_(all) {}
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() { set(0); }

    // Differences below 1 KiB are not told to the sum, so that small stanzas cost nothing.
    void set(std::size_t bytes);
    // Whether there is too much in all, and this stream is one of those that hold most. "Most"
    // means: there is no stream that holds twice as much.
    bool must_end() const;

   private:
    HeldBytes& all_;
    std::size_t told_ = 0;
  };

  std::size_t total() const { return total_.load(std::memory_order_relaxed); }
  bool too_many() const { return total() > limit_.load(std::memory_order_relaxed); }
  void change(std::size_t limit) { limit_ = limit; }

 private:
  // Streams are counted by the length of their share in bits.
  static constexpr std::size_t kSizes = sizeof(std::size_t) * 8 + 1;
  static std::size_t size_of(std::size_t bytes);

  std::atomic<std::size_t> limit_;
  std::atomic<std::size_t> total_{0};
  std::array<std::atomic<std::uint32_t>, kSizes> streams_{};
};

}  // namespace portcullis::relay
