#include "proxy/app/setup/setup_record.h"

#include <gtest/gtest.h>

namespace portcullis::app {
namespace {

SetupRecord begun() {
  SetupRecord record{false};
  note_change(record, {"/etc/a", "/etc/a.before", digest_of("old"), digest_of("new"), ""});
  return record;
}

TEST(SetupRecordTest, IsReadAsItWasWritten) {
  auto record = begun();
  note_change(record, {"/etc/a", "/etc/a.before-2", digest_of("x"), digest_of("newer"), "p"});
  const auto read = read_record(record_text(record));
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->is_finished);
  ASSERT_EQ(read->files.size(), 1U);
  const auto& file = read->files.front();
  EXPECT_EQ(file.path, "/etc/a");
  EXPECT_EQ(file.copy, "/etc/a.before");
  EXPECT_EQ(file.copy_digest, digest_of("old"));
  EXPECT_EQ(file.digest, digest_of("newer"));
  EXPECT_EQ(file.previous, "p");
  EXPECT_EQ(file.later, "/etc/a.before-2");
}

TEST(SetupRecordTest, WhatARunThatWasStoppedMayHaveLeftIsOurs) {
  auto record = begun();
  EXPECT_TRUE(is_ours(record, "/etc/a", "old"));  // the copy is there
  EXPECT_TRUE(is_ours(record, "/etc/a", "new"));
  EXPECT_FALSE(is_ours(record, "/etc/a", "foreign"));
  EXPECT_FALSE(is_ours(record, "/etc/b", "new"));
  note_change(record, {"/etc/a", "", "", digest_of("newer"), digest_of("new")});
  EXPECT_TRUE(is_ours(record, "/etc/a", "new"));
  EXPECT_TRUE(is_ours(record, "/etc/a", "newer"));
  EXPECT_TRUE(record.files.front().later.empty());
  note_end(record);
  EXPECT_TRUE(record.is_finished);
  EXPECT_TRUE(is_ours(record, "/etc/a", "newer"));
  EXPECT_FALSE(is_ours(record, "/etc/a", "new"));
}

TEST(SetupRecordTest, WhatIsNoRecordIsNotTaken) {
  EXPECT_FALSE(read_record(""));
  EXPECT_FALSE(read_record(R"({"state": "done"})"));
  EXPECT_FALSE(read_record(R"({"files": []})"));
  EXPECT_FALSE(read_record(R"({"state": "?", "files": []})"));
  EXPECT_FALSE(read_record(R"({"state": "done", "files": [{"path": "a", "copy": ""}]})"));
  EXPECT_FALSE(read_record(R"({"state": "done", "files": [{"path": "/a", "copy": "b"}]})"));
  EXPECT_TRUE(read_record(R"({"state": "done", "files": [{"path": "/a"}]})"));
}

}  // namespace
}  // namespace portcullis::app
