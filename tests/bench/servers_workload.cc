#include <arpa/inet.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <exception>
#include <map>
#include <stdexcept>
#include <utility>

#include "tests/bench/workload.h"

namespace portcullis::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kRetry{1};
constexpr std::size_t kMostUnsent = std::size_t{64} * 1024;

std::string address_behind(const std::string& first, std::size_t offset) {
  in_addr address{};
  if (inet_pton(AF_INET, first.c_str(), &address) != 1)
    throw std::runtime_error("--from: " + first);
  address.s_addr = htonl(ntohl(address.s_addr) + static_cast<std::uint32_t>(offset));
  std::string text(INET_ADDRSTRLEN, '\0');
  inet_ntop(AF_INET, &address, text.data(), INET_ADDRSTRLEN);
  text.resize(text.find('\0'));
  return text;
}

bool is_backend(const ServerLoad& servers) {
  return !servers.backend_chain.empty();
}

// What `count` servers say who call in turn, each in its own name; or our backend to each of them.
std::vector<Caller> callers(const Load& load, const ServerLoad& servers, bool to_the_end) {
  const bool outward = is_backend(servers);
  std::vector<Caller> made;
  const PeerAuthority authority(servers.authority);
  const Identity backend =
      outward ? read_identity(servers.backend_chain, servers.backend_key) : Identity();
  for (std::size_t i = 0; i < servers.domains; ++i) {
    const std::string remote = "d" + std::to_string(servers.first + i) + '.' + servers.remote;
    const auto& from = outward ? servers.domain : remote;
    const auto& to = outward ? remote : servers.domain;
    Caller caller{server_script(load.target.entry, from, to), to,
                  address_behind(servers.from, i % servers.sources),
                  outward ? backend : authority.issue(remote)};
    if (to_the_end) caller.script.push_back({false, kStreamEnd, "</stream:stream"});
    made.push_back(std::move(caller));
  }
  return made;
}

class Servers : public Opener {
 public:
  Servers(Poller& poller, const Load& load, const ServerLoad& servers)
      : Opener(poller, load.target, callers(load, servers, true), load.count, load.connections) {
    close_when_ready_ = true;
  }
  void on_data(Client&, std::string_view) override {}
};

// A kind that nobody answers, for a domain that takes it: none of the cost is that of an answer.
std::string stanza_of(const ServerLoad& servers, const Caller& caller, std::size_t size) {
  // The caller's own name is in its header.
  const std::string& header = caller.script.back().send;
  const auto begin = header.find("from='") + 6;
  const std::string from = header.substr(begin, header.find('\'', begin) - begin);
  const std::string head =
      "<message from='juliet@" + from + "' to='" + servers.domain + "' type='error'><body>";
  const std::string tail = "</body></message>";
  if (size < head.size() + tail.size()) throw std::runtime_error("--size is too small");
  return head + std::string(size - head.size() - tail.size(), 'x') + tail;
}

// Stanzas over streams that stay, spread evenly; then the end of each, which the far end confirms.
class Stanzas : public Opener {
 public:
  Stanzas(Poller& poller, const Load& load, const ServerLoad& servers)
      : Opener(poller, load.target, callers(load, servers, false), servers.domains,
               servers.domains),
        servers_(servers),
        size_(load.size),
        to_send_(load.count) {}

  void begin() {
    begun_ = Clock::now();
    for (const auto& client : clients())
      lines_.push_back({client.get(), stanza_of(servers_, client->caller(), size_)});
  }

  // Sends what is due.
  void step_sending() {
    std::size_t due = to_send_;
    if (servers_.rate > 0) {
      const std::chrono::duration<double> since = Clock::now() - begun_;
      const auto until_now = static_cast<std::size_t>(since.count() * servers_.rate);
      due = std::min(to_send_, until_now - std::min(until_now, sent_));
    }
    while (due > 0 && send_one()) --due;
    if (to_send_ > 0 || std::exchange(ended_, true)) return;
    for (const auto& line : lines_) {
      line.client->send(kStreamEnd);
      line.client->flush();
    }
  }

  bool all_ended() const { return ends_ == lines_.size() && !lines_.empty(); }

  void on_data(Client& client, std::string_view bytes) override {
    std::string& seen = seen_[&client];
    seen.append(bytes);
    if (seen.find(kStreamEnd) == std::string::npos) return;
    client.close();
    ++ends_;
  }
  // The far end's answer may come in one piece with its own end.
  void on_failed(Client& client) override {
    if (seen_[&client].find(kStreamEnd) == std::string::npos) throw;
  }

 private:
  struct Line {
    Client* client;
    std::string stanza;
  };

  // On the next stream that has room; false when none has.
  bool send_one() {
    for (std::size_t tried = 0; tried < lines_.size(); ++tried) {
      const Line& line = lines_[next_++ % lines_.size()];
      if (line.client->unsent() > kMostUnsent) continue;
      line.client->send(line.stanza);
      line.client->flush();
      ++sent_;
      --to_send_;
      return true;
    }
    return false;
  }

  const ServerLoad& servers_;
  std::size_t size_;
  std::size_t to_send_;
  std::size_t sent_ = 0;
  std::size_t next_ = 0;
  std::size_t ends_ = 0;
  bool ended_ = false;
  Clock::time_point begun_;
  std::vector<Line> lines_;
  std::map<const Client*, std::string> seen_;
};

// All at once; whoever is refused comes again.
class Storm : public Opener {
 public:
  Storm(Poller& poller, const Load& load, const ServerLoad& servers)
      : Opener(poller, load.target, callers(load, servers, false), servers.domains,
               servers.domains) {}

  void step_again() {
    while (!again_.empty() && again_.front().first <= Clock::now()) {
      open(*again_.front().second);
      again_.pop_front();
    }
    step();
  }

  void on_data(Client&, std::string_view) override {}
  void on_failed(Client& client) override {
    try {
      throw;
    } catch (const std::runtime_error& error) {
      if (refused_++ == 0) std::fprintf(stderr, "first refusal: %s\n", error.what());
    }
    again_.emplace_back(Clock::now() + kRetry, &client.caller());
    forget_soon();
  }
  std::size_t refused() const { return refused_; }

 private:
  std::deque<std::pair<Clock::time_point, const Caller*>> again_;
  std::size_t refused_ = 0;
};

}  // namespace

void measure_servers(const Load& load, const ServerLoad& servers) {
  Poller poller;
  Servers opener(poller, load, servers);
  Gauge gauge(load.limit);
  gauge.ready();
  gauge.run(poller, [&] {
    opener.step();
    return opener.all_ready();
  });
  gauge.done(load.count);
}

void measure_stanzas(const Load& load, const ServerLoad& servers) {
  Poller poller;
  Stanzas stanzas(poller, load, servers);
  Gauge gauge(load.limit);
  gauge.run(poller, [&] {
    stanzas.step();
    return stanzas.all_ready();
  });
  gauge.ready();
  stanzas.begin();
  const auto finished = [&] {
    stanzas.step_sending();
    return stanzas.all_ended();
  };
  gauge.run(poller, finished, servers.rate > 0 ? 1 : 100);
  gauge.done(load.count);
}

void measure_storm(const Load& load, const ServerLoad& servers) {
  Poller poller;
  Storm storm(poller, load, servers);
  Gauge gauge(load.limit);
  gauge.ready();
  gauge.run(
      poller,
      [&] {
        storm.step_again();
        return storm.all_ready();
      },
      10);
  gauge.done(servers.domains, std::to_string(storm.refused()));
}

}  // namespace portcullis::bench
