#include "proxy/confine/landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace portcullis::confine {
namespace {

// linux/landlock.h of Debian 12 knows the first version only, so what is needed of it stands here.
// Numbers and layout are a part of the kernel's interface and never change.
constexpr long kCreateRuleset = 444;
constexpr long kAddRule = 445;
constexpr long kRestrictSelf = 446;
constexpr std::uint32_t kAskVersion = 1;
constexpr int kPathBeneath = 1;

namespace fs {
constexpr std::uint64_t kExecute = 1ULL << 0U;
constexpr std::uint64_t kWriteFile = 1ULL << 1U;
constexpr std::uint64_t kReadFile = 1ULL << 2U;
constexpr std::uint64_t kReadFolder = 1ULL << 3U;
constexpr std::uint64_t kRemoveFile = 1ULL << 5U;
constexpr std::uint64_t kMakeSocket = 1ULL << 9U;
constexpr std::uint64_t kTruncate = 1ULL << 14U;
constexpr std::uint64_t kDeviceControl = 1ULL << 15U;
constexpr std::uint64_t kOfFiles = kExecute | kWriteFile | kReadFile | kTruncate | kDeviceControl;
}  // namespace fs

// What each version has, as the number of the lowest bits. A right that a ruleset does not handle
// is not taken away.
constexpr std::array<unsigned, 6> kRightsOfVersion{0, 13, 14, 15, 15, 16};
// Version 6: no name of a Unix socket that has no file and belongs to somebody else is connected.
constexpr int kScopes = 6;
constexpr std::uint64_t kForeignAbstractSockets = 1ULL << 0U;

struct Ruleset {
  std::uint64_t files;
  std::uint64_t network;  // since version 4
  std::uint64_t scopes;   // since version 6
};
constexpr std::size_t kFirstSize = sizeof(std::uint64_t);

struct [[gnu::packed]] Beneath {
  std::uint64_t allowed;
  std::int32_t parent;
};

std::uint64_t rights_of(int version) {
  const auto known = std::min(static_cast<std::size_t>(version), kRightsOfVersion.size() - 1);
  return (1ULL << kRightsOfVersion.at(known)) - 1;
}

std::uint64_t rights_of(Access access) {
  switch (access) {
    case Access::kReadFiles:
      return fs::kReadFile;
    case Access::kRead:
      return fs::kReadFile | fs::kReadFolder;
    case Access::kExecute:
      return fs::kReadFile | fs::kExecute;
    case Access::kWrite:
      return fs::kReadFile | fs::kWriteFile;
    case Access::kSockets:
      return fs::kMakeSocket | fs::kRemoveFile;
  }
  return 0;
}

class Opened {
 public:
  explicit Opened(int descriptor) : descriptor_(descriptor) {}
  ~Opened() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

tl::unexpected<Error> failed(const std::string& call) {
  return fail(call + ": " + std::generic_category().message(errno));
}

Result<void> allow(int ruleset, const PathRule& rule, std::uint64_t handled) {
  const Opened place(::open(rule.path.c_str(), O_PATH | O_CLOEXEC));
  if (place.get() < 0) return {};
  struct stat status {};
  if (::fstat(place.get(), &status) != 0) return failed(rule.path);
  auto rights = rights_of(rule.access) & handled;
  if (!S_ISDIR(status.st_mode)) rights &= fs::kOfFiles;
  if (rights == 0) return {};
  const Beneath beneath{rights, place.get()};
  if (::syscall(kAddRule, ruleset, kPathBeneath, &beneath, 0) != 0)
    return failed("landlock_add_rule(2) for " + rule.path);
  return {};
}

}  // namespace

int landlock_version() {
  const long version = ::syscall(kCreateRuleset, nullptr, 0, kAskVersion);
  return version > 0 ? static_cast<int>(version) : 0;
}

Result<void> restrict_files(const std::vector<PathRule>& rules) {
  const int version = landlock_version();
  if (version == 0) return fail("this kernel has no Landlock, or it is switched off");
  Ruleset attributes{rights_of(version), 0, 0};
  const bool scoped = version >= kScopes;
  if (scoped) attributes.scopes = kForeignAbstractSockets;
  const Opened ruleset(static_cast<int>(
      ::syscall(kCreateRuleset, &attributes, scoped ? sizeof attributes : kFirstSize, 0)));
  if (ruleset.get() < 0) return failed("landlock_create_ruleset(2)");
  for (const auto& rule : rules)
    if (auto allowed = allow(ruleset.get(), rule, attributes.files); !allowed) return allowed;
  if (::syscall(kRestrictSelf, ruleset.get(), 0) != 0) return failed("landlock_restrict_self(2)");
  return {};
}

}  // namespace portcullis::confine
