#include "tests/bench/workload.h"

namespace portcullis::bench {
namespace {

class Setup : public Opener {
 public:
  Setup(Poller& poller, const Load& load)
      : Opener(poller, load.target, client_script(load.target.entry, Depth::kFeatures), load.count,
               load.connections) {
    close_when_ready_ = true;
  }
};

}  // namespace

void measure_setup(const Load& load) {
  Poller poller;
  Setup setup(poller, load);
  Gauge gauge(load.limit);
  gauge.ready();
  gauge.run(poller, [&] {
    setup.step();
    return setup.all_ready();
  });
  gauge.done(load.count);
}

}  // namespace portcullis::bench
