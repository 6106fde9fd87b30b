#include "proxy/app/start_successor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "proxy/net/blocking_socket.h"
#include "proxy/net/descriptor.h"

namespace portcullis::app {
namespace {

// More than the other process waits for a successor.
constexpr std::chrono::seconds kPatience{80};
constexpr const char* kThisProgram = "/proc/self/exe";

tl::unexpected<Error> problem(const char* what) {
  return fail(std::string(what) + ": " + std::generic_category().message(errno));
}

// In the child of the child.
[[noreturn]] void become_successor(const std::string& config_file, int ready) {
  ::fcntl(ready, F_SETFD, 0);
  // Whoever reads what the command says must not wait for this process. Its log is standard error.
  if (const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC); nothing >= 0)
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO}) ::dup2(nothing, standard);
  const std::string number = std::to_string(ready);
  const std::array<const char*, 8> arguments{"portcullis",        "run",          "--take-over",
                                             "--notify-fd",       number.c_str(), "--config",
                                             config_file.c_str(), nullptr};
  ::execv(kThisProgram, const_cast<char* const*>(arguments.data()));
  ::_exit(1);
}

}  // namespace

Result<void> start_successor(const std::string& config_file) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return problem("no pipe");
  const net::Descriptor ready(ends[0]);
  net::Descriptor theirs(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return problem("no process can be started");
  if (child == 0) {
    ::setsid();
    if (::fork() == 0) become_successor(config_file, theirs.get());
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  theirs.reset();
  if (!net::wait_for(ready, POLLIN, net::after(kPatience)))
    return fail("the new process neither serves nor ends");
  char octet = 0;
  if (::read(ready.get(), &octet, 1) != 1) return fail("the new process did not take over");
  return {};
}

}  // namespace portcullis::app
