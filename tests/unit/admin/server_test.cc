#include "proxy/admin/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

namespace portcullis::admin {
namespace {

class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { ::close(fd_); }

  bool connected() const { return connected_; }
  void send(const std::string& text) const {
    [[maybe_unused]] const auto sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  std::string read_to_end() const {
    std::string out;
    std::array<char, 4096> buffer{};
    ssize_t size = 0;
    while ((size = ::recv(fd_, buffer.data(), buffer.size(), 0)) > 0)
      out.append(buffer.data(), static_cast<std::size_t>(size));
    return out;
  }

 private:
  int fd_;
  bool connected_ = false;
};

class AdminServer : public ::testing::Test {
 protected:
  AdminServer() {
    auto made = Server::start(
        Endpoint{"127.0.0.1", 0},
        {[] { return std::string("portcullis_up 1\n"); }, [this] { return alive.load(); },
         [this] {
           return std::vector<ReadyCheck>{{"config", true, "loaded"},
                                          {"drain", ready.load(), detail}};
         }});
    if (made) server = std::move(*made);
  }

  std::string ask(const std::string& request) const {
    const Client client(server->port());
    client.send(request);
    return client.read_to_end();
  }
  std::string get(const std::string& path) const {
    return ask("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  static std::string body(const std::string& response) {
    return response.substr(response.find("\r\n\r\n") + 4);
  }

  std::atomic<bool> alive{true};
  std::atomic<bool> ready{true};
  std::string detail = "serving";
  std::unique_ptr<Server> server;
};

TEST_F(AdminServer, ServesMetricsAsPrometheusText) {
  const std::string response = get("/metrics");
  EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(response.find("\r\nContent-Type: text/plain; version=0.0.4"), std::string::npos);
  EXPECT_EQ(body(response), "portcullis_up 1\n");
  EXPECT_EQ(body(get("/metrics?name=x")), "portcullis_up 1\n");
}

TEST_F(AdminServer, LivenessFollowsTheLoops) {
  EXPECT_TRUE(get("/livez").starts_with("HTTP/1.1 200 "));
  alive = false;
  EXPECT_TRUE(get("/livez").starts_with("HTTP/1.1 503 "));
}

TEST_F(AdminServer, ReadinessListsItsChecks) {
  const std::string fine = get("/readyz");
  EXPECT_TRUE(fine.starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(nlohmann::json::parse(body(fine))["ready"].get<bool>());
  ready = false;
  detail = "dr\"aining\xff";
  const std::string not_ready = get("/readyz");
  EXPECT_TRUE(not_ready.starts_with("HTTP/1.1 503 "));
  EXPECT_NE(not_ready.find("Content-Type: application/json"), std::string::npos);
  const auto parsed = nlohmann::json::parse(body(not_ready));
  EXPECT_FALSE(parsed["ready"].get<bool>());
  EXPECT_TRUE(parsed["checks"][0]["ok"].get<bool>());
  EXPECT_FALSE(parsed["checks"][1]["ok"].get<bool>());
  EXPECT_EQ(parsed["checks"][1]["name"], "drain");
  EXPECT_EQ(parsed["checks"][1]["detail"], "dr\"aining\xef\xbf\xbd");
}

TEST_F(AdminServer, EveryAnswerHasSecurityHeadersAndCloses) {
  for (const std::string path : {"/metrics", "/livez", "/readyz", "/nothing"}) {
    const std::string response = get(path);
    for (const std::string header :
         {"X-Content-Type-Options: nosniff", "Cache-Control: no-store",
          "Content-Security-Policy: default-src 'none'", "Connection: close"})
      EXPECT_NE(response.find("\r\n" + header), std::string::npos) << path << " " << header;
  }
}

TEST_F(AdminServer, UnknownPathsAreNotFound) {
  for (const std::string path :
       {"/index.html", "/metrics/", "/metrics/x", "/etc/passwd", "/../../../../etc/passwd",
        "/%2e%2e/etc/passwd", "/METRICS", "//metrics2", "/.htpasswd"}) {
    const std::string response = get(path);
    EXPECT_TRUE(response.starts_with("HTTP/1.1 404 ")) << path << "\n" << response;
    EXPECT_EQ(response.find("root:"), std::string::npos);
  }
}

TEST_F(AdminServer, OtherMethodsAreNotAllowed) {
  for (const std::string method : {"POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"}) {
    const std::string response =
        ask(method + " /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(response.starts_with("HTTP/1.1 405 ")) << method << "\n" << response;
    EXPECT_NE(response.find("\r\nAllow: GET"), std::string::npos) << method;
  }
}

TEST_F(AdminServer, NonsenseIsRefused) {
  for (const std::string nonsense :
       {"\x16\x03\x01\r\n\r\n", "GET\r\n\r\n", "<stream:stream>\r\n\r\n"}) {
    const std::string response = ask(nonsense);
    EXPECT_EQ(response.find("HTTP/1.1 200"), std::string::npos) << nonsense;
    EXPECT_EQ(response.find("portcullis_up"), std::string::npos) << nonsense;
  }
}

TEST_F(AdminServer, RequestsTooLongAreRefused) {
  const std::string response =
      ask("GET /metrics HTTP/1.1\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n");
  EXPECT_EQ(response.find("portcullis_up"), std::string::npos);
  EXPECT_TRUE(get("/livez").starts_with("HTTP/1.1 200 "));
}

TEST_F(AdminServer, SilentClientsAreDroppedAndOthersServed) {
  const Client silent_one(server->port());
  const Client silent_two(server->port());
  silent_two.send("GET /metrics HTT");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(get("/livez").starts_with("HTTP/1.1 200 "));
  silent_one.read_to_end();
  silent_two.read_to_end();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST_F(AdminServer, ManyClientsAtOnce) {
  std::atomic<int> good{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i)
    clients.emplace_back([&] {
      for (int n = 0; n < 20; ++n)
        if (get("/metrics").starts_with("HTTP/1.1 200 ")) ++good;
    });
  for (auto& client : clients) client.join();
  EXPECT_EQ(good, 160);
}

TEST_F(AdminServer, StopsListeningWhenDestroyed) {
  const auto port = server->port();
  server.reset();
  EXPECT_FALSE(Client(port).connected());
}

// civetweb by itself takes two seconds, which every restart of the gate would wait for.
TEST_F(AdminServer, StopsAtOnce) {
  EXPECT_TRUE(get("/livez").starts_with("HTTP/1.1 200 "));
  const auto start = std::chrono::steady_clock::now();
  server.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(1500));
}

TEST_F(AdminServer, TakenPortIsExplained) {
  const auto second = Server::start(Endpoint{"127.0.0.1", server->port()}, {});
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().message.find("127.0.0.1:" + std::to_string(server->port())),
            std::string::npos)
      << second.error().message;
  EXPECT_NE(second.error().message.find("in use"), std::string::npos) << second.error().message;
  EXPECT_NE(second.error().message.find("ss -ltnp"), std::string::npos);
}

TEST(AdminServerStart, ForeignAddressAndNonsenseAreExplained) {
  for (const std::string host : {"192.0.2.1", "127.0.0.1,80", "a b", "+"}) {
    const auto server = Server::start(Endpoint{host, 9270}, {});
    ASSERT_FALSE(server.has_value()) << host;
    EXPECT_NE(server.error().message.find("[listen] admin"), std::string::npos);
  }
}

TEST(AdminServerStart, Ipv6IsRefusedInWords) {
  const auto server = Server::start(Endpoint{"::1", 9270}, {});
  ASSERT_FALSE(server.has_value());
  EXPECT_NE(server.error().message.find("only IPv4"), std::string::npos);
}

}  // namespace
}  // namespace portcullis::admin
