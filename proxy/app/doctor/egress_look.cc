#include "proxy/app/doctor/egress_look.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "policy/reasons/reason.h"
#include "proxy/app/egress_plan.h"
#include "proxy/app/run_nft.h"
#include "proxy/net/descriptor.h"

namespace portcullis::app {
namespace {

using Table = doctor::CaptureFacts::Table;

constexpr unsigned kPatience = 5;  // seconds, for both runs of nft
constexpr std::size_t kLongestTable = std::size_t{256} * 1024;

std::string question() {
  return fmt::format("list table inet {}\n", net::kEgressTableName);
}

// In the child, which has a packet filter of its own.
bool write_expected(const std::string& ruleset, int out) {
  if (::unshare(CLONE_NEWNET) != 0 || !run_nft(NftMode::kApply, ruleset)) return false;
  const auto listed = ask_nft(question());
  return listed &&
         ::write(out, listed->data(), listed->size()) == static_cast<ssize_t>(listed->size());
}

// The ruleset as nft lists it once it is installed; empty where that could not be tried.
std::string as_listed(const std::string& ruleset) {
  const net::Descriptor out(::memfd_create("expected", MFD_CLOEXEC));
  if (!out) return {};
  const pid_t child = ::fork();
  if (child < 0) return {};
  if (child == 0) {
    ::alarm(kPatience);
    ::_exit(write_expected(ruleset, out.get()) ? 0 : 1);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return {};
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return {};
  std::string text(kLongestTable, '\0');
  const auto size = ::pread(out.get(), text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

void unseen(std::string_view why, doctor::CaptureFacts& capture) {
  capture.table = Table::kUnseen;
  capture.table_detail = why;
}

}  // namespace

void look_at_egress(const policy::Config& config, doctor::CaptureFacts& capture) {
  if (config.outbound.capture != policy::Capture::kNftables) return;
  if (::geteuid() != 0)
    return unseen("the table of the packet filter can be seen by root only", capture);
  const auto wanted = egress_table_of(config);
  if (!wanted) {
    capture.table = Table::kDiffers;
    capture.table_detail = wanted.error().message;
    return;
  }
  const auto installed = ask_nft(question());
  if (!installed) {
    const auto& why = installed.error().message;
    if (why.find("No such file") == why.npos)
      return unseen(fmt::format("the packet filter could not be asked: {}", policy::printable(why)),
                    capture);
    capture.table = Table::kMissing;
    return;
  }
  const auto expected = as_listed(net::egress_ruleset(*wanted));
  if (expected.empty())
    return unseen(
        "a table is installed, but it could not be compared with the expected one: no "
        "network namespace can be made here",
        capture);
  capture.table = *installed == expected ? Table::kRight : Table::kDiffers;
  if (capture.table == Table::kDiffers)
    capture.table_detail =
        fmt::format("the table \"inet {}\" is not the one that \"portcullis egress\" prints",
                    net::kEgressTableName);
}

}  // namespace portcullis::app
