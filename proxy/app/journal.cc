#include "proxy/app/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>
#include <vector>

#include "proxy/net/blocking_socket.h"
#include "proxy/net/descriptor.h"

namespace portcullis::app {
namespace {

constexpr std::array kPlaces{"/usr/bin/journalctl", "/bin/journalctl"};

std::string text_of(int error) {
  return std::generic_category().message(error);
}

const char* find_program() {
  for (const auto* const place : kPlaces)
    if (::access(place, X_OK) == 0) return place;
  return nullptr;
}

Result<pid_t> start(const char* program, const net::Descriptor& out) {
  std::vector<std::string> words{"journalctl"};
  words.insert(words.end(), {"--unit", std::string(kJournalUnit), "--since", "-14d", "--output",
                             "short-iso", "--no-pager", "--quiet"});
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::string language = "LC_ALL=C.UTF-8";
  const std::array<char*, 2> environment{language.data(), nullptr};
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions) != 0) return fail("there is no memory to start it");
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.get(), STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t process = -1;
  const int error =
      ::posix_spawn(&process, program, &actions, nullptr, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return fail(std::string(program) + " cannot be started: " + text_of(error));
  return process;
}

// False: it has not come to its end by then.
bool feed(const net::Descriptor& in, report::LogReader& reader, net::SteadyTime deadline) {
  std::vector<char> buffer(std::size_t{64} * 1024);
  while (net::wait_for(in, POLLIN, deadline)) {
    const auto size = ::read(in.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      reader.end_of_file();
      return true;
    }
    reader.feed({buffer.data(), static_cast<std::size_t>(size)});
  }
  return false;
}

// Ends it where it lives on, also where it has only closed its output.
int end_of(pid_t process, net::SteadyTime deadline) {
  const net::Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  if (!net::wait_for(handle, POLLIN, deadline)) ::kill(process, SIGKILL);
  int status = 0;
  while (::waitpid(process, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return status;
}

}  // namespace

Result<void> read_journal(report::LogReader& reader) {
  const auto* const program = find_program();
  return read_journal(reader, program == nullptr ? "" : program, kJournalPatience);
}

Result<void> read_journal(report::LogReader& reader, const std::string& program,
                          std::chrono::milliseconds at_most) {
  if (program.empty()) return fail("there is no journalctl here");
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(text_of(errno));
  const net::Descriptor in(ends[0]);
  net::Descriptor out(ends[1]);
  const auto process = start(program.c_str(), out);
  if (!process) return tl::unexpected(process.error());
  out.reset();
  const auto deadline = net::after(at_most);
  const bool in_time = feed(in, reader, deadline);
  const int status = end_of(*process, deadline);
  if (!in_time)
    return fail(fmt::format("journalctl did not come to its end within {} seconds",
                            std::chrono::ceil<std::chrono::seconds>(at_most).count()));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail("journalctl cannot read the journal; run this as root");
  if (reader.tally().all().streams == 0)
    return fail(fmt::format("the journal of {} has no decision in it", kJournalUnit));
  return {};
}

}  // namespace portcullis::app
