#include "runner/train/derive_seed.h"

#include <gtest/gtest.h>

namespace attempt::train {
namespace {

// Values of Python: int(hashlib.sha256(b"attempt-stream/42/dropout").hexdigest()[:16], 16).
TEST(DeriveSeedTest, IsTheDocumentedHash) {
  EXPECT_EQ(derive_seed(42, "dropout"), 6613296275013703876ULL);
  EXPECT_EQ(derive_seed(42, "data_order"), 6369470614134029289ULL);
  EXPECT_EQ(derive_seed(18446744073709551615ULL, "initialisation"), 6208554194960084554ULL);
}

TEST(DeriveSeedTest, DependsOnSeedAndName) {
  EXPECT_NE(derive_seed(1, "dropout"), derive_seed(2, "dropout"));
  EXPECT_NE(derive_seed(1, "dropout"), derive_seed(1, "initialisation"));
}

}  // namespace
}  // namespace attempt::train
