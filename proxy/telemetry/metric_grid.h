#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>

#include "policy/reasons/reason.h"
#include "proxy/base/stream_kind.h"

namespace portcullis::telemetry {

// Private to proxy/telemetry: the children of a family, by the indices of their label values.
template <class Metric, std::size_t... kSizes>
struct GridOf;
template <class Metric, std::size_t kSize>
struct GridOf<Metric, kSize> {
  using type = std::array<Metric*, kSize>;
};
template <class Metric, std::size_t kSize, std::size_t... kMore>
struct GridOf<Metric, kSize, kMore...> {
  using type = std::array<typename GridOf<Metric, kMore...>::type, kSize>;
};
template <class Metric, std::size_t... kSizes>
using Grid = typename GridOf<Metric, kSizes...>::type;

using CounterFamily = prometheus::Family<prometheus::Counter>;

inline constexpr std::size_t kKinds = kStreamKinds.size();
inline std::string kind_at(std::size_t i) {
  return std::string(name(kStreamKinds[i]));
}

template <class Words>
Grid<prometheus::Counter, std::tuple_size_v<Words>> by(CounterFamily& family, const char* label,
                                                       const Words& words) {
  Grid<prometheus::Counter, std::tuple_size_v<Words>> out{};
  for (std::size_t i = 0; i < words.size(); ++i)
    out[i] = &family.Add({{label, std::string(words[i])}});
  return out;
}

template <class Words>
Grid<prometheus::Counter, kKinds, std::tuple_size_v<Words>> by_kind_and(CounterFamily& family,
                                                                        const char* label,
                                                                        const Words& words) {
  Grid<prometheus::Counter, kKinds, std::tuple_size_v<Words>> out{};
  for (std::size_t kind = 0; kind < kKinds; ++kind)
    for (std::size_t i = 0; i < words.size(); ++i)
      out[kind][i] = &family.Add({{"kind", kind_at(kind)}, {label, std::string(words[i])}});
  return out;
}

inline Grid<prometheus::Counter, kKinds, policy::kReasonCount> by_kind_and_reason(
    CounterFamily& family) {
  std::array<std::string_view, policy::kReasonCount> reasons{};
  for (std::size_t i = 0; i < reasons.size(); ++i) reasons[i] = policy::id(policy::reason_at(i));
  return by_kind_and(family, "reason", reasons);
}

}  // namespace portcullis::telemetry
