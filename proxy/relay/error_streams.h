#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/relay/error_stream.h"
#include "proxy/relay/token_buckets.h"
#include "proxy/relay/undelivered_notices.h"

namespace portcullis::relay {

// The streams of one loop that tell errors, and how many there may be. They have bounds of their
// own: however many streams are lost, it takes no place, call or certificate from those of others.
// Toward the backend and toward peers the bounds are apart, because how long a peer lets us wait is
// for the peer to say. What is over a bound is dropped, and counted as limit error_streams.
class ErrorStreams final : public UndeliveredNotices {
 public:
  struct Owner {
    std::function<SnapshotPtr()> newest;  // the configuration in force
    std::function<void()> on_idle;        // the last stream is over
  };

  // At one time in each direction. A new one takes the place of the oldest, if that had its time.
  static constexpr std::size_t kMost = 16;
  static constexpr std::chrono::seconds kItsTime{5};
  // Of one pair in one direction: one that ends, and the next one.
  static constexpr std::size_t kMostOfPair = 2;
  // New ones in each direction, and certificates that must be made for them. Most need none: the
  // stream whose stanzas were lost had one.
  static constexpr Rate kStarts{10, 50};
  static constexpr Rate kMints{2, 20};
  // A pair for which one has failed gets no other one for so long. So many pairs are known.
  static constexpr std::chrono::seconds kPause{10};
  static constexpr std::size_t kMostPauses = 64;

  // All references must outlive this.
  ErrorStreams(ErrorStreamServices services, Owner owner);

  void tell(const DomainName& from, const DomainName& to, Side to_side,
            std::vector<std::string> stanzas) override;
  bool idle() const { return streams_.empty(); }
  // Resets all connections. on_idle() follows, unless there is none.
  void abort();

 private:
  struct Pause {
    ErrorPair pair;
    std::chrono::milliseconds until;
  };

  ErrorStream* find(const ErrorPair& pair) const;
  // nullptr if a bound forbids it, or if there must be none; that is counted here.
  ErrorStream* open(const ErrorPair& pair, std::size_t stanzas);
  bool has_room(const ErrorPair& pair);
  bool pauses(const ErrorPair& pair);
  tl::expected<ErrorStreamGate::Leaf, policy::Refusal> leaf(const Snapshot& snapshot,
                                                            const ErrorPair& pair);
  void on_over(const ErrorStream& stream);
  void drop(const ErrorPair& pair);
  void count(const ErrorPair& pair, std::size_t stanzas, const std::string& why);

  ErrorStreamServices services_;
  Owner owner_;
  std::vector<std::unique_ptr<ErrorStream>> streams_;
  std::array<TokenBucket, 2> starts_;  // by Side
  TokenBucket mints_;
  std::deque<Pause> pauses_;
  std::optional<std::chrono::milliseconds> written_;  // the last line of a failure
  std::int64_t unwritten_ = 0;                        // failures since then
};

}  // namespace portcullis::relay
