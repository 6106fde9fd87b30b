#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "proxy/doctor/facts.h"
#include "proxy/examine/examination.h"
#include "proxy/net/loop.h"
#include "proxy/relay/dial_rules.h"
#include "proxy/relay/network.h"
#include "proxy/relay/snapshot.h"

namespace portcullis::app {

// How a host's own server is asked. Without a snapshot, because something about certificates is
// wrong, it is only asked what can be asked in the clear.
struct AskingTools {
  net::Loop& loop;
  relay::Network& network;
  const relay::DialRules& rules;
  const relay::Snapshot* snapshot;  // null: see above
  const certs::MintedLeaf* leaf;    // of the made-up domain; null: the local CA has no key here
  const DomainName& made_up;
};

// Asks the server of one host everything, one question after the other on each port. What is not
// known when this is destroyed stays empty.
class HostQuestions {
 public:
  // For each connection. A port that is silent gets two.
  static constexpr std::chrono::milliseconds kPatience{3'500};
  static constexpr std::size_t kMostAliases = 16;

  // `facts` is filled; it and all that `tools` names must outlive this. `done` is called once.
  HostQuestions(AskingTools tools, const policy::Host& host, doctor::BackendFacts& facts,
                std::function<void()> done);

 private:
  using Took = std::function<void(examine::Findings)>;

  // The questions for one port.
  struct Line {
    doctor::BackendPort* port = nullptr;
    std::vector<net::SocketAddress> addresses;
    std::size_t address = 0;
    relay::Network::Lookup lookup;
    std::unique_ptr<examine::Examination> running;
    std::deque<std::function<void()>> steps;
    bool over = true;
  };

  void begin(Line& line, doctor::BackendPort& port);
  void found(Line& line, net::EndpointAddresses found);
  void ask_main(Line& line);
  void take_main(Line& line, examine::Findings answer);
  void plan_more(Line& line);
  void judge_key(doctor::BackendPort& port) const;
  void ask(Line& line, examine::Question question, policy::ProxyProtocol header,
           examine::Examination::MakeEngine engine, Took took);
  void next(Line& line);
  void end(Line& line);
  examine::Question question_for(const doctor::BackendPort& port) const;
  examine::Examination::MakeEngine engine_for(const doctor::BackendPort& port) const;

  const AskingTools tools_;
  const policy::Host& host_;
  doctor::BackendFacts& facts_;
  std::function<void()> done_;
  Line s2s_;
  Line c2s_;
};

}  // namespace portcullis::app
