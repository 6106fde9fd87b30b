#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "proxy/base/result.h"
#include "proxy/keeper/ended_processes.h"
#include "proxy/keeper/message.h"
#include "proxy/net/blocking_socket.h"
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

  // The destructor ends the process by `ended` and does not wait for it.
  HolderProcess(Started started, std::shared_ptr<EndedProcesses> ended)
      : started_(std::move(started)), ended_(std::move(ended)) {}
  ~HolderProcess();
  HolderProcess(const HolderProcess&) = delete;
  HolderProcess& operator=(const HolderProcess&) = delete;

  // Waits until `deadline` when the process does not read.
  Result<void> tell(const Request& request, net::SteadyTime deadline);
  // What is answered: a certificate in DER, or the CA. Waits until `deadline`, for the reading and
  // the answer together. Fails where the process refuses in words; is_broken() after a failure
  // tells whether it is of no use any more.
  Result<std::string> ask(const Mint& question, net::SteadyTime deadline);
  Result<Loaded> load(const std::string& directory, net::SteadyTime deadline);
  bool is_broken() const { return broken_; }
  // Whether it has not ended.
  bool is_running();

 private:
  tl::unexpected<Error> broken(std::string why);
  template <class Wanted>
  Result<Wanted> answer_to(const Request& request, net::SteadyTime deadline);

  Started started_;
  std::shared_ptr<EndedProcesses> ended_;
  bool broken_ = false;
};

}  // namespace portcullis::keeper
