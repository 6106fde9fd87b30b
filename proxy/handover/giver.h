#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/handover/offer.h"
#include "proxy/net/descriptor.h"
#include "proxy/net/local_channel.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer.h"

namespace portcullis::handover {

// Why there is nothing to give where the process, or the kernel, has no room for one more.
inline constexpr std::string_view kNoDescriptors =
    "descriptors have run out, so there is none to give; try again when fewer streams are open, or "
    "raise LimitNOFILE";

// The process at the other end of a Unix socket, as the kernel noted it.
struct Peer {
  pid_t process = 0;
  uid_t user = 0;
};
std::optional<Peer> peer_of(const net::Descriptor& socket);
// Whether that is us or root: only they may give or take what a process has.
bool may_share(const Peer& peer);

// The old process: gives its sockets to a successor that asks on the control socket. Until that one
// confirms, nothing has changed here, whatever becomes of it. Lives on one loop.
class Giver {
 public:
  struct Given {
    Offer offer;
    std::vector<net::Descriptor> sockets;
    std::vector<net::Descriptor> predecessors;
  };
  struct Owner {
    // Fails where nothing can be given now, in words for the operator.
    std::function<Result<Given>()> gather;
    // The successor serves. Everything that only one process can have is given up in here.
    std::function<void(pid_t successor)> on_confirmed;
    std::function<void(const std::string& why)> on_given_up;  // nothing has changed
    std::function<void()> on_end;                             // end before the time is over
    std::function<Left()> left;
  };
  // To load a configuration with every file in it, and to open all that is new.
  static constexpr std::chrono::milliseconds kPatience{60'000};
  static constexpr std::chrono::milliseconds kTell{1'000};

  // `loop` outlives this.
  Giver(net::Loop& loop, Owner owner, std::chrono::milliseconds patience = kPatience);

  // Who is at the other end of `connection` has sent kRequest.
  void take(net::Descriptor connection);
  // We end ourselves: whoever has not confirmed yet must not.
  void withdraw();
  // Between an offer and its confirmation.
  bool under_way() const { return step_ == Step::kOffered; }
  // Who confirmed is there no more.
  bool successor_is_gone() const;

 private:
  enum class Step : std::uint8_t { kIdle, kOffered, kConfirmed };
  Result<Given> give_to(const std::optional<Peer>& peer);
  void on_line(std::string_view line);
  void on_end();
  std::string why_it_ended() const;
  void give_up(const std::string& why);
  void tell();

  net::Loop& loop_;
  const Owner owner_;
  const std::chrono::milliseconds patience_;
  Step step_ = Step::kIdle;
  pid_t successor_ = 0;
  std::unique_ptr<net::LocalChannel> channel_;
  std::optional<Left> told_;
  net::Timer timer_;
};

}  // namespace portcullis::handover
