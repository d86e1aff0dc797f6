#pragma once

#include <stdexcept>
#include <string>

namespace attempt::model {

/// A backbone, prompt or weights file that cannot be used.
/// Example: "model.safetensors: tensor 'shared.weight' has shape [32100, 512] (config.json says
/// [32128, 512]). Use the config.json that belongs to these weights."
class ModelError : public std::runtime_error {
 public:
  ModelError(std::string file, const std::string& message)
      : std::runtime_error(file + ": " + message), path(std::move(file)) {}

  const std::string path;
};

}  // namespace attempt::model
