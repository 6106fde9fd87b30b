#include <stdexcept>
#include <utility>
#include <vector>

#include "tests/bench/workload.h"

namespace portcullis::bench {
namespace {

class Setup : public Opener {
 public:
  Setup(Poller& poller, const Load& load, std::size_t count, std::vector<SessionPtr>* sessions)
      : Opener(poller, load.target, client_script(load.target.entry, Depth::kFeatures), count,
               load.connections),
        sessions_(sessions) {
    close_when_ready_ = true;
  }

  void resume() { resumes_ = true; }
  void on_session(SessionPtr session) override {
    if (sessions_ != nullptr) sessions_->push_back(std::move(session));
  }

 private:
  SessionPtr next_session() override {
    if (!resumes_) return {nullptr, SSL_SESSION_free};
    if (sessions_->empty())
      throw std::runtime_error("the far end gave fewer sessions than there were connections");
    SessionPtr last = std::move(sessions_->back());
    sessions_->pop_back();
    return last;
  }

  std::vector<SessionPtr>* sessions_;  // null: nobody wants them
  bool resumes_ = false;
};

}  // namespace

// Clients that resume begin with one full handshake for each that is there at once. From then on
// each takes a session that was given and not used, as RFC 8446 C.4 wants it.
void measure_setup(const Load& load) {
  Poller poller;
  Gauge gauge(load.limit);
  std::vector<SessionPtr> sessions;
  const auto all = [&](Setup& setup) {
    gauge.run(poller, [&] {
      setup.step();
      return setup.all_ready();
    });
  };
  if (load.resume) {
    Setup first(poller, load, load.connections, &sessions);
    all(first);
  }
  Setup setup(poller, load, load.count, load.resume ? &sessions : nullptr);
  if (load.resume) setup.resume();
  gauge.ready();
  all(setup);
  gauge.done(load.count);
}

}  // namespace portcullis::bench
