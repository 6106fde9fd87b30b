#include "proxy/app/doctor/host_questions.h"

#include <utility>

#include "certs/x509/spki_pin.h"
#include "proxy/doctor/backend_answer.h"
#include "proxy/net/proxy_protocol.h"
#include "proxy/relay/dial_target.h"

namespace portcullis::app {
namespace {

using examine::Depth;
using examine::Examination;
using examine::Findings;
using policy::ProxyProtocol;

// Our own address on the way there is not known before the connection is. What the header says is
// of no weight: nobody is authenticated by it here.
std::string preface(ProxyProtocol header, const net::SocketAddress& to) {
  if (header == ProxyProtocol::kOff) return {};
  return net::write_proxy_header(header, to, to);
}

ProxyProtocol other_than(ProxyProtocol header) {
  return header == ProxyProtocol::kOff ? ProxyProtocol::kV2 : ProxyProtocol::kOff;
}

}  // namespace

HostQuestions::HostQuestions(AskingTools tools, const policy::Host& host,
                             doctor::BackendFacts& facts, std::function<void()> done)
    : tools_(tools), host_(host), facts_(facts), done_(std::move(done)) {
  s2s_.over = !facts_.s2s;
  c2s_.over = !facts_.c2s;
  if (facts_.s2s) begin(s2s_, *facts_.s2s);
  if (facts_.c2s) begin(c2s_, *facts_.c2s);
}

void HostQuestions::begin(Line& line, doctor::BackendPort& port) {
  line.port = &port;
  line.lookup = tools_.network.resolve_endpoint(
      port.endpoint,
      [this, &line](net::EndpointAddresses addresses) { found(line, std::move(addresses)); });
}

void HostQuestions::found(Line& line, net::EndpointAddresses found) {
  if (!found || found->empty()) {
    line.port->no_address =
        found ? "its name has no address" : policy::printable(found.error().message);
    return end(line);
  }
  line.addresses = *std::move(found);
  ask_main(line);
}

void HostQuestions::ask_main(Line& line) {
  ask(line, question_for(*line.port), line.port->configured, engine_for(*line.port),
      [this, &line](Findings answer) { take_main(line, std::move(answer)); });
}

void HostQuestions::take_main(Line& line, Findings answer) {
  auto& port = *line.port;
  const bool unreached = answer.failure && answer.failure->stage == examine::Stage::kConnecting;
  port.answer = std::move(answer);
  if (unreached) {
    if (++line.address == line.addresses.size()) return end(line);
    return ask_main(line);
  }
  judge_key(port);
  if (doctor::lacks_answer(*port.answer, port.configured)) {
    auto question = question_for(port);
    question.depth = Depth::kClear;
    line.steps.emplace_back([this, &line, question] {
      ask(line, question, other_than(line.port->configured), engine_for(*line.port),
          [this, &line](Findings other) {
            line.port->other_way = std::move(other);
            next(line);
          });
    });
  } else {
    plan_more(line);
  }
  next(line);
}

// What only makes sense once the port is known to answer.
void HostQuestions::plan_more(Line& line) {
  auto& port = *line.port;
  if (port.kind == StreamKind::kC2s) return;
  if (tools_.snapshot != nullptr && facts_.auth == policy::BackendAuth::kTls && port.answer->tls)
    line.steps.emplace_back([this, &line] {
      auto question = question_for(*line.port);
      question.depth = Depth::kOffer;
      ask(
          line, question, line.port->configured,
          [this] { return tools_.snapshot->contexts().connect_backend_anonymous(host_.domain); },
          [this, &line](Findings answer) {
            facts_.anonymous = std::move(answer);
            next(line);
          });
    });
  for (std::size_t i = 0; i < facts_.aliases.size(); ++i)
    line.steps.emplace_back([this, &line, i] {
      auto question = question_for(*line.port);
      question.domain = facts_.aliases[i].name;
      question.depth = Depth::kClear;
      ask(line, question, line.port->configured, engine_for(*line.port),
          [this, &line, i](Findings answer) {
            facts_.aliases[i].answer = std::move(answer);
            next(line);
          });
    });
}

void HostQuestions::judge_key(doctor::BackendPort& port) const {
  if (tools_.snapshot == nullptr || !port.answer->tls) return;
  const auto* const keys = tools_.snapshot->backend_keys(host_);
  auto* const leaf = port.answer->tls->chain.leaf.get();
  if (keys == nullptr || leaf == nullptr) return;
  port.is_pinned = keys->pinned.match(leaf);
  port.shown_key = certs::spki_pin_text(leaf);
}

examine::Question HostQuestions::question_for(const doctor::BackendPort& port) const {
  const bool clients = port.kind == StreamKind::kC2s;
  examine::Question question{.kind = port.kind, .domain = host_.domain, .from = std::nullopt};
  if (!clients) question.from = tools_.made_up;
  const bool wants_tls = clients ? facts_.client_tls : facts_.auth == policy::BackendAuth::kTls;
  question.time = kPatience;
  if (!wants_tls || tools_.snapshot == nullptr || (!clients && tools_.leaf == nullptr))
    question.depth = Depth::kClear;
  else
    question.depth = clients ? Depth::kOffer : Depth::kLogin;
  return question;
}

Examination::MakeEngine HostQuestions::engine_for(const doctor::BackendPort& port) const {
  if (port.kind == StreamKind::kC2s)
    return [this] { return tools_.snapshot->contexts().connect_backend_for_client(host_.domain); };
  return [this] { return tools_.snapshot->contexts().connect_backend(*tools_.leaf, host_.domain); };
}

void HostQuestions::ask(Line& line, examine::Question question, ProxyProtocol header,
                        Examination::MakeEngine engine, Took took) {
  const auto& address = line.addresses[line.address];
  const auto target = relay::DialTarget::backend(address, tools_.rules);
  if (!target) {
    line.port->no_address = doctor::detail_of(target.error());
    return end(line);
  }
  question.preface = preface(header, address);
  line.running =
      std::make_unique<Examination>(tools_.loop, tools_.network, *target, std::move(question),
                                    std::move(engine), std::move(took));
}

void HostQuestions::next(Line& line) {
  if (line.steps.empty()) return end(line);
  const auto step = std::move(line.steps.front());
  line.steps.pop_front();
  step();
}

void HostQuestions::end(Line& line) {
  line.over = true;
  if (s2s_.over && c2s_.over && done_) std::exchange(done_, nullptr)();
}

}  // namespace portcullis::app
