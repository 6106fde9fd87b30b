#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "proxy/base/endpoint.h"
#include "proxy/net/descriptor.h"
#include "tests/unit/net/dnsmasq.h"

namespace portcullis::net::test {

// A name server on a free loopback port that passes every question on to another one, and takes its
// time with the answer. Ends with the object.
class SlowServer {
 public:
  // For a type of record (RFC 1035 section 3.2.2): how long its answer takes; nullopt: none comes.
  using Delay = std::function<std::optional<std::chrono::milliseconds>(std::uint16_t type)>;

  // `broken`: what the names hold that are answered with SERVFAIL.
  SlowServer(const Endpoint& upstream, Delay delay, std::vector<std::string> broken = {})
      : front_(bound()),
        back_(bound()),
        upstream_(to(upstream.port)),
        delay_(std::move(delay)),
        broken_(std::move(broken)) {
    thread_ = std::thread([this] { run(); });
  }
  SlowServer(const SlowServer&) = delete;
  SlowServer& operator=(const SlowServer&) = delete;
  ~SlowServer() {
    over_ = true;
    thread_.join();
  }

  Endpoint endpoint() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(front_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return {"127.0.0.1", ntohs(address.sin_port)};
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Question {
    std::uint16_t id = 0;
    sockaddr_in from{};
    Clock::time_point due;
    std::string answer;
  };

  static sockaddr_in to(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
  }
  static Descriptor bound() {
    Descriptor made(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto any = to(0);
    ::bind(made.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any);
    return made;
  }
  static std::uint16_t number(const std::string& text, std::size_t at) {
    const auto octet = [&](std::size_t i) {
      return static_cast<unsigned>(static_cast<unsigned char>(text.at(i)));
    };
    return static_cast<std::uint16_t>(octet(at) << 8U | octet(at + 1));
  }
  static std::uint16_t type_of(const std::string& question) {
    std::size_t at = 12;  // behind the header
    while (question.at(at) != 0) at += 1 + static_cast<unsigned char>(question[at]);
    return number(question, at + 1);
  }

  void run() {
    while (!over_) {
      std::array<pollfd, 2> ready{pollfd{front_.get(), POLLIN, 0}, pollfd{back_.get(), POLLIN, 0}};
      ::poll(ready.data(), ready.size(), 10);
      if (ready[0].revents != 0) ask();
      if (ready[1].revents != 0) note_answer();
      send_what_is_due();
    }
  }

  static std::string receive(const Descriptor& from, sockaddr_in& sender) {
    std::string text(4096, '\0');
    socklen_t size = sizeof sender;
    const auto count = ::recvfrom(from.get(), text.data(), text.size(), MSG_DONTWAIT,
                                  reinterpret_cast<sockaddr*>(&sender), &size);
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }
  static void send(const Descriptor& by, const std::string& text, const sockaddr_in& to) {
    ::sendto(by.get(), text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&to),
             sizeof to);
  }

  static std::string failure(std::string question) {
    question.resize(question.find('\0', 12) + 5);  // to the end of its name, type and class
    question[2] = static_cast<char>(static_cast<unsigned char>(question[2]) | 0x80U);
    question[3] = 2;
    std::fill(question.begin() + 6, question.begin() + 12, '\0');
    return question;
  }
  void ask() {
    sockaddr_in from{};
    const auto text = receive(front_, from);
    if (text.empty()) return;
    for (const auto& part : broken_)
      if (text.find(part) != std::string::npos) return send(front_, failure(text), from);
    const auto delay = delay_(type_of(text));
    if (!delay) return;
    questions_.push_back({number(text, 0), from, Clock::now() + *delay, {}});
    send(back_, text, upstream_);
  }
  void note_answer() {
    sockaddr_in from{};
    const auto text = receive(back_, from);
    for (auto& question : questions_)
      if (!text.empty() && question.answer.empty() && question.id == number(text, 0)) {
        question.answer = text;
        return;
      }
  }
  void send_what_is_due() {
    std::erase_if(questions_, [this](const Question& question) {
      if (question.answer.empty() || question.due > Clock::now()) return false;
      send(front_, question.answer, question.from);
      return true;
    });
  }

  const Descriptor front_;
  const Descriptor back_;
  const sockaddr_in upstream_;
  const Delay delay_;
  const std::vector<std::string> broken_;
  std::vector<Question> questions_;  // of the thread
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace portcullis::net::test
