// One training step of prompt tuning, timed: step_cpu MODEL ROWS SOURCE_TOKENS TARGET_TOKENS
// PROMPT_ROWS DROPOUT STEPS THREADS Prints the first step's mean loss and the examples/s of each
// step, one JSON object a line. Inputs are a fixed pattern that step_cpu.py makes too, so both
// sides compute the same numbers.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "model/method.h"
#include "model/t5.h"

using namespace attempt::model;

int main(int argc, char** argv) {
  if (argc != 9) return 2;
  const std::int64_t rows = std::atoll(argv[2]);
  const std::int64_t source_tokens = std::atoll(argv[3]);
  const std::int64_t target_tokens = std::atoll(argv[4]);
  const std::int64_t steps = std::atoll(argv[7]);
  at::set_num_threads(std::atoi(argv[8]));
  const std::unique_ptr<T5> t5 = load_t5({.folder = argv[1]});

  MethodInputs inputs;
  inputs.options.method = "prompt_tuning";
  inputs.options.prompt_length = std::atoll(argv[5]);
  inputs.options.init = PromptInit::kFile;
  inputs.init_prompt = t5->shared.slice(0, 3, 3 + inputs.options.prompt_length).to(at::kFloat);
  inputs.backbone = t5.get();
  const std::unique_ptr<Method> method = make_method(inputs);
  at::Tensor prompt = method->parameters()[0].value;
  Dropout dropout(std::atof(argv[6]), 1, at::kCPU);

  Batch batch;
  batch.input_ids = (at::arange(rows * source_tokens, at::kLong) * 37)
                        .remainder(30000)
                        .add_(3)
                        .view({rows, source_tokens});
  batch.attention_mask = at::ones({rows, source_tokens}, at::kBool);
  batch.labels = (at::arange(rows * target_tokens, at::kLong) * 53)
                     .remainder(30000)
                     .add_(3)
                     .view({rows, target_tokens});
  for (std::int64_t step = 0; step < steps; ++step) {
    const auto start = std::chrono::steady_clock::now();
    const LossSum loss = method->loss(batch, dropout);
    const at::Tensor mean = loss.nll / static_cast<double>(loss.tokens);
    mean.backward();
    {
      at::AutoDispatchBelowADInplaceOrView guard;
      prompt.sub_(prompt.grad(), 0.3);
    }
    prompt.mutable_grad().zero_();
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("{\"step\": %lld, \"loss\": %.7f, \"examples_per_second\": %.3f}\n",
                static_cast<long long>(step), mean.item<double>(),
                static_cast<double>(rows) / seconds);
    std::fflush(stdout);
  }
}
