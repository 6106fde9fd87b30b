#include "proxy/app/bounded_child.h"

#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

#include "proxy/app/setup/signal_hold.h"
#include "proxy/base/clock.h"
#include "proxy/net/descriptor.h"

namespace portcullis::app {
namespace {

constexpr int kCannotStart = 127;

std::string last_error() {
  return std::generic_category().message(errno);
}

// Files in memory, so that neither program waits for the other.
struct Files {
  net::Descriptor in{::memfd_create("in", MFD_CLOEXEC)};
  net::Descriptor out{::memfd_create("out", MFD_CLOEXEC)};
  net::Descriptor err{::memfd_create("err", MFD_CLOEXEC)};

  bool are_there() const { return in && out && err; }
};

bool fill(int file, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const auto written = ::write(file, text.data() + done, text.size() - done);
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) done += static_cast<std::size_t>(written);
  }
  return ::lseek(file, 0, SEEK_SET) == 0;
}

std::string content(int file, std::size_t most) {
  std::string text(most, '\0');
  std::size_t done = 0;
  while (done < most) {
    const auto read = ::pread(file, text.data() + done, most - done, static_cast<off_t>(done));
    if (read < 0 && errno == EINTR) continue;
    if (read <= 0) break;
    done += static_cast<std::size_t>(read);
  }
  text.resize(done);
  return text;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  list.reserve(words.size() + 1);
  for (auto& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

void limit(int what, std::size_t most) {
  const rlimit limits{most, most};
  ::setrlimit(static_cast<__rlimit_resource>(what), &limits);
}

// Between fork and exec: nothing but system calls.
[[noreturn]] void become_program(const ChildPlan& plan,
                                 const std::optional<certs::ServiceUser>& user, const Files& files,
                                 char* const* arguments, char* const* environment) {
  ::setsid();
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::dup2(files.in.get(), STDIN_FILENO) < 0 || ::dup2(files.out.get(), STDOUT_FILENO) < 0 ||
      ::dup2(files.err.get(), STDERR_FILENO) < 0 || ::chdir("/") != 0)
    ::_exit(kCannotStart);
  if (user) {
    const gid_t group = user->group;
    if (::setgroups(1, &group) != 0 || ::setgid(group) != 0 || ::setuid(user->user) != 0)
      ::_exit(kCannotStart);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  limit(RLIMIT_FSIZE, plan.most_file);
  limit(RLIMIT_CPU, static_cast<std::size_t>(plan.time.count()) + 1);
  if (plan.most_memory > 0) limit(RLIMIT_AS, plan.most_memory);
  ::execve(plan.program.c_str(), arguments, environment);
  ::_exit(kCannotStart);
}

enum class Waiting : std::uint8_t { kEnded, kTooLong, kStopped };

// kStopped: a signal that waits (SignalHold) asks us to end.
Waiting wait_for(pid_t process, std::chrono::seconds time) {
  const net::Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  if (!handle) return Waiting::kEnded;  // an old kernel: waited for, bounded by RLIMIT_CPU only
  const auto signals = end_signals();
  const net::Descriptor asked(::signalfd(-1, &signals, SFD_CLOEXEC));
  const auto until = monotonic_now() + time;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - monotonic_now());
    if (left.count() <= 0) return Waiting::kTooLong;
    std::array<pollfd, 2> wanted{{{handle.get(), POLLIN, 0}, {asked.get(), POLLIN, 0}}};
    const int seen = ::poll(wanted.data(), wanted.size(), static_cast<int>(left.count()));
    if (seen < 0 && errno != EINTR) return Waiting::kEnded;
    if (seen <= 0) continue;
    return wanted[0].revents != 0 ? Waiting::kEnded : Waiting::kStopped;
  }
}

int status_of(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0)
    if (errno != EINTR) return kCannotStart;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<ChildEnd> run_child(const ChildPlan& plan) {
  if (::access(plan.program.c_str(), X_OK) != 0)
    return fail(plan.program + " cannot be started: " + last_error());
  const auto user = user_to_become(plan.user);
  if (::geteuid() == 0 && !plan.user.empty() && !user)
    return fail("there is no user \"" + plan.user + "\", and root does not run " + plan.program +
                " itself. Run setup where your server is installed");
  const Files files;
  if (!files.are_there() || !fill(files.in.get(), plan.input))
    return fail("no memory to start " + plan.program + ": " + last_error());
  auto words = plan.arguments;
  words.insert(words.begin(), plan.program);
  auto variables = plan.environment;
  const auto arguments = pointers(words);
  const auto environment = pointers(variables);
  const pid_t process = ::fork();
  if (process < 0) return fail(plan.program + " cannot be started: " + last_error());
  if (process == 0) become_program(plan, user, files, arguments.data(), environment.data());
  const auto waiting = wait_for(process, plan.time);
  ::kill(process, SIGKILL);
  ChildEnd end;
  end.status = status_of(process);
  ::kill(-process, SIGKILL);  // what it has started and left behind
  if (waiting == Waiting::kStopped) return fail(plan.program + ": stopped by a signal");
  if (waiting == Waiting::kTooLong)
    return fail(fmt::format("{} did not end within {} seconds", plan.program, plan.time.count()));
  end.out = content(files.out.get(), plan.most_output);
  end.err = content(files.err.get(), plan.most_output);
  return end;
}

std::optional<certs::ServiceUser> user_to_become(const std::string& name) {
  if (::geteuid() != 0) return std::nullopt;
  const passwd* const user = ::getpwnam(name.c_str());  // NOLINT(concurrency-mt-unsafe)
  if (user == nullptr) return std::nullopt;
  return certs::ServiceUser{user->pw_uid, user->pw_gid};
}

}  // namespace portcullis::app
