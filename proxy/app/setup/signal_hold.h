#pragma once

#include <csignal>

namespace portcullis::app {

// While it lives, a signal that would end this process waits, so that a change of several files
// comes to its end or is taken back. When it is gone, the signal ends the process as ever.
class SignalHold {
 public:
  SignalHold();
  ~SignalHold();
  SignalHold(const SignalHold&) = delete;
  SignalHold& operator=(const SignalHold&) = delete;

 private:
  sigset_t before_{};
};

// The signals with which somebody asks this process to end.
sigset_t end_signals();
// Whether one of them waits.
bool is_asked_to_end();

}  // namespace portcullis::app
