#include "policy/model/backend_habits.h"

#include <gtest/gtest.h>

namespace portcullis::policy {
namespace {

// Only of Openfire it is known that its users read nothing of a stream error. To be wrong about
// another kind would tell its users twice.
TEST(BackendHabits, OnlyOpenfireShowsNoStreamErrors) {
  for (const auto& kind : backend_kinds())
    EXPECT_EQ(shows_stream_errors(kind.kind), kind.name != "openfire") << kind.name;
}

}  // namespace
}  // namespace portcullis::policy
