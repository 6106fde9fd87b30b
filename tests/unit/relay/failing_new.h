#pragma once

namespace portcullis::test {

// Makes one allocation of this program by `new` fail, counted from 1 over all threads that are not
// spared; 0: none. Returns what was left to count: 0 or less if one has failed.
long fail_allocation(long number);
// The calling thread is not counted from now on.
void spare_this_thread();

}  // namespace portcullis::test
