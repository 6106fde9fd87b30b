#include "proxy/report/probed_keys.h"

namespace portcullis::report {

void ProbedKeys::add(const ProbeResult& result) {
  auto found = domains_.find(result.domain);
  if (found == domains_.end()) {
    if (domains_.size() >= max_domains_) {
      ++further_;
      return;
    }
    found = domains_.emplace(result.domain, Known{result.kinds, 0, false}).first;
  }
  auto& known = found->second;
  ++known.probes;
  // What one probe could not see, another one may have seen.
  if (result.kinds == KeyKinds::kUnproved) return;
  if (known.kinds == KeyKinds::kUnproved)
    known.kinds = result.kinds;
  else if (known.kinds != result.kinds)
    known.contradicting = true;
}

}  // namespace portcullis::report
