#pragma once

#include <sys/types.h>

#include <cstddef>
#include <mutex>
#include <vector>

namespace portcullis::keeper {

// Processes that were killed and whose end the kernel has not reported yet. One that waits for a
// disk or a network file system does not die at once, and nobody may wait for it on an event loop.
// Thread-safe.
class EndedProcesses {
 public:
  // Kills `process`, a child of ours. Never waits: where the kernel has not ended it yet, reap()
  // takes the report later.
  void end(pid_t process);
  // Takes the reports that have come. Never waits. Call it from time to time.
  void reap();
  std::size_t waiting() const;

 private:
  mutable std::mutex mutex_;
  std::vector<pid_t> waiting_;
};

}  // namespace portcullis::keeper
