#include "proxy/app/status_desk.h"

#include <algorithm>
#include <utility>

#include "policy/reasons/reason.h"

namespace portcullis::app {
namespace {

template <class Part>
std::size_t silent(const std::vector<std::optional<Part>>& parts) {
  return static_cast<std::size_t>(
      std::count_if(parts.begin(), parts.end(), [](const auto& part) { return !part; }));
}

policy::Refusal closed_by_operator(const std::string& detail) {
  if (detail.empty()) return policy::refuse(policy::Reason::kClosedByOperator);
  return policy::refuse(policy::Reason::kClosedByOperator, {{"detail", detail}});
}

}  // namespace

void StatusDesk::look(StreamWish wish, std::function<void(StreamLook, std::size_t)> done) {
  const auto most = wish.most;
  gathers_.ask<StreamLook>(
      [wish = std::move(wish)](relay::StreamSet& streams) { return look_at(streams, wish); },
      [most, done = std::move(done)](std::vector<std::optional<StreamLook>> parts) {
        const auto missing = silent(parts);
        done(joined(std::move(parts), most), missing);
      });
}

void StatusDesk::overview(std::function<void(status::Overview)> done) {
  page(0, [done = std::move(done)](status::Overview overview, const status::StreamList&) {
    done(std::move(overview));
  });
}

void StatusDesk::streams(const std::string& target, std::function<void(status::StreamList)> done) {
  look({target, kMostRows}, [done = std::move(done)](StreamLook found, std::size_t missing) {
    done({std::move(found.rows), found.matching, missing});
  });
}

void StatusDesk::page(std::size_t rows,
                      std::function<void(status::Overview, status::StreamList)> done) {
  look({{}, rows}, [this, done = std::move(done)](StreamLook found, std::size_t missing) {
    auto overview = facts_();
    overview.streams = std::move(found.counts);
    overview.silent_loops = missing;
    done(std::move(overview), {std::move(found.rows), found.matching, missing});
  });
}

void StatusDesk::close(const std::string& target, const std::string& detail,
                       std::function<void(Closed)> done) {
  gathers_.ask<std::size_t>(
      [target, why = closed_by_operator(detail)](relay::StreamSet& streams) {
        return close_streams(streams, target, why);
      },
      [done = std::move(done)](const std::vector<std::optional<std::size_t>>& parts) {
        Closed closed{0, silent(parts)};
        for (const auto& part : parts) closed.streams += part.value_or(0);
        done(closed);
      });
}

}  // namespace portcullis::app
