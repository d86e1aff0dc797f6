#pragma once

#include <string>
#include <vector>

#include "model/method.h"
#include "model/t5.h"

namespace attempt::test {

struct MethodCase {
  std::string name;
  model::MethodInputs inputs;
};

/// Every method, its multi-task form and every option that changes tensors or passes, small. The
/// multi-task ones have the tasks "a" and "b".
std::vector<MethodCase> every_method(const model::T5& t5);

/// The inputs of one of these cases.
model::MethodInputs inputs_of_case(const model::T5& t5, const std::string& name);

/// Four rows with padding, of the tasks 0, 1, 0, 1; targets are the label texts of the cases.
model::Batch small_batch();

/// Adds noise to every trained tensor, so that none is at a start where others get no gradient.
void disturb(model::Method& method);

}  // namespace attempt::test
