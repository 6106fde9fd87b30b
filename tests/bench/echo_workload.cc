#include <algorithm>
#include <unordered_map>

#include "tests/bench/workload.h"

namespace portcullis::bench {
namespace {

// Each connection keeps `window` stanzas under way: one more is sent for each that came back.
class Echo : public Opener {
 public:
  Echo(Poller& poller, const Load& load)
      : Opener(poller, load.target, client_script(load.target.entry, Depth::kEcho),
               load.connections, load.connections),
        stanza_(message_of(load.size)),
        to_send_(load.count) {}

  void begin(std::size_t window) {
    for (const auto& client : clients()) send(*client, window);
  }

  void on_data(Client& client, std::string_view bytes) override {
    std::size_t& partial = partial_[&client];
    partial += bytes.size();
    const std::size_t stanzas = partial / stanza_.size();
    partial %= stanza_.size();
    received_ += stanzas;
    send(client, stanzas);
  }

  std::size_t received() const { return received_; }

 private:
  void send(Client& client, std::size_t stanzas) {
    stanzas = std::min(stanzas, to_send_);
    to_send_ -= stanzas;
    // Each on its own, as applications send them; how many arrive together is the proxy's luck.
    for (std::size_t i = 0; i < stanzas; ++i) {
      client.send(stanza_);
      client.flush();
    }
  }

  std::string stanza_;
  std::size_t to_send_;
  std::size_t received_ = 0;
  std::unordered_map<const Client*, std::size_t> partial_;
};

}  // namespace

void measure_echo(const Load& load) {
  Poller poller;
  Echo echo(poller, load);
  Gauge gauge(load.limit);
  gauge.run(poller, [&] {
    echo.step();
    return echo.all_ready();
  });
  gauge.ready();
  echo.begin(load.window);
  gauge.run(poller, [&] { return echo.received() >= load.count; });
  gauge.done(echo.received());
}

}  // namespace portcullis::bench
