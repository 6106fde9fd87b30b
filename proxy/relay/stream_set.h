#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "proxy/base/stream_kind.h"
#include "proxy/net/loop.h"
#include "proxy/relay/bridge.h"

namespace portcullis::relay {

struct StreamCounts {
  std::atomic<std::size_t> all{0};
  std::atomic<std::size_t> clients{0};  // those that came from clients
};

// The streams of one event loop. What is done for a stream runs as work of its own: when memory
// runs out in it, that stream is dropped, and the others go on. Who only looks at streams is no
// work of theirs: what he has no memory for is his own failure.
class StreamSet {
 public:
  struct Owner {
    std::function<void()> on_less;       // a stream is gone
    std::function<void()> on_no_memory;  // there was no memory for one; must not need any
  };
  // Makes the bridge; it has to call the function that it is given when it is gone.
  using Make = std::function<std::unique_ptr<Bridge>(std::function<void(std::uint64_t)> on_gone)>;

  // `loop` must outlive this.
  StreamSet(net::Loop& loop, Owner owner);

  void add(std::uint64_t id, StreamKind kind, const Make& make);
  // Nothing happens if that stream is gone.
  void with(std::uint64_t id, const std::function<void(Bridge&)>& work);
  void for_each(const std::function<void(Bridge&)>& work);
  void for_each(StreamKind kind, const std::function<void(Bridge&)>& work);
  void clear();
  // Only to look. What `look` throws ends it, and comes out of here.
  void look_at(std::uint64_t id, const std::function<void(const Bridge&)>& look) const;
  void look_at_each(const std::function<void(const Bridge&)>& look) const;

  bool empty() const { return streams_.empty(); }
  bool contains(std::uint64_t id) const { return streams_.contains(id); }
  std::vector<std::uint64_t> ids() const;
  const StreamCounts& counts() const { return counts_; }  // thread-safe

 private:
  struct Stream {
    std::unique_ptr<Bridge> bridge;
    net::Loop::OwnerPtr owner;
    StreamKind kind;
    bool lost = false;  // there was no memory for it
  };
  class Work;

  void walk(const std::function<bool(const Stream&)>& among,
            const std::function<void(Bridge&)>& work);
  void on_no_memory(std::uint64_t id) noexcept;
  void erase(std::uint64_t id);
  bool forget(const Stream& stream);

  net::Loop& loop_;
  Owner owner_;
  std::unordered_map<std::uint64_t, Stream> streams_;
  bool walking_ = false;  // over streams_, so that none may be erased
  StreamCounts counts_;
};

}  // namespace portcullis::relay
