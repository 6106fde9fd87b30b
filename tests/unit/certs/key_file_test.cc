#include "certs/own/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/test_pki.h"

namespace portcullis::certs {
namespace {

class KeyRights : public testing::Test {
 protected:
  KeyRights() { std::ofstream(path_) << "key"; }

  // The fault, or "".
  std::string with(mode_t mode) {
    EXPECT_EQ(::chmod(path_.c_str(), mode), 0);
    const auto checked = read_key_file(path_);
    return checked ? "" : checked.error().message;
  }

  test::TempDir files_;
  const std::string path_ = files_.path() + "/a.key";
};

TEST_F(KeyRights, OfTheOwnerAloneAreAccepted) {
  for (const mode_t mode : {0400U, 0600U, 0700U}) EXPECT_EQ(with(mode), "") << mode;
}

TEST_F(KeyRights, OfOthersAreNot) {
  for (const mode_t mode : {0644U, 0604U, 0444U, 0602U, 0601U, 0666U}) {
    EXPECT_NE(with(mode).find("others can use the key"), std::string::npos) << mode;
    EXPECT_NE(with(mode).find(path_ + ": mode is 0"), std::string::npos) << mode;
  }
}

TEST_F(KeyRights, OfAGroupToChangeItAreNot) {
  for (const mode_t mode : {0660U, 0620U, 0610U, 0670U})
    EXPECT_NE(with(mode).find("may do more than read"), std::string::npos) << mode;
}

TEST_F(KeyRights, OfAGroupToReadAKeyOfRootAreAccepted) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  ASSERT_EQ(::chown(path_.c_str(), 0, 4242), 0);
  EXPECT_EQ(with(0640), "");
  EXPECT_EQ(with(0440), "");
  ASSERT_EQ(::chown(path_.c_str(), 4242, 4242), 0);
  for (const mode_t mode : {0640U, 0440U})
    EXPECT_NE(with(mode).find("a group may read a key of root only"), std::string::npos);
}

TEST_F(KeyRights, OfAnotherOwnerAreNot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  ASSERT_EQ(::chown(path_.c_str(), 4242, 0), 0);
  for (const mode_t mode : {0400U, 0600U})
    EXPECT_NE(with(mode).find("neither root nor the user"), std::string::npos) << mode;
}

TEST_F(KeyRights, OfALinkAreThoseOfItsTarget) {
  const std::string link = files_.path() + "/link.key";
  ASSERT_EQ(::symlink("a.key", link.c_str()), 0);
  ::chmod(path_.c_str(), 0644);
  EXPECT_FALSE(read_key_file(link));
  ::chmod(path_.c_str(), 0600);
  EXPECT_EQ(read_key_file(link).value(), "key");
}

TEST_F(KeyRights, AreAskedOfAFileOnly) {
  EXPECT_FALSE(read_key_file(files_.path() + "/none.key"));
  EXPECT_FALSE(read_key_file(files_.path()));
  const std::string pipe = files_.path() + "/pipe.key";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_NE(read_key_file(pipe).error().message.find("is not a file"), std::string::npos);
}

TEST_F(KeyRights, AFileThatIsNoKeyIsNotReadInWhole) {
  std::ofstream(path_) << std::string(70'000, 'x');
  EXPECT_NE(with(0600).find("too large"), std::string::npos);
}

// ---- Whoever can write to the folder can put another key there.

class KeyFolder : public KeyRights {
 protected:
  KeyFolder() {
    ::chmod(path_.c_str(), 0600);
    ::chmod(files_.path().c_str(), 0700);
  }
  std::string in(mode_t mode) {
    EXPECT_EQ(::chmod(files_.path().c_str(), mode), 0);
    return with(0600);
  }
};

TEST_F(KeyFolder, OfTheOwnerAloneIsAccepted) {
  for (const mode_t mode : {0700U, 0755U, 0711U, 0500U}) EXPECT_EQ(in(mode), "") << mode;
}

TEST_F(KeyFolder, OfEverybodyIsNot) {
  for (const mode_t mode : {0777U, 0757U, 0702U}) {
    EXPECT_NE(in(mode).find("everybody can put another key there"), std::string::npos) << mode;
    EXPECT_EQ(in(mode).find(files_.path() + ": mode is"), 0U);
  }
}

// As Kubernetes mounts a Secret: nobody can replace the file of another.
TEST_F(KeyFolder, OfEverybodyIsAcceptedWithTheStickyBit) {
  EXPECT_EQ(in(01777), "");
  EXPECT_EQ(in(03777), "");
}

TEST_F(KeyFolder, OfAGroupIsAcceptedWhereItIsRootsOrOurs) {
  EXPECT_EQ(in(0770), "");
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  ASSERT_EQ(::chown(files_.path().c_str(), 0, 4242), 0);
  EXPECT_NE(in(0770).find("a group can put another key there"), std::string::npos);
  EXPECT_EQ(in(01770), "");
  EXPECT_EQ(in(0750), "");
}

TEST_F(KeyFolder, OfAnotherOwnerIsNot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  ASSERT_EQ(::chown(files_.path().c_str(), 4242, 0), 0);
  EXPECT_NE(in(0755).find("neither root nor the user"), std::string::npos);
  EXPECT_NE(in(01777).find("neither root nor the user"), std::string::npos);
}

TEST_F(KeyFolder, OfALinkAndOfItsTargetAreBothLookedAt) {
  const test::TempDir links;
  const std::string link = links.path() + "/link.key";
  ASSERT_EQ(::symlink(path_.c_str(), link.c_str()), 0);
  EXPECT_TRUE(read_key_file(link));
  ::chmod(links.path().c_str(), 0777);
  EXPECT_EQ(read_key_file(link).error().message.find(links.path() + ": mode is 0777"), 0U);
  ::chmod(links.path().c_str(), 0700);
  ::chmod(files_.path().c_str(), 0777);
  EXPECT_EQ(read_key_file(link).error().message.find(files_.path() + ": mode is 0777"), 0U);
}

}  // namespace
}  // namespace portcullis::certs
