#include "proxy/telemetry/log_writer.h"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <utility>

#include "proxy/base/clock.h"
#include "proxy/telemetry/log_descriptor.h"
#include "proxy/telemetry/log_journal.h"

namespace portcullis::telemetry {
namespace {

// At most one line about missing lines in this time, or half of a log that is always late would
// consist of them.
constexpr auto kGapInterval = std::chrono::seconds(1);
// Where lines are missing and none follow, it tries this often to say so: a disk may have room
// again.
constexpr auto kGapRetry = std::chrono::seconds(1);
// To wake the thread costs more than to write a line. So it gathers lines for that long after it
// has written what there was; the first line of a quiet time is written at once.
constexpr auto kGather = std::chrono::milliseconds(5);
// How long the thread may take to notice that it has to end.
constexpr auto kToNotice = std::chrono::milliseconds(200);

// Signals of the process are for the threads that wait for them; and a pipe whose reader is gone
// must not end the process. A new thread inherits what is blocked.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

// Owned by the writer and by its thread: one that hangs in write(2) is left behind at the end.
struct LogWriter::State {
  explicit State(Settings given)
      : settings(std::move(given)),
        queue(settings.bounds),
        descriptor(settings.descriptor, given_up),
        journal(descriptor) {}

  const Settings settings;
  std::atomic<bool> given_up{false};
  std::mutex mutex;
  std::condition_variable wake;   // for the thread: there is work
  std::condition_variable ended;  // for the destructor
  LogQueue queue;
  bool closing = false;
  bool asleep = false;  // the thread waits for a line
  bool has_ended = false;
  // The line that the thread has taken out and not written yet.
  std::optional<LogRank> at_hand;

  // Of the thread alone, until it has ended.
  LogDescriptor descriptor;
  LogJournal journal;
  std::uint64_t missing = 0;
  std::chrono::microseconds gap_said{0};

  void run();
  void sleep(std::unique_lock<std::mutex>& lock);
  bool end();
  bool write_what_waits(std::unique_lock<std::mutex>& lock);
  bool write(const LogQueue::Entry& entry);
  bool put(std::string_view line);
  void say_gap();
  std::uint64_t drop_what_waits();
};

void LogWriter::State::run() {
  std::unique_lock lock(mutex);
  while (write_what_waits(lock)) {
    wake.wait_for(lock, kGather, [this] { return closing; });
    sleep(lock);
  }
  has_ended = true;
  ended.notify_all();
}

// Until there is work.
void LogWriter::State::sleep(std::unique_lock<std::mutex>& lock) {
  const auto has_work = [this] { return closing || !queue.empty(); };
  asleep = true;
  if (missing > 0)
    wake.wait_for(lock, kGapRetry, has_work);
  else
    wake.wait(lock, has_work);
  asleep = false;
}

// False: it is the end.
bool LogWriter::State::write_what_waits(std::unique_lock<std::mutex>& lock) {
  while (auto next = queue.pop()) {
    missing += next->dropped_before;
    at_hand = next->rank;
    lock.unlock();
    const bool written = write(*next);
    lock.lock();
    if (written) at_hand.reset();
    if (given_up) return false;  // whoever on_dropped() speaks to may be gone
    if (!written) settings.on_dropped(next->rank);
    at_hand.reset();
  }
  missing += queue.take_dropped();
  if (missing > 0) {
    lock.unlock();
    say_gap();
    lock.lock();
  }
  return !(closing && queue.empty()) && !given_up;
}

bool LogWriter::State::write(const LogQueue::Entry& entry) {
  if (missing > 0 && monotonic_now() - gap_said >= kGapInterval) say_gap();
  const bool written = put(entry.line);
  if (!written) ++missing;
  return written;
}

bool LogWriter::State::put(std::string_view line) {
  return settings.to_journal ? journal.write(line) : descriptor.write(line);
}

void LogWriter::State::say_gap() {
  gap_said = monotonic_now();
  try {
    if (put(settings.gap(missing))) missing = 0;
  } catch (const std::bad_alloc&) {
    // The next gap is told with what is missing now.
  }
}

// Whether the thread has come to its end.
bool LogWriter::State::end() {
  std::unique_lock lock(mutex);
  closing = true;
  wake.notify_all();
  const auto is_over = [this] { return has_ended; };
  if (ended.wait_for(lock, settings.flush, is_over)) return true;
  given_up = true;
  const auto left = drop_what_waits();
  if (!ended.wait_for(lock, kToNotice, is_over)) return false;
  if (at_hand) settings.on_dropped(*at_hand);  // `missing` has it already
  missing += left;
  if (missing > 0) say_gap();  // waits a moment at most: we have given up
  return true;
}

// How many lines are missing for it. The thread may still be in write(2), so what it has at hand is
// not among them.
std::uint64_t LogWriter::State::drop_what_waits() {
  std::uint64_t left = 0;
  while (auto next = queue.pop()) {
    left += next->dropped_before + 1;
    settings.on_dropped(next->rank);
  }
  return left + queue.take_dropped();
}

LogWriter::LogWriter(Settings settings) : state_(std::make_shared<State>(std::move(settings))) {
  const SignalsBlocked blocked;
  thread_ = std::thread([state = state_] { state->run(); });
}

LogWriter::~LogWriter() {
  if (state_->end())
    thread_.join();
  else
    thread_.detach();  // it holds its state, and touches nothing else
}

void LogWriter::write(std::string&& line, LogRank rank) {
  bool kept = false;
  bool wakes = false;
  {
    const std::lock_guard lock(state_->mutex);
    kept = state_->queue.push(std::move(line), rank);
    wakes = kept && state_->asleep;
  }
  if (wakes) state_->wake.notify_one();
  if (!kept) state_->settings.on_dropped(rank);
}

}  // namespace portcullis::telemetry
