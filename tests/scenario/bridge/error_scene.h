#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/relay/error_streams.h"
#include "tests/scenario/bridge/streams.h"

// The real streams that tell errors, with their gate, legs, metrics and log, between connections in
// memory.
namespace portcullis::relay::scene {

inline DomainName domain(std::string_view name) {
  return *DomainName::parse(name);
}
inline const std::string kBounce =
    "<message type='error' from='a@peer.example' to='b@legacy.example'><error type='wait'/>"
    "</message>";
inline const std::string kBounceOut =
    "<message type='error' from='b@legacy.example' to='a@peer.example'><error type='wait'/>"
    "</message>";

class ErrorScene {
 public:
  explicit ErrorScene(std::size_t piece = 1, SnapshotPtr snapshot = world().plain)
      : newest(std::move(snapshot)), network(piece) {}
  ErrorScene(const ErrorScene&) = delete;
  ErrorScene& operator=(const ErrorScene&) = delete;
  // Every stream is over within its longest time, whatever the other end does, and leaves nothing.
  ~ErrorScene() {
    time.advance(ErrorStream::kLongest + ErrorStream::kFarewell);
    for (const auto& end : network.ends)
      if (end->connection.closing() && !end->connection.gone()) {
        end->connection.take(end->connection.queued());
        end->connection.leave();
      }
    time.settle();
    EXPECT_TRUE(streams.idle());
    for (const auto& end : network.ends) EXPECT_TRUE(end->connection.destroyed());
    EXPECT_FALSE(network.running());
    EXPECT_EQ(time.running_timers(), 0U);
    EXPECT_EQ(metric("connections_accepted_total"), 0);
    if (::testing::Test::HasFailure()) ADD_FAILURE() << log_text;
  }

  void tell_backend(const std::string& stanza = kBounce, const std::string& peer = "peer.example") {
    streams.tell(domain(peer), domain("legacy.example"), Side::kBackend, {stanza});
  }
  void tell_peer(const std::string& stanza = kBounceOut) {
    streams.tell(domain("legacy.example"), domain("peer.example"), Side::kWan, {stanza});
  }
  // The other end, up to where it waits for stanzas.
  void backend_accepts(std::size_t index = 0) {
    network.resolves(kBackendAddress);
    far_accepts(far(index), &world().backend);
    far(index).says(theirs(wire::kNoFeatures));
  }
  void peer_accepts(const test::Issued* shown = &world().peer) {
    network.finds(candidates({"198.51.100.1"}));
    far_accepts(far(), shown);
    far().says(theirs(wire::kNoFeatures));
  }
  // It answers our </stream:stream>, and closes.
  void says_good_bye(std::size_t index = 0) {
    far(index).says(wire::kEnd);
    far(index).connection.leave();
    time.settle();
  }

  End& far(std::size_t index = 0) {
    if (index >= network.ends.size()) {
      ADD_FAILURE() << "no such connection: " << log_text;
      network.ends.push_back(std::make_unique<End>(net::SocketAddress(), 1));
    }
    return *network.ends.at(index);
  }
  // The sum over all series whose labels hold `label`.
  double metric(std::string_view name, std::string_view label = "") const {
    std::istringstream lines(metrics_.render());
    double sum = 0;
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("portcullis_" + std::string(name)) && line.find(label) != line.npos)
        sum += std::stod(line.substr(line.rfind(' ') + 1));
    return sum;
  }
  double told() const { return metric("error_streams_total", "success"); }
  double untold() const { return metric("error_streams_total", "failure"); }
  double dropped() const { return metric("limit_hits_total", "\"error_streams\""); }

  SnapshotPtr newest;
  test::MemoryScheduler time{test::kNow};
  MemoryNetwork network;
  std::string log_text;
  int idle = 0;

 private:
  Scratch scratch_;
  telemetry::Metrics metrics_;
  telemetry::Log log_{policy::Log{policy::LogFormat::kText, false}, [this](std::string_view line) {
                        EXPECT_EQ(test::undocumented(line), "");
                        log_text += line;
                      }};
  BackendHealth backends_{metrics_};
  telemetry::LimitHits limit_hits_{metrics_, log_};
  LogIds ids_{test::kNow};

 public:
  ErrorStreams streams{{time, network, scratch_, metrics_, log_, limit_hits_, backends_, ids_},
                       {[this] { return newest; }, [this] { ++idle; }}};
};

}  // namespace portcullis::relay::scene
