#include "proxy/net/local_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "proxy/net/line_server.h"
#include "proxy/net/signals.h"
#include "tests/unit/net/harness.h"

namespace portcullis::net {
namespace {

using std::chrono::milliseconds;
using test::run_until;

class LocalSocket : public ::testing::Test {
 protected:
  LocalSocket() {
    ignore_sigpipe();  // as the program does at its start
    std::string pattern = testing::TempDir() + "local-socket-XXXXXX";
    directory = ::mkdtemp(pattern.data());
    path = directory / "control.sock";
  }
  ~LocalSocket() override { std::filesystem::remove_all(directory); }

  std::filesystem::path directory;
  std::string path;
};

// A connected client under the test's control.
class Visitor {
 public:
  explicit Visitor(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    connected_ =
        ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }

  bool connected() const { return connected_; }
  void send(std::string_view text) {
    ASSERT_EQ(::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  // Reads what is there; true once the server has closed.
  bool closed() {
    char part[4096];
    const auto got = ::recv(socket_.get(), part, sizeof part, MSG_DONTWAIT);
    if (got > 0) received.append(part, static_cast<std::size_t>(got));
    return got == 0 || (got < 0 && errno == ECONNRESET);
  }

  std::string received;

 private:
  Descriptor socket_;
  bool connected_ = false;
};

TEST_F(LocalSocket, IsForItsOwnerOnly) {
  const auto socket = listen_local(path);
  ASSERT_TRUE(socket);
  struct stat status {};
  ASSERT_EQ(::lstat(path.c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(LocalSocket, ReplacesWhatADeadProcessLeft) {
  { ASSERT_TRUE(listen_local(path)); }
  ASSERT_TRUE(std::filesystem::exists(path));
  EXPECT_TRUE(listen_local(path));
}

TEST_F(LocalSocket, RefusesALiveOne) {
  const auto first = listen_local(path);
  ASSERT_TRUE(first);
  const auto second = listen_local(path);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("another process answers"), std::string::npos);
  EXPECT_TRUE(Visitor(path).connected()) << "the live one must not be touched";
}

TEST_F(LocalSocket, RefusesAFullLiveOne) {
  const auto first = listen_local(path);
  std::vector<Descriptor> waiting;  // nobody accepts them
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  do {
    waiting.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
  } while (::connect(waiting.back().get(), reinterpret_cast<sockaddr*>(&address), sizeof address) ==
           0);
  EXPECT_FALSE(listen_local(path));
}

TEST_F(LocalSocket, LeavesOtherFilesAlone) {
  std::ofstream(path) << "precious";
  EXPECT_FALSE(listen_local(path));
  std::string content;
  std::ifstream(path) >> content;
  EXPECT_EQ(content, "precious");

  const auto link = directory / "link";
  std::filesystem::create_symlink(path, link);
  EXPECT_FALSE(listen_local(link)) << "a link is not followed";
}

TEST_F(LocalSocket, RefusesPathsTheKernelWouldCut) {
  EXPECT_FALSE(listen_local(directory / std::string(120, 'x')));
  EXPECT_FALSE(listen_local(""));
  EXPECT_FALSE(listen_local(directory / "missing" / "control.sock"));
}

TEST_F(LocalSocket, AskingNobodyFails) {
  EXPECT_FALSE(ask_local(path, "reload", milliseconds(1'000)));
  { ASSERT_TRUE(listen_local(path)); }
  const auto answer = ask_local(path, "reload", milliseconds(1'000));
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().message.find(path), std::string::npos);
}

TEST_F(LocalSocket, AskingSomebodySilentEnds) {
  const auto silent = listen_local(path);
  const auto answer = ask_local(path, "reload", milliseconds(50));
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().message.find("in time"), std::string::npos);
}

class Served : public LocalSocket {
 protected:
  void serve(LineServer::Limits limits = {}) {
    auto made = LineServer::listen(loop, path, limits,
                                   [this](std::string_view line, LineServer::Reply reply) {
                                     lines.emplace_back(line);
                                     if (!late) return reply(answer);
                                     replies.push_back(std::move(reply));
                                   });
    ASSERT_TRUE(made);
    server = std::move(*made);
  }

  Loop loop;
  std::unique_ptr<LineServer> server;
  std::vector<std::string> lines;
  std::string answer = "first\nok\n";
  bool late = false;  // nobody is answered before the test does it
  std::vector<LineServer::Reply> replies;
};

TEST_F(Served, AnswersALineAndCloses) {
  serve();
  std::optional<Result<std::string>> got;
  std::thread client([&] { got = ask_local(path, "reload", milliseconds(20'000)); });
  EXPECT_TRUE(run_until(loop, [&] { return !lines.empty(); }));
  // The answer leaves on a later turn.
  std::atomic<bool> done = false;
  std::thread joiner([&] {
    client.join();
    done = true;
  });
  EXPECT_TRUE(run_until(loop, [&] { return done.load(); }));
  joiner.join();
  EXPECT_EQ(lines, std::vector<std::string>{"reload"});
  ASSERT_TRUE(got && *got);
  EXPECT_EQ(**got, "first\nok\n");
}

TEST_F(Served, ALineMayComeInParts) {
  serve();
  Visitor visitor(path);
  visitor.send("rel");
  visitor.send("oad\nand more");
  EXPECT_TRUE(run_until(loop, [&] { return visitor.closed(); }));
  EXPECT_EQ(lines, std::vector<std::string>{"reload"});
  EXPECT_EQ(visitor.received, answer);
}

TEST_F(Served, ALongLineIsNotAnswered) {
  serve({.line_bytes = 16, .clients = 8, .time = milliseconds(20'000)});
  for (const auto& text : {std::string(17, 'x') + "\n", std::string(600, 'x')}) {
    Visitor visitor(path);
    visitor.send(text);
    EXPECT_TRUE(run_until(loop, [&] { return visitor.closed(); }));
    EXPECT_EQ(visitor.received, "");
  }
  Visitor fits(path);
  fits.send(std::string(16, 'x').append("\n"));
  EXPECT_TRUE(run_until(loop, [&] { return fits.closed(); }));
  EXPECT_EQ(lines, std::vector<std::string>{std::string(16, 'x')});
}

TEST_F(Served, ASilentClientIsCutOff) {
  serve({.line_bytes = 256, .clients = 8, .time = milliseconds(30)});
  Visitor visitor(path);
  visitor.send("relo");
  EXPECT_TRUE(run_until(loop, [&] { return visitor.closed(); }));
  EXPECT_TRUE(lines.empty());
}

TEST_F(Served, AClientThatDoesNotTakeTheAnswerIsCutOff) {
  answer = std::string(std::size_t{8} * 1024 * 1024, 'x');
  serve({.line_bytes = 256, .clients = 1, .time = milliseconds(30)});
  Visitor deaf(path);
  deaf.send("reload\n");
  EXPECT_TRUE(run_until(loop, [&] { return !lines.empty(); }));
  // Its place is free again although it never read.
  EXPECT_TRUE(run_until(loop, [&] {
    Visitor next(path);
    next.send("again\n");
    const auto before = lines.size();
    return run_until(loop, [&] { return next.closed() || lines.size() > before; }) &&
           lines.size() > before;
  }));
}

TEST_F(Served, TooManyClientsAreTurnedAway) {
  serve({.line_bytes = 256, .clients = 2, .time = milliseconds(20'000)});
  Visitor first(path);
  Visitor second(path);
  Visitor third(path);
  EXPECT_TRUE(run_until(loop, [&] { return third.closed(); }));
  first.send("reload\n");
  EXPECT_TRUE(run_until(loop, [&] { return first.closed(); }));
  EXPECT_EQ(first.received, answer);
  EXPECT_FALSE(second.closed());
  Visitor fourth(path);
  fourth.send("reload\n");
  EXPECT_TRUE(run_until(loop, [&] { return fourth.closed(); }));
  EXPECT_EQ(fourth.received, answer) << "the first one's place is free";
}

TEST_F(Served, AClientThatLeavesIsForgotten) {
  serve({.line_bytes = 256, .clients = 1, .time = milliseconds(20'000)});
  { Visitor gone(path); }
  EXPECT_TRUE(run_until(loop, [&] {
    Visitor visitor(path);
    visitor.send("reload\n");
    return run_until(loop, [&] { return visitor.closed(); }) && !visitor.received.empty();
  }));
}

TEST_F(Served, TheSocketGoesWithTheServer) {
  serve();
  Visitor waiting(path);
  server.reset();
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(run_until(loop, [&] { return waiting.closed(); }));
}

TEST_F(Served, TheSocketOfASuccessorStays) {
  serve();
  std::filesystem::remove(path);
  const auto successor = listen_local(path);
  ASSERT_TRUE(successor);
  server.reset();
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(Served, ServerMayBeDestroyedWhileAnAnswerIsUnderWay) {
  answer = std::string(std::size_t{8} * 1024 * 1024, 'x');
  serve();
  Visitor visitor(path);
  visitor.send("reload\n");
  EXPECT_TRUE(run_until(loop, [&] { return !lines.empty(); }));
  server.reset();
  EXPECT_TRUE(run_until(loop, [&] { return visitor.closed(); }));
  EXPECT_LT(visitor.received.size(), answer.size());
}

TEST_F(Served, AnAnswerMayComeLater) {
  late = true;
  serve();
  Visitor first(path);
  Visitor second(path);
  first.send("status\n");
  EXPECT_TRUE(run_until(loop, [&] { return replies.size() == 1; }));
  second.send("status\n");
  EXPECT_TRUE(run_until(loop, [&] { return replies.size() == 2; }));
  EXPECT_FALSE(first.closed());
  replies[1]("of the second\nok\n");
  EXPECT_TRUE(run_until(loop, [&] { return second.closed(); }));
  EXPECT_EQ(second.received, "of the second\nok\n");
  EXPECT_FALSE(first.closed());
  replies[0]("of the first\nok\n");
  EXPECT_TRUE(run_until(loop, [&] { return first.closed(); }));
  EXPECT_EQ(first.received, "of the first\nok\n");
}

TEST_F(Served, OnlyTheFirstAnswerCounts) {
  late = true;
  serve();
  Visitor visitor(path);
  visitor.send("status\n");
  EXPECT_TRUE(run_until(loop, [&] { return replies.size() == 1; }));
  replies[0]("once\n");
  replies[0]("twice\n");
  EXPECT_TRUE(run_until(loop, [&] { return visitor.closed(); }));
  replies[0]("thrice\n");
  EXPECT_EQ(visitor.received, "once\n");
}

TEST_F(Served, WhoIsNotAnsweredInTimeIsCutOff) {
  late = true;
  serve({.clients = 1, .time = milliseconds(20'000), .answer = milliseconds(30)});
  Visitor visitor(path);
  visitor.send("status\n");
  EXPECT_TRUE(run_until(loop, [&] { return visitor.closed(); }));
  EXPECT_EQ(visitor.received, "");
  ASSERT_EQ(replies.size(), 1U);
  replies[0]("too late\n");
  late = false;
  Visitor next(path);
  next.send("status\n");
  EXPECT_TRUE(run_until(loop, [&] { return next.closed(); }));
  EXPECT_EQ(next.received, answer) << "its place is free";
}

TEST_F(Served, AnAnswerAfterTheServerIsGoneHarmsNobody) {
  late = true;
  serve();
  Visitor visitor(path);
  visitor.send("status\n");
  EXPECT_TRUE(run_until(loop, [&] { return replies.size() == 1; }));
  server.reset();
  replies[0]("too late\n");
  EXPECT_TRUE(run_until(loop, [&] { return visitor.closed(); }));
  EXPECT_EQ(visitor.received, "");
  replies[0]("still too late\n");
}

}  // namespace
}  // namespace portcullis::net
