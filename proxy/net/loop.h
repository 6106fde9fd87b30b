#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

struct uv_loop_s;
struct uv_async_s;
struct uv_buf_t;

namespace portcullis::net {

// Owns one libuv loop. Everything but post() and stop() is called on the loop's own thread.
// Objects that live on the loop should be destroyed before it; those that are not get no
// callbacks any more.
class Loop {
 public:
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();  // closes what is left open and runs the close callbacks; drops tasks not yet run

  void run();                             // until stop(); a stop() before run() is kept for it
  void stop();                            // thread-safe
  void post(std::function<void()> task);  // thread-safe; runs on the loop's thread
  // Runs after the current callback returned: where owners destroy what called them.
  void defer(std::function<void()> task);
  std::chrono::milliseconds now() const;  // monotonic, constant within one loop turn
  uv_loop_s* raw() { return loop_.get(); }

 private:
  friend class TcpSocket;
  // The one buffer every socket of the loop receives into: libuv reads and delivers at once.
  uv_buf_t receive_buffer();

  struct Impl;
  std::unique_ptr<uv_loop_s> loop_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::net
