#include "runner/train/work.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "runner/train/eval_work.h"
#include "runner/train/prompt_work.h"
#include "runner/train/similarity_work.h"
#include "runner/train/trainer_device.h"

namespace attempt::train {

int run_work(const std::string& request_file) {
  std::ifstream in(request_file);
  const nlohmann::json parsed = nlohmann::json::parse(in);
  const std::string work = parsed.at("work");
  if (work == "similarity") return run_similarity_work(parsed);
  if (work != "eval" && work != "predict") return run_prompt_work(parsed);
  const at::Device device = trainer_device();
  use_deterministic_kernels(device);
  return work == "eval" ? run_eval_work(parsed, device) : run_predict_work(parsed, device);
}

}  // namespace attempt::train
