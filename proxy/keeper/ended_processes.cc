#include "proxy/keeper/ended_processes.h"

#include <sys/wait.h>

#include <csignal>

namespace portcullis::keeper {
namespace {

// Also true where the process is no child of ours any more.
bool is_reaped(pid_t process) {
  return ::waitpid(process, nullptr, WNOHANG) != 0;
}

}  // namespace

void EndedProcesses::end(pid_t process) {
  ::kill(process, SIGKILL);  // it has nothing to tidy up
  if (is_reaped(process)) return;
  const std::lock_guard lock(mutex_);
  waiting_.push_back(process);
}

void EndedProcesses::reap() {
  const std::lock_guard lock(mutex_);
  std::erase_if(waiting_, is_reaped);
}

std::size_t EndedProcesses::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

}  // namespace portcullis::keeper
