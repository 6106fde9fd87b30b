#include "policy/model/diagnostic.h"

#include <gtest/gtest.h>

namespace portcullis::policy {
namespace {

using Severity = Diagnostic::Severity;

TEST(Diagnostic, IsWrittenAsCompilersDo) {
  EXPECT_EQ((Diagnostic{Severity::kError, "p.toml", 14, 9, "unknown key"}.text()),
            "p.toml:14:9: error: unknown key");
  EXPECT_EQ((Diagnostic{Severity::kWarning, "dir/p.toml", 1, 1, "odd"}.text()),
            "dir/p.toml:1:1: warning: odd");
}

TEST(Diagnostic, LeavesOutAPlaceThatIsNotKnown) {
  EXPECT_EQ((Diagnostic{Severity::kError, "p.toml", 0, 0, "no host"}.text()),
            "p.toml: error: no host");
  EXPECT_EQ((Diagnostic{Severity::kError, "p.toml", 7, 0, "odd"}.text()), "p.toml:7: error: odd");
}

TEST(Diagnostics, WarningsAreNoErrors) {
  EXPECT_FALSE(has_errors({}));
  EXPECT_FALSE(has_errors({{Severity::kWarning, "p.toml", 1, 1, "odd"}}));
  EXPECT_TRUE(has_errors(
      {{Severity::kWarning, "p.toml", 1, 1, "odd"}, {Severity::kError, "p.toml", 2, 1, "wrong"}}));
}

}  // namespace
}  // namespace portcullis::policy
