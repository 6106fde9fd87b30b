#include "proxy/app/replaced_program.h"

#include <gtest/gtest.h>

namespace portcullis::app {
namespace {

constexpr std::string_view kProgram =
    "55e1a000-55e1b000 r--p 00000000 08:01 131     /usr/bin/portcullis\n"
    "55e1b000-55e1c000 r-xp 00001000 08:01 131     /usr/bin/portcullis\n"
    "7f0000000-7f1000000 r-xp 00000000 08:01 99    /usr/lib/libssl.so.3\n"
    "7ffd0000-7ffd1000 rw-p 00000000 00:00 0       [stack]\n"
    "7ffd2000-7ffd3000 r-xp 00000000 00:00 0       [vdso]\n";

TEST(ReplacedFile, IsNoneWhereAllAreThere) {
  EXPECT_EQ(replaced_file(kProgram), "");
  EXPECT_EQ(replaced_file(""), "");
  EXPECT_EQ(replaced_file(), "") << "of the test itself";
}

TEST(ReplacedFile, IsTheProgramOrALibrary) {
  EXPECT_EQ(replaced_file("1-2 r-xp 0 08:01 1 /usr/bin/portcullis (deleted)\n"),
            "/usr/bin/portcullis");
  const std::string more(kProgram);
  EXPECT_EQ(replaced_file(more + "1-2 r-xp 0 08:01 1     /usr/lib/a b/libssl.so.3 (deleted)"),
            "/usr/lib/a b/libssl.so.3");
}

TEST(ReplacedFile, IsNothingThatIsNotRun) {
  for (const std::string_view line :
       {"1-2 r--p 0 08:01 1 /usr/lib/libssl.so.3 (deleted)\n",
        "1-2 rw-s 0 00:05 1 /dev/zero (deleted)\n", "1-2 r-xp 0 00:05 1 /dev/zero (deleted)\n",
        "1-2 r-xp 0 00:01 1 /memfd:jit (deleted)\n", "1-2 r-xp 0 00:00 0 (deleted)\n", " (deleted)",
        "/", "x"})
    EXPECT_EQ(replaced_file(line), "") << line;
}

}  // namespace
}  // namespace portcullis::app
