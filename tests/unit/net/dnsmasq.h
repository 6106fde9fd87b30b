#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "proxy/base/endpoint.h"
#include "proxy/net/descriptor.h"

namespace portcullis::net::test {

// A UDP socket on a free loopback port: a name server that never answers.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    socklen_t size = sizeof address;
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  Endpoint endpoint() const { return {"127.0.0.1", port_}; }

 private:
  Descriptor socket_;
  std::uint16_t port_ = 0;
};

// A real dnsmasq on a random loopback port, authoritative for "example." with `records` as its
// options; everything else it refuses. Ends with the object.
class Dnsmasq {
 public:
  explicit Dnsmasq(const std::vector<std::string>& records) {
    for (int attempt = 0; attempt < 10 && !running_; ++attempt) start(records);
  }
  Dnsmasq(const Dnsmasq&) = delete;
  Dnsmasq& operator=(const Dnsmasq&) = delete;
  ~Dnsmasq() { stop(); }

  bool running() const { return running_; }
  Endpoint endpoint() const { return {"127.0.0.1", port_}; }
  const std::string& output() const { return output_; }

 private:
  void start(const std::vector<std::string>& records) {
    port_ = SilentServer().endpoint().port;
    std::vector<std::string> words{"/usr/sbin/dnsmasq",
                                   "--keep-in-foreground",
                                   "--log-facility=-",
                                   "--conf-file=/dev/null",
                                   "--no-resolv",
                                   "--no-hosts",
                                   "--no-poll",
                                   "--bind-interfaces",
                                   "--listen-address=127.0.0.1",
                                   "--pid-file=",
                                   "--user=",
                                   "--local=/example/",
                                   "--port=" + std::to_string(port_)};
    words.insert(words.end(), records.begin(), records.end());
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    const Descriptor read_end(ends[0]);
    Descriptor write_end(ends[1]);
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(write_end.get(), STDERR_FILENO);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    write_end.reset();  // so that the end of a failed start is read
    wait_until_started(read_end);
  }

  // dnsmasq says "started" once its sockets are bound.
  void wait_until_started(const Descriptor& read_end) {
    output_.clear();
    char c = 0;
    while (::read(read_end.get(), &c, 1) == 1) {
      output_ += c;
      if (output_.find("started, version") == std::string::npos) continue;
      running_ = true;
      return;
    }
    stop();
  }

  void stop() {
    if (child_ <= 0) return;
    ::kill(child_, SIGTERM);
    ::waitpid(child_, nullptr, 0);
    child_ = -1;
  }

  pid_t child_ = -1;
  std::uint16_t port_ = 0;
  bool running_ = false;
  std::string output_;
};

}  // namespace portcullis::net::test
