#include "tests/unit/session/edges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <concepts>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "proxy/session/event.h"
#include "proxy/session/initiating_states.h"
#include "proxy/session/receiving_states.h"
#include "tests/support/source_tree.h"

// docs/state-machines.md says to which states each event can lead. That list is printed from the
// types here, so that an edge that came or went without a word in the docs fails. To write it anew:
// PORTCULLIS_WRITE_DOCS=1 unit_session --gtest_filter='Edges.*'
namespace portcullis::session {
namespace {

using edges::Edge;
using edges::Names;

template <class State, class Context>
class Machine {
 public:
  Names states() const { return edges::names(static_cast<const State*>(nullptr)); }
  std::vector<Edge> edges() const { return edges::of_machine<State, Event, Context>(); }

  const Edge* find(std::string_view state, std::string_view event) const {
    const auto found = std::find_if(edges_.begin(), edges_.end(), [&](const Edge& one) {
      return one.state == state && one.event == event;
    });
    return found == edges_.end() ? nullptr : &*found;
  }

 private:
  std::vector<Edge> edges_ = edges();
};

using Receiving = Machine<receiving::State, receiving::Context>;
using Initiating = Machine<initiating::State, initiating::Context>;

bool only_closes(const Edge& edge) {
  return edge.next == Names{Closed::name};
}

std::string joined(const Names& names) {
  std::string text;
  for (const auto name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

// The events that every state but `closed` accepts.
template <class M>
Names common(const M& machine) {
  auto states = machine.states();
  states.erase(std::remove(states.begin(), states.end(), Closed::name), states.end());
  auto events = edges::names(static_cast<const Event*>(nullptr));
  events.erase(std::remove_if(events.begin(), events.end(),
                              [&](std::string_view event) {
                                return !std::all_of(states.begin(), states.end(), [&](auto state) {
                                  return machine.find(state, event) != nullptr;
                                });
                              }),
               events.end());
  return events;
}

constexpr std::size_t kPageWidth = 100;
constexpr std::size_t kEventWidth = 20;

// "a, b, c" over as many lines as it takes, each after `indent`.
std::string wrapped(const Names& names, const std::string& indent) {
  std::string text;
  std::string line = indent;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string word = std::string(names[i]) + (i + 1 < names.size() ? "," : "");
    if (line.size() + word.size() > kPageWidth) {
      text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
      line = indent;
    }
    line += word + " ";
  }
  return text + line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

template <class M>
std::string list(const M& machine) {
  const auto everywhere = common(machine);
  const auto is_common = [&](std::string_view event) {
    return std::find(everywhere.begin(), everywhere.end(), event) != everywhere.end();
  };
  std::string text = "```\nevery state but closed, unless it says something else\n" +
                     wrapped(everywhere, "    ") + "        -> closed\n";
  for (const auto state : machine.states()) {
    if (state == Closed::name) continue;
    text += "\n" + std::string(state) + "\n";
    for (const auto& edge : machine.edges()) {
      if (edge.state != state || (is_common(edge.event) && only_closes(edge))) continue;
      std::string event(edge.event);
      event.resize(kEventWidth, ' ');
      text += "    " + event + "-> " + joined(edge.next) + "\n";
    }
  }
  return text + "```\n";
}

const std::string kPath = test::in_source_tree("docs/state-machines.md");

std::string read_page() {
  std::stringstream text;
  text << std::ifstream(kPath).rdbuf();
  return text.str();
}

// Compares what is between the markers with `expected`, or writes it there.
void compare(const std::string& name, const std::string& expected) {
  auto page = read_page();
  const std::string opening = "<!-- edges " + name + " -->\n";
  const auto found = page.find(opening);
  ASSERT_NE(found, std::string::npos) << kPath << " has no " << opening;
  const auto begin = found + opening.size();
  const auto end = page.find("<!-- end -->", begin);
  ASSERT_NE(end, std::string::npos);
  if (std::getenv("PORTCULLIS_WRITE_DOCS") != nullptr) {
    page.replace(begin, end - begin, expected);
    std::ofstream(kPath) << page;
    return;
  }
  EXPECT_EQ(page.substr(begin, end - begin), expected) << "see the top of this test";
}

TEST(Edges, OfTheReceivingLegAreAsDocumented) {
  compare("receiving", list(Receiving()));
}

TEST(Edges, OfTheInitiatingLegAreAsDocumented) {
  compare("initiating", list(Initiating()));
}

template <class M>
std::set<std::string_view> reachable(const M& machine, std::string_view first) {
  std::set<std::string_view> seen{first};
  for (std::size_t before = 0; before != seen.size();) {
    before = seen.size();
    for (const auto& edge : machine.edges())
      if (seen.count(edge.state) != 0) seen.insert(edge.next.begin(), edge.next.end());
  }
  return seen;
}

template <class M>
std::set<std::string_view> all_states(const M& machine) {
  const auto states = machine.states();
  return {states.begin(), states.end()};
}

TEST(Edges, LeadFromTheFirstStateToEveryOther) {
  EXPECT_EQ(reachable(Receiving(), receiving::AwaitingTransport::name), all_states(Receiving()));
  EXPECT_EQ(reachable(Initiating(), initiating::AwaitingTransport::name), all_states(Initiating()));
}

bool is_established(std::string_view state) {
  return state == Relaying::name || state == AwaitingFarEnd::name || state == AwaitingEnd::name ||
         state == AwaitingBothEnds::name;
}

// An established stream may be half closed, but each event leads nearer to the end.
template <class M>
void expect_no_way_back(const M& machine) {
  for (const auto& edge : machine.edges()) {
    const bool half = edge.state == AwaitingFarEnd::name || edge.state == AwaitingEnd::name;
    for (const auto next : edge.next)
      if (edge.state == AwaitingBothEnds::name) {
        EXPECT_NE(next, Relaying::name) << edge.event;
      } else if (half) {
        EXPECT_TRUE(next == Closed::name || next == edge.state) << edge.state << " " << edge.event;
      }
  }
}

// An end that is told <success/> may have said stanzas, and is first heard. Of whom stanzas are
// kept, that is so whatever it is refused for.
bool leads_to_the_end(const Edge& edge) {
  if (edge.event != FarFailed::name && edge.event != ShutdownRequested::name &&
      (edge.event != InputRefused::name || edge.state != receiving::OpeningForStanzas::name))
    return only_closes(edge);
  return std::all_of(edge.next.begin(), edge.next.end(), [](const auto next) {
    return next == receiving::AwaitingRefusedHeader::name ||
           next == receiving::HearingRefused::name || next == Closed::name;
  });
}

template <class M>
void expect_an_end_everywhere(const M& machine) {
  for (const auto state : machine.states()) {
    if (state == Closed::name || is_established(state)) continue;
    for (const auto event :
         {StreamClosed::name, InputRefused::name, TransportLost::name, ShutdownRequested::name,
          FarFailed::name, FarEnded::name, FarLost::name}) {
      const Edge* const edge = machine.find(state, event);
      ASSERT_NE(edge, nullptr) << event << " in " << state;
      // The end of its stream waits behind what it has said.
      if (state == receiving::OpeningForStanzas::name && event == StreamClosed::name) continue;
      EXPECT_TRUE(leads_to_the_end(*edge)) << event << " in " << state;
    }
  }
}

TEST(Edges, LeadToTheEndWhateverIsLost) {
  expect_an_end_everywhere(Receiving());
  expect_an_end_everywhere(Initiating());
  expect_no_way_back(Receiving());
  expect_no_way_back(Initiating());
}

TEST(Edges, LeadNowhereFromTheEnd) {
  for (const auto event : edges::names(static_cast<const Event*>(nullptr))) {
    EXPECT_EQ(Receiving().find(Closed::name, event), nullptr);
    EXPECT_EQ(Initiating().find(Closed::name, event), nullptr);
  }
}

struct A {
  std::string fact;
};
struct B {};
struct C {};

TEST(OneOf, IsMadeOfTheStatesThatItNamesAlone) {
  using AOrB = OneOf<A, B>;
  static_assert(std::convertible_to<A, AOrB> && std::convertible_to<B, AOrB>);
  static_assert(!std::constructible_from<AOrB, C>);
  static_assert(!std::constructible_from<AOrB, Closed>);
  static_assert(!std::constructible_from<AOrB, OneOf<A, C>>);
  static_assert(!std::constructible_from<AOrB, OneOf<A, B, C>>);
  static_assert(!std::constructible_from<AOrB, receiving::State>);
  AOrB made = OneOf<A>(A{"known"});
  EXPECT_EQ(std::get<A>(std::move(made).held()).fact, "known");
}

}  // namespace
}  // namespace portcullis::session
