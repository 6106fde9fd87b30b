#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/base/result.h"
#include "proxy/net/descriptor.h"
#include "proxy/net/loop.h"

namespace portcullis::net {

// Answers one line per connection on a Unix socket of mode 0600, then closes it.
class LineServer {
 public:
  // Sends the answer unchanged. It may be called later, on the loop's thread. Only the first call
  // counts, and none when the client or the server is gone.
  using Reply = std::function<void(std::string answer)>;
  // Gets the line without its '\n'.
  using OnLine = std::function<void(std::string_view line, Reply reply)>;

  // Gets each line first. Where it returns true, the line and the connection are its own from now
  // on: `share` gives it one more descriptor of the connection, and ours is closed.
  using OnTake =
      std::function<bool(std::string_view line, const std::function<Descriptor()>& share)>;

  struct Limits {
    std::size_t line_bytes = 1024;             // longer: closed without an answer
    std::size_t clients = 8;                   // more at the same time: closed at once
    std::chrono::milliseconds time{5'000};     // to send the line, and again to take the answer
    std::chrono::milliseconds answer{60'000};  // to make the answer; then closed without one
  };

  // Works like listen_local(): the socket that a dead process left behind is replaced; a path that
  // a running process serves is an error.
  static Result<std::unique_ptr<LineServer>> listen(Loop& loop, const std::string& path,
                                                    Limits limits, OnLine on_line,
                                                    OnTake on_take = {});
  // Does the same with a socket that listens at `path` already. Its file is somebody else's.
  static Result<std::unique_ptr<LineServer>> serve(Loop& loop, const std::string& path,
                                                   Descriptor socket, Limits limits, OnLine on_line,
                                                   OnTake on_take = {});
  // One more descriptor of the listening socket, for another process to answer on.
  Descriptor share() const;
  // Whether the socket file is removed at the end.
  bool owns_file() const;
  void own_file(bool ours);
  ~LineServer();  // removes the socket file if it is still the one that this server made
  LineServer(const LineServer&) = delete;
  LineServer& operator=(const LineServer&) = delete;

 private:
  struct Impl;
  explicit LineServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  // shared with libuv until its close callback
};

}  // namespace portcullis::net
