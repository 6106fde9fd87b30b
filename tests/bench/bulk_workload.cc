#include <algorithm>
#include <stdexcept>

#include "tests/bench/workload.h"

namespace portcullis::bench {
namespace {

// TLS records made ready before the kernel is asked to take them.
constexpr std::size_t kAhead = 128 * std::size_t{1024};

std::string mode(const std::string& kind, std::size_t bytes, std::size_t size) {
  return "<iq type='set' id='mode'><mode xmlns='bench' kind='" + kind + "' bytes='" +
         std::to_string(bytes) + "' size='" + std::to_string(size) + "'/></iq>";
}

class Bulk : public Opener {
 public:
  Bulk(Poller& poller, const Load& load)
      : Opener(poller, load.target, client_script(load.target.entry, Depth::kLogin), 1, 1),
        stanza_(message_of(load.size)),
        wanted_((load.bytes + load.size - 1) / load.size * load.size),
        upward_(load.upward) {}

  void begin() {
    Client& client = *clients().front();
    client.send(mode(upward_ ? "sink" : "source", wanted_, stanza_.size()));
    client.flush();
    if (upward_) push(client);
  }

  void on_writable(Client& client) override {
    if (upward_) push(client);
  }

  void on_data(Client&, std::string_view bytes) override {
    if (!upward_) {
      moved_ += bytes.size();
      return;
    }
    answer_.append(bytes);
    if (answer_.find("id='done'") == std::string::npos &&
        answer_.find("id=\"done\"") == std::string::npos) {
      if (answer_.size() > 1000) throw std::runtime_error("unexpected: " + answer_);
      return;
    }
    moved_ = wanted_;
  }

  bool finished() const { return moved_ >= wanted_; }
  std::size_t moved() const { return moved_; }

 private:
  // Until the kernel has no more room: only then does on_writable() come again.
  void push(Client& client) {
    while (pushed_ < wanted_ && client.unsent() == 0) {
      while (pushed_ < wanted_ && client.unsent() < kAhead) {
        client.send(stanza_);
        pushed_ += stanza_.size();
      }
      client.flush();
    }
  }

  std::string stanza_;
  std::size_t wanted_;
  bool upward_;
  std::size_t pushed_ = 0;
  std::size_t moved_ = 0;
  std::string answer_;
};

}  // namespace

void measure_bulk(const Load& load) {
  Poller poller;
  Bulk bulk(poller, load);
  Gauge gauge(load.limit);
  gauge.run(poller, [&] {
    bulk.step();
    return bulk.all_ready();
  });
  gauge.ready();
  bulk.begin();
  gauge.run(poller, [&] { return bulk.finished(); });
  gauge.done(bulk.moved());
}

}  // namespace portcullis::bench
