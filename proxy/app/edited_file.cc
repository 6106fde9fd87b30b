#include "proxy/app/edited_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "proxy/net/descriptor.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;

std::string last_error() {
  return std::generic_category().message(errno);
}

Result<std::string> read_all(const net::Descriptor& file, std::size_t most) {
  std::string text(most + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail("cannot be read: " + last_error());
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > most) return fail("is too large");
  text.resize(size);
  return text;
}

bool write_all(const net::Descriptor& file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// So that the new name outlives a crash of the machine.
void sync_folder(const std::string& path) {
  const auto folder = fs::path(path).parent_path();
  const net::Descriptor opened(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened) ::fsync(opened.get());
}

}  // namespace

Result<EditedFile> EditedFile::open(const std::string& path, std::size_t most) {
  std::error_code error;
  EditedFile edited;
  edited.path_ = fs::canonical(path, error).string();
  if (error) return fail(path + ": " + error.message());
  const net::Descriptor file(::open(edited.path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0)
    return fail(edited.path_ + " cannot be read: " + last_error());
  if (!S_ISREG(status.st_mode)) return fail(edited.path_ + " is no file");
  auto text = read_all(file, most);
  if (!text) return fail(edited.path_ + " " + text.error().message);
  edited.text_ = *std::move(text);
  edited.owner_ = status.st_uid;
  edited.group_ = status.st_gid;
  edited.mode_ = status.st_mode & 07777U;
  return edited;
}

Result<void> EditedFile::write_to(const std::string& path, const std::string& text) const {
  const std::string draft = path + ".new";
  ::unlink(draft.c_str());
  const auto failed = [&draft](const std::string& what) {
    const auto why = last_error();
    ::unlink(draft.c_str());
    return fail(what + ": " + why);
  };
  const net::Descriptor file(
      ::open(draft.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return fail(draft + " cannot be made: " + last_error());
  const bool is_ours = owner_ == ::geteuid() && group_ == ::getegid();
  if ((!is_ours && ::fchown(file.get(), owner_, group_) != 0) || ::fchmod(file.get(), mode_) != 0 ||
      !write_all(file, text) || ::fsync(file.get()) != 0)
    return failed(draft + " cannot be written");
  if (::rename(draft.c_str(), path.c_str()) != 0) return failed(path + " cannot be replaced");
  sync_folder(path);
  return {};
}

Result<std::string> EditedFile::keep_copy(const std::string& suffix) const {
  const std::string copy = path_ + suffix;
  if (auto written = write_to(copy, text_); !written) return tl::unexpected(written.error());
  return copy;
}

Result<void> EditedFile::replace(const std::string& text) const {
  return write_to(path_, text);
}

}  // namespace portcullis::app
