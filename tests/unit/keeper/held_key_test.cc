// One key, and what happens to whoever asks the process that holds it.

#include "proxy/keeper/held_key.h"

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

#include "tests/unit/keeper/held_key_world.h"

namespace portcullis::keeper {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Clock = std::chrono::steady_clock;

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

}  // namespace
}  // namespace portcullis::keeper
