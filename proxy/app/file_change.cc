#include "proxy/app/file_change.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "proxy/app/bounded_child.h"
#include "proxy/net/descriptor.h"
#include "proxy/setup/server_facts.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;
constexpr int kMostCopies = 100;  // of one second

std::string last_error() {
  return std::generic_category().message(errno);
}

bool write_all(int file, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const auto written = ::write(file, text.data() + done, text.size() - done);
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) done += static_cast<std::size_t>(written);
  }
  return true;
}

// Into a file that was not there.
Result<void> write_new(const std::string& path, const std::string& text, const FileChange& like) {
  const net::Descriptor file(
      ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return fail(path + " cannot be made: " + last_error());
  const bool is_ours = like.owner == ::geteuid() && like.group == ::getegid();
  if ((is_ours || ::fchown(file.get(), like.owner, like.group) == 0) &&
      ::fchmod(file.get(), like.mode) == 0 && write_all(file.get(), text) &&
      ::fsync(file.get()) == 0)
    return {};
  const auto why = last_error();
  ::unlink(path.c_str());
  return fail(path + " cannot be written: " + why);
}

void sync_folder(const std::string& path) {
  const net::Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) ::fsync(folder.get());
}

bool is_roots(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && status.st_uid == 0;
}

// Whether only root can put something there; in a folder such as /tmp everybody can add names, but
// what root has made there stays root's.
bool only_root_replaces(const fs::path& folder) {
  struct stat status {};
  if (::lstat(folder.c_str(), &status) != 0 || status.st_uid != 0) return false;
  return (status.st_mode & 0022U) == 0 || (status.st_mode & S_ISVTX) != 0;
}

// The path behind all links. A server's folder belongs to the server's user, who could point root
// to any file of the machine.
Result<std::string> resolved(const std::string& path) {
  std::error_code error;
  auto left = fs::absolute(path);
  for (int links = 0; links < kMostLinks; ++links) {
    fs::path at = "/";
    const auto parts = left.relative_path();
    auto part = parts.begin();
    bool is_link = false;
    for (; part != parts.end() && !is_link; ++part) {
      at /= *part;
      is_link = fs::is_symlink(fs::symlink_status(at, error));
    }
    if (!is_link) return fs::weakly_canonical(left, error).string();  // only "." and ".." are left
    if (::geteuid() == 0 && (!is_roots(at) || !only_root_replaces(at.parent_path())))
      return fail(at.string() +
                  " is a link that another user than root can have made, so it is not followed. "
                  "Put the file itself there");
    auto target = at.parent_path() / fs::read_symlink(at, error);
    if (error) break;
    for (; part != parts.end(); ++part) target /= *part;
    left = std::move(target);
  }
  return fail(path + " leads from link to link");
}

struct Found {
  std::string text;
  struct stat status {};
};

// nullopt when it is not there.
Result<std::optional<Found>> read(const std::string& path, std::size_t most, int flags) {
  const net::Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | flags));
  if (!file && (errno == ENOENT || errno == ENOTDIR)) return std::optional<Found>();
  if (!file) return fail(path + " cannot be read: " + last_error());
  Found found;
  if (::fstat(file.get(), &found.status) != 0) return fail(path + ": " + last_error());
  if (!S_ISREG(found.status.st_mode)) return fail(path + " is no file");
  while (true) {
    char buffer[16'384];
    const auto got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(path + " cannot be read: " + last_error());
    if (got == 0) return std::optional(std::move(found));
    found.text.append(buffer, static_cast<std::size_t>(got));
    if (found.text.size() > most) return fail(path + " is longer than any file of its kind");
  }
}

Result<std::optional<std::string>> text_of(Result<std::optional<Found>> found) {
  if (!found) return tl::unexpected(found.error());
  if (!*found) return std::optional<std::string>();
  return std::optional(std::move((*found)->text));
}

}  // namespace

Result<std::optional<std::string>> read_if_there(const std::string& path, std::size_t most) {
  return text_of(read(path, most, 0));
}

Result<std::optional<std::string>> read_of_others(const std::string& path, std::size_t most) {
  const auto real = resolved(path);
  if (!real) return tl::unexpected(real.error());
  return text_of(read(*real, most, O_NOFOLLOW));
}

Result<FileChange> file_to_change(const std::string& path) {
  const auto real = resolved(path);
  if (!real) return tl::unexpected(real.error());
  FileChange change{*real, {}, {}, ::geteuid(), ::getegid()};
  auto found = read(change.path, setup::kMostConfigOctets, O_NOFOLLOW);
  if (!found) return tl::unexpected(found.error());
  if (*found) {
    change.owner = (*found)->status.st_uid;
    change.group = (*found)->status.st_gid;
    change.mode = (*found)->status.st_mode & 07777U;
    change.before = std::move((*found)->text);
  }
  change.after = change.before.value_or("");
  return change;
}

Result<void> write_file(const FileChange& change) {
  const auto folder = fs::path(change.path).parent_path();
  if (change.is_gone) {
    if (::unlink(change.path.c_str()) != 0 && errno != ENOENT)
      return fail(change.path + " cannot be removed: " + last_error());
    sync_folder(folder);
    return {};
  }
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(folder.string() + " cannot be made: " + error.message());
  const auto draft = fmt::format("{}/.{}.portcullis-{}", folder.string(),
                                 fs::path(change.path).filename().string(), ::getpid());
  ::unlink(draft.c_str());
  if (auto written = write_new(draft, change.after, change); !written) return written;
  if (::rename(draft.c_str(), change.path.c_str()) != 0) {
    const auto why = last_error();
    ::unlink(draft.c_str());
    return fail(change.path + " cannot be replaced: " + why);
  }
  sync_folder(folder);
  return {};
}

Result<std::string> keep_copy(const FileChange& change, const std::string& stamp) {
  const auto plain = change.path + ".before-portcullis-" + stamp;
  auto copy = plain;
  for (int number = 2; number < kMostCopies && ::access(copy.c_str(), F_OK) == 0; ++number)
    copy = plain + "-" + std::to_string(number);
  if (auto written = write_new(copy, change.before.value_or(""), change); !written)
    return tl::unexpected(written.error());
  sync_folder(fs::path(copy).parent_path());
  return copy;
}

std::string diff_of(const FileChange& change) {
  if (!change.is_needed()) return {};
  const auto done = run_child(
      {.program = "/usr/bin/diff",
       .arguments = {"-u", "--label", change.path, "--label", change.path + " (with setup)",
                     change.before ? change.path : "/dev/null", "-"},
       .input = change.after,
       .environment = {"LC_ALL=C.UTF-8"}});
  if (!done) return "the difference cannot be shown: " + done.error().message + "\n";
  return done->out;
}

}  // namespace portcullis::app
