#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "proxy/handover/offer.h"
#include "proxy/handover/taker.h"
#include "proxy/net/local_channel.h"
#include "proxy/net/loop.h"

namespace portcullis::handover {

// The processes from which this one has taken over and that still serve streams, as far as they
// tell. Lives on one loop; text() and left() may be called on any thread.
class Predecessors {
 public:
  struct Owner {
    std::function<void()> on_change;
    std::function<void(std::int64_t process)> on_gone;
  };
  Predecessors(net::Loop& loop, Owner owner) : loop_(loop), owner_(std::move(owner)) {}

  void add(Taker::Predecessor predecessor);
  std::size_t count() const;
  std::uint64_t streams() const;  // of all of them
  // "process 12 serves 3 streams from before, for at most 29 minutes"; "": there is none.
  std::string text() const;
  // Has all of them end now, in the steps of a drain.
  void end();

  // For the next successor: a connection to each, and its number in `offer`.
  std::vector<net::Descriptor> share(Offer& offer) const;
  void forget() { channels_.clear(); }  // they tell somebody else

 private:
  void on_line(std::int64_t process, std::string_view line);
  void on_end(std::int64_t process);

  net::Loop& loop_;
  const Owner owner_;
  std::map<std::int64_t, std::unique_ptr<net::LocalChannel>> channels_;
  mutable std::mutex mutex_;
  std::map<std::int64_t, Left> left_;
};

}  // namespace portcullis::handover
