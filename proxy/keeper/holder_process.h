#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "proxy/base/result.h"
#include "proxy/keeper/message.h"
#include "proxy/net/descriptor.h"

namespace portcullis::keeper {

// A process that runs hold_key(), seen from the gate. It ends when this object does, or when the
// gate ends in whatever way: then its socket is closed.
class HolderProcess {
 public:
  struct Started {
    net::Descriptor socket;
    pid_t process = -1;
  };
  using Start = std::function<Result<Started>()>;
  // The socket that the process is given.
  static constexpr int kSocket = 3;

  // Starts this same program with the one argument `command`. Safe while threads run.
  static Result<Started> start_program(const char* command);

  explicit HolderProcess(Started started) : started_(std::move(started)) {}
  ~HolderProcess();
  HolderProcess(const HolderProcess&) = delete;
  HolderProcess& operator=(const HolderProcess&) = delete;

  // Waits for `at_most` when the process does not read.
  Result<void> tell(const Request& request, std::chrono::milliseconds at_most);
  // The certificate that is answered, in DER. Waits for `at_most`. Fails where the process refuses
  // in words; is_broken() after a failure tells whether it is of no use any more.
  Result<std::string> ask(const Request& request, std::chrono::milliseconds at_most);
  bool is_broken() const { return broken_; }
  // Whether it has not ended.
  bool is_running();

 private:
  tl::unexpected<Error> broken(std::string why);

  Started started_;
  bool broken_ = false;
};

}  // namespace portcullis::keeper
