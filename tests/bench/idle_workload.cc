#include "tests/bench/workload.h"

namespace portcullis::bench {

void hold_idle(const Load& load) {
  Poller poller;
  Opener opener(poller, load.target, client_script(load.target.entry, Depth::kLogin), load.count,
                load.connections);
  Gauge gauge(load.limit);
  gauge.ready();
  gauge.run(poller, [&] {
    opener.step();
    return opener.all_ready();
  });
  gauge.done(opener.clients().size());
}

}  // namespace portcullis::bench
