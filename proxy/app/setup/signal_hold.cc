#include "proxy/app/setup/signal_hold.h"

#include <initializer_list>

namespace portcullis::app {

sigset_t end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&signals, signal);
  return signals;
}

SignalHold::SignalHold() {
  auto held = end_signals();
  sigaddset(&held, SIGPIPE);  // who reads our output may go away
  pthread_sigmask(SIG_BLOCK, &held, &before_);
}

SignalHold::~SignalHold() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool is_asked_to_end() {
  sigset_t waiting;
  sigemptyset(&waiting);
  if (sigpending(&waiting) != 0) return false;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT})
    if (sigismember(&waiting, signal) == 1) return true;
  return false;
}

}  // namespace portcullis::app
