#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "proxy/session/initiating_states.h"
#include "proxy/session/receiving_states.h"

// docs/state-machines.md holds which state accepts which event. The table is printed from the types
// here, so that an edge that came or went without a word in the docs fails. To write it anew:
// PORTCULLIS_WRITE_DOCS=1 unit_session --gtest_filter='Matrix.*'
namespace portcullis::session {
namespace {

constexpr std::size_t kEvents = std::variant_size_v<Event>;
constexpr std::size_t kNameWidth = 34;

template <class State, class Context, std::size_t... Index>
std::string row(std::index_sequence<Index...>) {
  std::string line(State::name);
  line.resize(kNameWidth, ' ');
  ((line += Accepts<State, std::variant_alternative_t<Index, Event>, Context> ? " x " : " . "),
   ...);
  return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

template <class Context, class... States>
std::string matrix(const std::variant<States...>*) {
  std::string text = "```\n";
  for (std::size_t i = 0; i < kEvents; ++i)
    text += (i < 10 ? " " : "") + std::to_string(i) + "  " + std::string(event_name(i)) + "\n";
  std::string head(kNameWidth, ' ');
  for (std::size_t i = 0; i < kEvents; ++i) head += (i < 10 ? " " : "") + std::to_string(i) + " ";
  text += "\n" + head.substr(0, head.find_last_not_of(' ') + 1) + "\n";
  ((text += row<States, Context>(std::make_index_sequence<kEvents>())), ...);
  return text + "```\n";
}

const std::string kPath = std::string(PORTCULLIS_SOURCE_DIR) + "/docs/state-machines.md";

std::string read_page() {
  std::stringstream text;
  text << std::ifstream(kPath).rdbuf();
  return text.str();
}

// Compares what is between the markers with `expected`, or writes it there.
void compare(const std::string& name, const std::string& expected) {
  auto page = read_page();
  const std::string opening = "<!-- matrix " + name + " -->\n";
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

TEST(Matrix, OfTheReceivingLegIsAsDocumented) {
  compare("receiving", matrix<receiving::Context>(static_cast<receiving::State*>(nullptr)));
}

TEST(Matrix, OfTheInitiatingLegIsAsDocumented) {
  compare("initiating", matrix<initiating::Context>(static_cast<initiating::State*>(nullptr)));
}

TEST(Matrix, NamesEventsInTheOrderOfTheVariant) {
  EXPECT_EQ(event_name(Event(TransportReady{}).index()), "TransportReady");
  EXPECT_EQ(event_name(Event(TransportLost{}).index()), "TransportLost");
  EXPECT_EQ(event_name(Event(ShutdownRequested{}).index()), "ShutdownRequested");
  EXPECT_EQ(event_name(Event(FarAuthenticated{}).index()), "FarAuthenticated");
  EXPECT_EQ(event_name(Event(FarLost{}).index()), "FarLost");
}

TEST(Matrix, ClosedAcceptsNothing) {
  EXPECT_FALSE((Accepts<Closed, StreamClosed, receiving::Context>));
  EXPECT_TRUE((Accepts<Relaying, StreamClosed, receiving::Context>));
}

}  // namespace
}  // namespace portcullis::session
