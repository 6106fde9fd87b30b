#include "proxy/net/record_survey.h"

#include <set>
#include <utility>

#include "proxy/net/address_records.h"
#include "proxy/net/dns_client.h"
#include "proxy/net/timer.h"

namespace portcullis::net {
namespace {

bool is_answer(const DnsAnswer& answer) {
  return answer.outcome == DnsAnswer::Outcome::kRecords ||
         answer.outcome == DnsAnswer::Outcome::kNoRecords;
}

}  // namespace

struct RecordSurvey::Impl {
  Impl(Loop& loop, std::unique_ptr<DnsClient> asked, Question wanted,
       std::chrono::milliseconds at_most, Done callback)
      : client(std::move(asked)),
        question(std::move(wanted)),
        done(std::move(callback)),
        next(loop, [this] { begin_round(); }),
        limit(loop, [this] { finish(); }) {
    answer.asked = client->asked();
    next.start(std::chrono::milliseconds(0));
    limit.start(at_most);
  }

  void begin_round() {
    if (!done) return;
    if (!std::exchange(services_asked, true)) {
      ask_services();
    } else if (!std::exchange(hosts_asked, true)) {
      ask_hosts();
    } else {
      return finish();
    }
    if (unanswered == 0) next.start(std::chrono::milliseconds(0));
  }

  void ask_services() {
    for (const auto& name : question.services) {
      if (answer.services.size() == kMostNames) break;
      auto& service = answer.services[name];
      service.status = "no answer";
      ask(name, DnsType::kSrv, [&service](const DnsAnswer& found) {
        service.is_known = is_answer(found);
        service.status = found.status;
        for (std::size_t i = 0; i < found.rdata.size() && i < kMostRecords; ++i)
          if (const auto literal = parse_srv_literal(found.rdata[i]))
            service.literals.push_back(*literal);
          else if (auto record = parse_srv_rdata(found.rdata[i]))
            service.records.push_back(*std::move(record));
      });
    }
  }

  void ask_hosts() {
    std::set<std::string> names(question.hosts.begin(), question.hosts.end());
    for (const auto& [name, service] : answer.services)
      for (const auto& record : service.records)
        if (record.target) names.insert(record.target->a_label());
    for (const auto& name : names) {
      if (answer.hosts.size() == kMostNames) break;
      auto& host = answer.hosts[name];
      for (const auto type : {DnsType::kAaaa, DnsType::kA})
        ask(name, type, [&host, type](const DnsAnswer& found) {
          host.is_known |= is_answer(found);
          for (const auto& address : addresses_from(found, type, 0))
            if (host.addresses.size() < kMostRecords) host.addresses.push_back(address);
        });
    }
  }

  // References into the maps hold: an unordered_map does not move its elements.
  void ask(const std::string& name, DnsType type, std::function<void(const DnsAnswer&)> take) {
    auto query = client->ask(name, type, [this, take = std::move(take)](const DnsAnswer& found) {
      if (!done) return;
      take(found);
      if (--unanswered == 0) next.start(std::chrono::milliseconds(0));
    });
    if (!query) return;
    ++unanswered;
    queries.push_back(std::move(query));
  }

  void finish() {
    next.stop();
    limit.stop();
    if (const auto callback = std::exchange(done, nullptr)) callback(std::move(answer));
  }

  std::unique_ptr<DnsClient> client;
  const Question question;
  Done done;
  Answer answer;
  std::vector<std::unique_ptr<DnsClient::Query>> queries;
  std::size_t unanswered = 0;
  bool services_asked = false;
  bool hosts_asked = false;
  Timer next;
  Timer limit;
};

Result<std::unique_ptr<RecordSurvey>> RecordSurvey::begin(Loop& loop,
                                                          const std::vector<Endpoint>& servers,
                                                          Question question,
                                                          std::chrono::milliseconds at_most,
                                                          Done done) {
  auto client = DnsClient::make(loop, servers);
  if (!client) return tl::unexpected(std::move(client.error()));
  return std::unique_ptr<RecordSurvey>(new RecordSurvey(std::make_unique<Impl>(
      loop, std::move(*client), std::move(question), at_most, std::move(done))));
}

RecordSurvey::RecordSurvey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RecordSurvey::~RecordSurvey() = default;

}  // namespace portcullis::net
