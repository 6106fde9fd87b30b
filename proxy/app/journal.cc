#include "proxy/app/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

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

void feed(const net::Descriptor& in, report::LogReader& reader) {
  std::vector<char> buffer(std::size_t{64} * 1024);
  while (true) {
    const auto size = ::read(in.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    reader.feed({buffer.data(), static_cast<std::size_t>(size)});
  }
  reader.end_of_file();
}

}  // namespace

Result<void> read_journal(report::LogReader& reader) {
  const auto* const program = find_program();
  if (program == nullptr) return fail("there is no journalctl here");
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(text_of(errno));
  const net::Descriptor in(ends[0]);
  net::Descriptor out(ends[1]);
  const auto process = start(program, out);
  if (!process) return tl::unexpected(process.error());
  out.reset();
  feed(in, reader);
  int status = 0;
  while (::waitpid(*process, &status, 0) < 0)
    if (errno != EINTR) return fail("waitpid(2): " + text_of(errno));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail("journalctl cannot read the journal; run this as root");
  if (reader.tally().all().streams == 0)
    return fail(fmt::format("the journal of {} has no decision in it", kJournalUnit));
  return {};
}

}  // namespace portcullis::app
