// The gate's side, with a real process on the other: a copy of this one.

#include "proxy/keeper/held_key.h"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <thread>

#include "certs/own/der.h"
#include "certs/own/local_ca.h"
#include "certs/own/x509_builder.h"
#include "proxy/base/clock.h"
#include "proxy/keeper/key_holder.h"
#include "proxy/keeper/key_holders.h"
#include "tests/support/test_pki.h"

namespace portcullis::keeper {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Clock = std::chrono::steady_clock;

DomainName domain(std::string_view text) {
  return DomainName::parse(text).value();
}

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
                          {100ms, 5s});
  }
  // Whether the kernel has ended that process, which was killed a moment ago, and we took the
  // report of it.
  template <class Reap>
  static bool is_gone(pid_t process, Reap reap) {
    const auto deadline = Clock::now() + 5s;
    while (::kill(process, 0) == 0) {
      if (Clock::now() > deadline) return false;
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

TEST_F(HeldKeyTest, AsksTheProcess) {
  const auto key = hold();
  ASSERT_TRUE(key) << key.error().message;
  for (const char* name : {"a.example", "b.example"}) {
    const auto leaf = issue(**key, name);
    ASSERT_TRUE(leaf) << leaf.error().message;
    EXPECT_EQ(X509_check_host(leaf->get(), name, 0, 0, nullptr), 1);
    EXPECT_EQ(X509_check_private_key(leaf->get(), leaf_key_.get()), 1);
  }
  const auto served = issue(**key, "legacy.example");
  ASSERT_FALSE(served);
  EXPECT_NE(served.error().message.find("served here"), std::string::npos);
  EXPECT_TRUE((*key)->is_running()) << "a refusal is not the end";
}

TEST_F(HeldKeyTest, AsksAboutTheKeyThatItIsGiven) {
  const auto key = hold();
  ASSERT_TRUE(key) << key.error().message;
  // Each is gone when the next one is made, which may get its address.
  for (int i = 0; i < 3; ++i) {
    const auto mine = certs::generate_p256_key().value();
    const auto leaf = (*key)->issue(domain("a.example"), mine.get(), wall_clock_now());
    ASSERT_TRUE(leaf) << leaf.error().message;
    EXPECT_EQ(X509_check_private_key(leaf->get(), mine.get()), 1);
  }
}

TEST_F(HeldKeyTest, SaysWhyTheCaCannotBeLoaded) {
  std::filesystem::permissions(directory_ + "/ca.key", std::filesystem::perms(0644));
  const auto key = hold();
  ASSERT_FALSE(key);
  EXPECT_NE(key.error().message.find("ca.key"), std::string::npos) << key.error().message;
}

TEST_F(HeldKeyTest, TellsWhatTheProcessCouldNotGiveUp) {
  KeyHolders holders(forker_.start());
  EXPECT_EQ(holders.unconfined(), std::nullopt);
  const auto confined = holders.load(directory_, {domain("legacy.example")}, wall_clock_now());
  ASSERT_TRUE(confined);
  EXPECT_EQ(holders.unconfined(), "");
  forker_.live = [](const net::Descriptor& socket) {
    hold_key(socket, [] { return std::string("this kernel has no Landlock"); });
  };
  const auto other = holders.load(directory_, {domain("other.example")}, wall_clock_now());
  ASSERT_TRUE(other);
  EXPECT_EQ(holders.unconfined(), "this kernel has no Landlock");
}

TEST_F(HeldKeyTest, NoKeyIsHeldWhereTheProcessMustBeConfinedAndCannotBe) {
  forker_.live = [](const net::Descriptor& socket) {
    hold_key(socket, []() -> Result<std::string> { return fail("it must be confined"); });
  };
  const auto key = hold();
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().message, "it must be confined");
  // What is wrong with the CA itself is told first.
  std::filesystem::permissions(directory_ + "/ca.key", std::filesystem::perms(0644));
  const auto unreadable = hold();
  ASSERT_FALSE(unreadable);
  EXPECT_NE(unreadable.error().message.find("ca.key"), std::string::npos);
}

TEST_F(HeldKeyTest, ARestartThatCannotBeConfinedFails) {
  const auto key = hold();
  ASSERT_TRUE(key);
  forker_.kill_last();
  EXPECT_FALSE((*key)->is_running());
  forker_.live = [](const net::Descriptor& socket) {
    hold_key(socket, []() -> Result<std::string> { return fail("it must be confined"); });
  };
  const auto restarted = (*key)->restart();
  ASSERT_FALSE(restarted);
  EXPECT_EQ(restarted.error().message, "it must be confined");
  EXPECT_FALSE((*key)->is_running());
}

TEST_F(HeldKeyTest, FailsAtOnceWithoutAProcessAndWorksAfterARestart) {
  const auto key = hold();
  ASSERT_TRUE(key);
  forker_.kill_last();
  EXPECT_FALSE(issue(**key, "a.example"));
  EXPECT_FALSE((*key)->is_running());
  const auto again = issue(**key, "a.example");
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("started again"), std::string::npos);
  ASSERT_TRUE((*key)->restart());
  EXPECT_TRUE((*key)->is_running());
  EXPECT_TRUE(issue(**key, "a.example"));
}

TEST_F(HeldKeyTest, ARestartTakesNoOtherCa) {
  const auto key = hold();
  ASSERT_TRUE(key);
  forker_.kill_last();
  EXPECT_FALSE((*key)->is_running());
  std::filesystem::remove_all(directory_);
  ASSERT_TRUE(certs::LocalCa::create(directory_, wall_clock_now()));
  const auto restarted = (*key)->restart();
  ASSERT_FALSE(restarted);
  EXPECT_NE(restarted.error().message.find("another CA"), std::string::npos);
  EXPECT_FALSE((*key)->is_running());
}

// It answers the loading, and nothing after that.
void fall_silent(const net::Descriptor& socket) {
  KeyHolder holder;
  std::array<char, kMaxRequest + 1> buffer;
  while (true) {
    const auto size = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (size <= 0) return;
    const auto request = decode_request({buffer.data(), static_cast<std::size_t>(size)});
    if (!request || std::holds_alternative<Mint>(*request)) continue;
    const auto outcome = holder.handle(*request, {wall_clock_now(), monotonic_now()});
    if (!outcome.answer) continue;
    const auto message = encode(*outcome.answer).value();
    EXPECT_EQ(::send(socket.get(), message.data(), message.size(), 0),
              static_cast<ssize_t>(message.size()));
  }
}

TEST_F(HeldKeyTest, GivesUpAProcessThatDoesNotAnswerInTime) {
  forker_.live = &fall_silent;
  const auto key = hold();
  ASSERT_TRUE(key) << key.error().message;
  const auto started = Clock::now();
  EXPECT_FALSE(issue(**key, "a.example"));
  EXPECT_GE(Clock::now() - started, 90ms);  // poll(2) counts whole milliseconds
  EXPECT_LT(Clock::now() - started, 2s);
  EXPECT_FALSE((*key)->is_running());
  EXPECT_TRUE(is_gone(forker_.last, [&] { ended_->reap(); })) << "left behind";
  EXPECT_EQ(ended_->waiting(), 0U);
}

TEST_F(HeldKeyTest, TheReadingAndTheAnswerShareOneWait) {
  forker_.live = &fall_silent;
  auto started = forker_.start()();
  ASSERT_TRUE(started);
  HolderProcess process(std::move(*started), ended_);
  ASSERT_EQ(::kill(forker_.last, SIGSTOP), 0);
  // Fill what lies between us, so that even the question has to wait.
  while (process.tell(Served{domain("legacy.example")}, Clock::now() + 20ms)) {
  }
  // It goes on after 60 % of the time: the question goes out, and the answer never comes.
  std::thread later([pid = forker_.last] {
    std::this_thread::sleep_for(300ms);
    ::kill(pid, SIGCONT);
  });
  const auto began = Clock::now();
  EXPECT_FALSE(process.ask(Mint{"key", domain("a.example")}, began + 500ms));
  EXPECT_LT(Clock::now() - began, 700ms);
  later.join();
}

// A process that the kernel does not end at once, as one that waits for a dead file server: while
// somebody else traces it, its end is reported to him alone.
class Tracer {
 public:
  explicit Tracer(pid_t traced) {
    std::array<int, 2> go{};
    std::array<int, 2> ready{};
    EXPECT_EQ(::pipe(go.data()), 0);
    EXPECT_EQ(::pipe(ready.data()), 0);
    process_ = ::fork();
    if (process_ == 0) {
      ::alarm(20);
      ::close(go[1]);
      char octet = ::ptrace(PTRACE_SEIZE, traced, 0, 0) == 0 ? 'y' : 'n';
      if (::write(ready[1], &octet, 1) == 1 && ::read(go[0], &octet, 1) >= 0) _exit(0);
      _exit(1);
    }
    char octet = 'n';
    works_ = ::read(ready[0], &octet, 1) == 1 && octet == 'y';
    for (const int end : {go[0], ready[0], ready[1]}) ::close(end);
    stop_ = go[1];
  }
  ~Tracer() { let_go(); }
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  bool works() const { return works_; }
  void let_go() {
    if (stop_ < 0) return;
    ::close(stop_);
    stop_ = -1;
    ::waitpid(process_, nullptr, 0);
  }

 private:
  pid_t process_ = -1;
  int stop_ = -1;
  bool works_ = false;
};

void let_others_trace(const net::Descriptor& socket) {
  ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
  hold_key(socket);
}

TEST_F(HeldKeyTest, NobodyWaitsForAProcessThatDoesNotEnd) {
  forker_.live = &let_others_trace;
  auto key = hold();
  ASSERT_TRUE(key) << key.error().message;
  const pid_t process = forker_.last;
  Tracer tracer(process);
  if (!tracer.works()) GTEST_SKIP() << "no process may trace another here";
  const auto began = Clock::now();
  key->reset();
  EXPECT_LT(Clock::now() - began, 2s);
  EXPECT_EQ(::kill(process, 0), 0);
  ended_->reap();
  EXPECT_EQ(ended_->waiting(), 1U);
  tracer.let_go();
  EXPECT_TRUE(is_gone(process, [&] { ended_->reap(); }));
  EXPECT_EQ(ended_->waiting(), 0U);
}

// ---- The owner of all of them

TEST_F(HeldKeyTest, TheSameCaIsHeldByOneProcess) {
  KeyHolders holders(forker_.start());
  const auto first = holders.load(directory_, {domain("legacy.example")}, wall_clock_now());
  ASSERT_TRUE(first);
  const pid_t process = forker_.last;
  ASSERT_TRUE(holders.load(directory_, {domain("legacy.example")}, wall_clock_now()));
  EXPECT_NE(::kill(process, 0), -1);
  EXPECT_TRUE(is_gone(forker_.last, [&] { holders.look_after(monotonic_now()); }))
      << "the second one was not needed";
  // Other domains are served: another process, as long as the first is in use.
  const auto other = holders.load(directory_, {domain("second.example")}, wall_clock_now());
  ASSERT_TRUE(other);
  EXPECT_NE(::kill(process, 0), -1);
  EXPECT_NE(::kill(forker_.last, 0), -1);
}

// Else every domain would need a new leaf after a reload, and the limits of mints would refuse
// some.
TEST_F(HeldKeyTest, AReloadKeepsTheLeavesOfTheSameCertificate) {
  KeyHolders holders(forker_.start());
  const auto now = wall_clock_now();
  const auto peer = domain("peer.example");
  const auto kept = [&](certs::LocalCa& ca) {
    return ca.kept(peer, now, certs::LeafPurpose::kInbound);
  };
  auto first = holders.load(directory_, {domain("legacy.example")}, now);
  ASSERT_TRUE(first);
  const auto leaf = first->mint(peer, now).value();
  auto same = holders.load(directory_, {domain("legacy.example")}, now);
  ASSERT_TRUE(same);
  EXPECT_EQ(kept(*same), leaf);
  auto with_another_host = holders.load(directory_, {domain("second.example")}, now);
  ASSERT_TRUE(with_another_host);
  EXPECT_EQ(kept(*with_another_host), leaf);

  auto serving_it = holders.load(directory_, {peer}, now);
  ASSERT_TRUE(serving_it);
  EXPECT_EQ(kept(*serving_it), nullptr) << "it is served now";
  EXPECT_FALSE(serving_it->mint(peer, now));

  std::filesystem::remove_all(directory_);
  ASSERT_TRUE(certs::LocalCa::create(directory_, wall_clock_now()));
  auto new_ca = holders.load(directory_, {domain("legacy.example")}, now);
  ASSERT_TRUE(new_ca);
  EXPECT_EQ(kept(*new_ca), nullptr) << "the backend would not believe it";
}

TEST_F(HeldKeyTest, RestartsAreRarerAndRarer) {
  KeyHolders holders(forker_.start());
  const auto ca = holders.load(directory_, {}, wall_clock_now());
  ASSERT_TRUE(ca);
  const auto now = monotonic_now();
  EXPECT_TRUE(holders.look_after(now).empty());
  forker_.kill_last();
  forker_.fails = true;
  auto events = holders.look_after(now);
  ASSERT_EQ(events.size(), 2U);
  using What = KeyHolders::Event::What;
  EXPECT_EQ(events[0].what, What::kEnded);
  EXPECT_EQ(events[1].what, What::kCannotStart);
  EXPECT_EQ(events[1].detail, "no more processes");
  const int before = forker_.started;
  for (auto at = now; at < now + 100s; at += 500ms) holders.look_after(at);
  EXPECT_EQ(forker_.started - before, 6) << "after 1, 3, 7, 15, 31 and 63 seconds";
  forker_.fails = false;
  events = holders.look_after(now + 200s);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].what, What::kRuns);
  EXPECT_TRUE(holders.look_after(now + 201s).empty());
}

// Streams of before hold their CA for days; its process is of no use to those that come now.
TEST_F(HeldKeyTest, OnlyTheNewestIsStartedAgain) {
  KeyHolders holders(forker_.start());
  const auto old_ca = holders.load(directory_, {}, wall_clock_now());
  ASSERT_TRUE(old_ca);
  const pid_t old_process = forker_.last;
  std::filesystem::remove_all(directory_);
  ASSERT_TRUE(certs::LocalCa::create(directory_, wall_clock_now()));
  const auto ca = holders.load(directory_, {}, wall_clock_now());
  ASSERT_TRUE(ca);
  const int before = forker_.started;
  ::kill(old_process, SIGKILL);
  const auto now = monotonic_now();
  std::vector<KeyHolders::Event> events;
  const auto look = [&](std::chrono::microseconds at) {
    for (auto& event : holders.look_after(at)) events.push_back(std::move(event));
  };
  EXPECT_TRUE(is_gone(old_process, [&] { look(now); }));
  for (auto at = now; at < now + 100s; at += 500ms) look(at);
  EXPECT_TRUE(events.empty());
  EXPECT_EQ(forker_.started, before);
  EXPECT_TRUE(holders.runs());

  forker_.kill_last();
  forker_.fails = true;
  look(now + 200s);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(forker_.started, before + 1) << "one try";
  EXPECT_FALSE(holders.runs());
  forker_.fails = false;
  look(now + 300s);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[2].what, KeyHolders::Event::What::kRuns);
  EXPECT_TRUE(holders.runs());
}

// A reload that fails for another reason drops the CA that it had loaded.
TEST_F(HeldKeyTest, TheOneBeforeIsTheNewestAgainWhenAReloadFails) {
  KeyHolders holders(forker_.start());
  const auto ca = holders.load(directory_, {}, wall_clock_now());
  ASSERT_TRUE(ca);
  const pid_t process = forker_.last;
  ASSERT_TRUE(holders.load(directory_, {domain("second.example")}, wall_clock_now()));
  const int before = forker_.started;
  const auto now = monotonic_now();
  EXPECT_TRUE(holders.look_after(now).empty());
  ::kill(process, SIGKILL);
  std::vector<KeyHolders::Event> events;
  EXPECT_TRUE(is_gone(process, [&] {
    for (auto& event : holders.look_after(now)) events.push_back(std::move(event));
  }));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].what, KeyHolders::Event::What::kRuns);
  EXPECT_EQ(forker_.started, before + 1);
}

TEST_F(HeldKeyTest, TheProcessEndsWithItsGate) {
  {
    KeyHolders holders(forker_.start());
    ASSERT_TRUE(holders.load(directory_, {}, wall_clock_now()));
  }
  EXPECT_TRUE(is_gone(forker_.last, [&] { ::waitpid(forker_.last, nullptr, WNOHANG); }));
}

}  // namespace
}  // namespace portcullis::keeper
