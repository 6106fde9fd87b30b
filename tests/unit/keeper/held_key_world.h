#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "certs/own/der.h"
#include "certs/own/local_ca.h"
#include "certs/own/x509_builder.h"
#include "proxy/base/clock.h"
#include "proxy/keeper/held_key.h"
#include "proxy/keeper/key_holder.h"
#include "tests/support/test_pki.h"

// The gate's side, with a real process on the other: a copy of this one.
namespace portcullis::keeper {

// Starts processes that run `live`, and remembers the last one.
struct Forker {
  using Live = void (*)(const net::Descriptor&);

  HolderProcess::Start start() {
    return [this]() -> Result<HolderProcess::Started> {
      ++started;
      if (fails) return fail("no more processes");
      std::array<int, 2> ends{};
      EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
      last = ::fork();
      if (last == 0) {
        ::close(ends[0]);
        live(net::Descriptor(ends[1]));
        _exit(0);
      }
      ::close(ends[1]);
      HolderProcess::Started made;
      made.socket = net::Descriptor(ends[0]);
      made.process = last;
      return made;
    };
  }
  void kill_last() const {
    ::kill(last, SIGKILL);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(last), &info, WEXITED | WNOWAIT), 0);
  }

  Live live = &hold_key;
  pid_t last = -1;
  int started = 0;
  bool fails = false;
};

class HeldKeyTest : public ::testing::Test {
 protected:
  HeldKeyTest() { EXPECT_TRUE(certs::LocalCa::create(directory_, wall_clock_now())); }

  Result<std::shared_ptr<HeldKey>> hold() {
    return HeldKey::start({forker_.start(), ended_}, {directory_, {domain("legacy.example")}},
                          {std::chrono::milliseconds(100), std::chrono::seconds(5)});
  }
  static DomainName domain(std::string_view text) { return DomainName::parse(text).value(); }
  // Whether the kernel has ended that process, which was killed a moment ago, and we took the
  // report of it.
  template <class Reap>
  static bool is_gone(pid_t process, Reap reap) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (::kill(process, 0) == 0) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      reap();
      std::this_thread::yield();
    }
    return true;
  }
  Result<certs::X509Ptr> issue(HeldKey& key, std::string_view name) {
    return key.issue(domain(name), leaf_key_.get(), wall_clock_now());
  }

  Forker forker_;
  const std::shared_ptr<EndedProcesses> ended_ = std::make_shared<EndedProcesses>();
  test::TempDir files_;
  const std::string directory_ = files_.path() + "/ca";
  const certs::EvpPkeyPtr leaf_key_ = certs::generate_p256_key().value();
};

}  // namespace portcullis::keeper
