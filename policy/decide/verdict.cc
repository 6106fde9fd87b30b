#include "policy/decide/verdict.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace portcullis::policy {
namespace {

bool always_enforced(const Refusal& fault) {
  return info(fault.reason).always_enforced;
}

}  // namespace

Decision decide(Mode mode, Faults faults) {
  const bool excepted = faults.standing.empty();
  auto& told = excepted ? faults.waived : faults.standing;
  Decision decision;
  if (told.empty()) return decision;
  decision.verdict = excepted ? Verdict::kExcepted : Verdict::kWouldReject;
  decision.refusal = std::move(told.front());
  decision.further.assign(std::make_move_iterator(told.begin() + 1),
                          std::make_move_iterator(told.end()));
  decision.verdict = verdict_under(mode, decision);
  return decision;
}

Verdict verdict_under(Mode mode, const Decision& decision) {
  if (decision.verdict == Verdict::kAccepted || decision.verdict == Verdict::kExcepted)
    return decision.verdict;
  const bool enforced =
      mode == Mode::kEnforce || always_enforced(*decision.refusal) ||
      std::any_of(decision.further.begin(), decision.further.end(), always_enforced);
  return enforced ? Verdict::kRejected : Verdict::kWouldReject;
}

}  // namespace portcullis::policy
