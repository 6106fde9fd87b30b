#include "proxy/app/run_nft.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include "policy/reasons/reason.h"
#include "proxy/net/descriptor.h"

namespace portcullis::app {
namespace {

constexpr std::array kPlaces{"/usr/sbin/nft", "/sbin/nft", "/usr/local/sbin/nft"};
constexpr std::size_t kMostSaid = 2'048;  // of what is shown
constexpr std::size_t kMostListed = std::size_t{256} * 1024;

std::string text_of(int error) {
  return std::generic_category().message(error);
}

const char* find_nft() {
  for (const auto* const place : kPlaces)
    if (::access(place, X_OK) == 0) return place;
  return nullptr;
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::lseek(file, 0, SEEK_SET) == 0;
}

// Files in memory, so that neither program waits for the other.
struct Exchange {
  net::Descriptor in{::memfd_create("ruleset", MFD_CLOEXEC)};
  net::Descriptor out{::memfd_create("said", MFD_CLOEXEC)};

  std::string said(std::size_t at_most = kMostSaid) const {
    std::string text(at_most, '\0');
    const auto size = ::pread(out.get(), text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }
};

Result<int> status_of(const char* program, std::vector<std::string> words, const Exchange& files) {
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions) != 0) return fail("no memory to start a process");
  posix_spawn_file_actions_adddup2(&actions, files.in.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, files.out.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, files.out.get(), STDERR_FILENO);
  words.insert(words.begin(), "nft");
  words.insert(words.end(), {"--file", "-"});
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::string language = "LC_ALL=C";
  const std::array<char*, 2> environment{language.data(), nullptr};
  pid_t process = -1;
  const int error =
      ::posix_spawn(&process, program, &actions, nullptr, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return fail(std::string(program) + " cannot be started: " + text_of(error));
  int status = 0;
  while (::waitpid(process, &status, 0) < 0)
    if (errno != EINTR) return fail("waitpid(2): " + text_of(errno));
  return status;
}

// What root would have been allowed.
std::string advice(const std::string& said) {
  if (said.find("Operation not permitted") == said.npos) return {};
  return "\nportcullis: the packet filter takes this from root only (CAP_NET_ADMIN); run it as "
         "root, in the network namespace of the backend";
}

// What it has printed. `options` are those of nft.
Result<std::string> converse(const std::vector<std::string>& options, const std::string& text,
                             std::size_t at_most) {
  const auto* const program = find_nft();
  if (program == nullptr)
    return fail(
        "nft(8) is not there; install the package nftables, or give what this command "
        "prints to the nft of another place");
  const Exchange files;
  if (!files.in || !files.out || !write_all(files.in.get(), text))
    return fail("no memory for the ruleset: " + text_of(errno));
  const auto status = status_of(program, options, files);
  if (!status) return tl::unexpected(status.error());
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return files.said(at_most);
  auto said = files.said();
  while (!said.empty() && said.back() == '\n') said.pop_back();
  return fail(std::string(program) + " refuses it:\n" + said + advice(said));
}

}  // namespace

Result<void> run_nft(NftMode mode, const std::string& ruleset) {
  std::vector<std::string> options;
  if (mode == NftMode::kCheck) options.emplace_back("--check");
  const auto said = converse(options, ruleset, kMostSaid);
  if (!said) return tl::unexpected(said.error());
  return {};
}

Result<std::string> ask_nft(const std::string& question) {
  return converse({"--stateless"}, question, kMostListed);
}

}  // namespace portcullis::app
