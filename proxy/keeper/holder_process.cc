#include "proxy/keeper/holder_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace portcullis::keeper {
namespace {

// /proc/self/exe is this very program, also after an upgrade has replaced its file.
constexpr const char* kThisProgram = "/proc/self/exe";

std::string text_of(int error) {
  return std::generic_category().message(error);
}

// What posix_spawn(3) is told, and what has to be destroyed afterwards.
class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  // The child has `socket` as kSocket, and no signal is blocked.
  bool give(int socket) {
    sigset_t none;
    sigemptyset(&none);
    return posix_spawn_file_actions_adddup2(&actions_, socket, HolderProcess::kSocket) == 0 &&
           posix_spawnattr_setsigmask(&attributes_, &none) == 0 &&
           posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK) == 0;
  }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

Result<HolderProcess::Started> HolderProcess::start_program(const char* command) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail("no pair of sockets: " + text_of(errno));
  Started started;
  started.socket = net::Descriptor(ends[0]);
  const net::Descriptor theirs(ends[1]);
  SpawnSettings settings;
  if (!settings.give(theirs.get())) return fail("no memory to start a process");
  std::string name = "portcullis";
  std::string argument = command;
  const std::array<char*, 3> arguments{name.data(), argument.data(), nullptr};
  const int error = posix_spawn(&started.process, kThisProgram, settings.actions(),
                                settings.attributes(), arguments.data(), environ);
  if (error != 0)
    return fail(fmt::format("{} cannot be started: {}", kThisProgram, text_of(error)));
  return started;
}

HolderProcess::~HolderProcess() {
  if (started_.process > 0) ended_->end(started_.process);
}

bool HolderProcess::is_running() {
  if (started_.process <= 0) return false;
  if (::waitpid(started_.process, nullptr, WNOHANG) == 0) return true;
  started_.process = -1;  // the number may be another process's from now on
  broken_ = true;
  return false;
}

tl::unexpected<Error> HolderProcess::broken(std::string why) {
  broken_ = true;
  return fail(std::move(why));
}

Result<void> HolderProcess::tell(const Request& request, net::SteadyTime deadline) {
  const auto message = encode(request);
  if (!message) return fail("the path of the local CA is too long");
  while (true) {
    if (!net::wait_for(started_.socket, POLLOUT, deadline))
      return broken("the process that holds the local CA's key did not read in time");
    const auto sent = ::send(started_.socket.get(), message->data(), message->size(),
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return {};
    if (errno != EAGAIN && errno != EINTR)
      return broken("the process that holds the local CA's key has ended");
  }
}

template <class Wanted>
Result<Wanted> HolderProcess::answer_to(const Request& request, net::SteadyTime deadline) {
  if (auto told = tell(request, deadline); !told) return tl::unexpected(told.error());
  if (!net::wait_for(started_.socket, POLLIN, deadline))
    return broken("the process that holds the local CA's key did not answer in time");
  std::string message(kMaxAnswer + 1, '\0');
  const auto size = ::recv(started_.socket.get(), message.data(), message.size(), MSG_DONTWAIT);
  if (size <= 0) return broken("the process that holds the local CA's key has ended");
  message.resize(static_cast<std::size_t>(size));
  auto answer = decode_answer(message);
  if (answer)
    if (const auto* refused = std::get_if<Refused>(&*answer)) return fail(refused->why);
  auto* const wanted = answer ? std::get_if<Wanted>(&*answer) : nullptr;
  if (wanted == nullptr)
    return broken("the process that holds the local CA's key answered with nonsense");
  return std::move(*wanted);
}

Result<std::string> HolderProcess::ask(const Mint& question, net::SteadyTime deadline) {
  auto answer = answer_to<Certificate>(question, deadline);
  if (!answer) return tl::unexpected(answer.error());
  return std::move(answer->der);
}

Result<Loaded> HolderProcess::load(const std::string& directory, net::SteadyTime deadline) {
  return answer_to<Loaded>(Load{directory}, deadline);
}

}  // namespace portcullis::keeper
