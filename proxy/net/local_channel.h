#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/net/blocking_socket.h"
#include "proxy/net/descriptor.h"
#include "proxy/net/loop.h"

namespace portcullis::net {

// A connected Unix socket on a loop: lines of text in, lines and descriptors out. It never blocks.
class LocalChannel {
 public:
  struct Handler {
    std::function<void(std::string_view line)> on_line;  // without its '\n'
    // The other end has closed, has broken off, or says more than kLongestLine in one line. Called
    // once; nothing is called after it.
    std::function<void()> on_end;
  };
  static constexpr std::size_t kLongestLine = 1024;

  // Neither function is called before the loop runs. The channel may be destroyed inside both.
  LocalChannel(Loop& loop, Descriptor socket, Handler handler);
  ~LocalChannel();
  LocalChannel(const LocalChannel&) = delete;
  LocalChannel& operator=(const LocalChannel&) = delete;

  // What the kernel does not take at once waits here. A descriptor goes along with one octet.
  void send(std::string text);
  void send(Descriptor descriptor);
  // The kernel has refused a descriptor, because too many are under way already. The connection
  // ends with that, for both ends; on_end is called as usual.
  bool has_refused_descriptor() const;
  // Whether one of poll(2)'s `events` is true of the connection now.
  bool is_now(int events) const;
  // One more descriptor of this connection, for another process to go on with it.
  Descriptor share() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with libuv until its close callback
};

// The same without a loop, for whoever has nothing else to do. Waits until `deadline`.
struct ReceivedParts {
  std::string text;
  std::vector<Descriptor> descriptors;
};
// Receives once, and adds it to `parts`. Fails when nothing comes until then, at the end, and where
// the kernel had no room for a descriptor.
Result<void> receive_parts(const Descriptor& socket, ReceivedParts& parts, SteadyTime deadline);

}  // namespace portcullis::net
