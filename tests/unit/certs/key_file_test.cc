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
    const auto checked = check_key_rights(path_);
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
  EXPECT_EQ(with(0400), "");
}

TEST_F(KeyRights, OfALinkAreThoseOfItsTarget) {
  const std::string link = files_.path() + "/link.key";
  ASSERT_EQ(::symlink("a.key", link.c_str()), 0);
  ::chmod(path_.c_str(), 0644);
  EXPECT_FALSE(check_key_rights(link));
  ::chmod(path_.c_str(), 0600);
  EXPECT_TRUE(check_key_rights(link));
}

TEST_F(KeyRights, OfWhatIsNotThereAreLeftToTheReader) {
  EXPECT_TRUE(check_key_rights(files_.path() + "/none.key"));
  EXPECT_TRUE(check_key_rights(files_.path()));
}

}  // namespace
}  // namespace portcullis::certs
