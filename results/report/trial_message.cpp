#include "results/report/trial_message.h"

#include <cstring>
#include <stdexcept>
#include <type_traits>

namespace attempt::results {

namespace {

template <typename T>
constexpr bool kIsPlain = std::is_arithmetic_v<T> || std::is_enum_v<T>;

/// Appends values to bytes: numbers as they are in memory, sizes before lists.
class Writer {
 public:
  template <typename T>
  using Of = const T;

  explicit Writer(std::string& bytes) : bytes_(bytes) {}

  template <typename... Values>
  void operator()(const Values&... values) {
    (value(values), ...);
  }

 private:
  template <typename T>
  void value(const T& value) {
    if constexpr (kIsPlain<T>) {
      raw(&value, sizeof value);
    } else {
      fields(*this, value);
    }
  }
  void value(const std::string& text) {
    value(text.size());
    raw(text.data(), text.size());
  }
  template <typename T>
  void value(const std::vector<T>& list) {
    value(list.size());
    if constexpr (kIsPlain<T>) {
      raw(list.data(), list.size() * sizeof(T));
    } else {
      for (const T& each : list) value(each);
    }
  }
  template <typename T>
  void value(const std::map<std::string, T>& map) {
    value(map.size());
    for (const auto& [key, each] : map) (*this)(key, each);
  }
  template <typename T>
  void value(const std::optional<T>& optional) {
    value(optional.has_value());
    if (optional) value(*optional);
  }
  void raw(const void* data, std::size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
  }

  std::string& bytes_;
};

/// Takes values out of bytes in the order in which Writer put them there.
class Reader {
 public:
  template <typename T>
  using Of = T;

  explicit Reader(const std::string& bytes)
      : next_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  template <typename... Values>
  void operator()(Values&... values) {
    (value(values), ...);
  }

 private:
  template <typename T>
  void value(T& value) {
    if constexpr (kIsPlain<T>) {
      raw(&value, sizeof value);
    } else {
      fields(*this, value);
    }
  }
  void value(std::string& text) {
    text.resize(size(1));
    raw(text.data(), text.size());
  }
  template <typename T>
  void value(std::vector<T>& list) {
    if constexpr (kIsPlain<T>) {
      list.resize(size(sizeof(T)));
      raw(list.data(), list.size() * sizeof(T));
    } else {
      list.resize(size(1));
      for (T& each : list) value(each);
    }
  }
  template <typename T>
  void value(std::map<std::string, T>& map) {
    for (std::size_t left = size(1); left > 0; --left) {
      std::string key;
      value(key);
      value(map[key]);
    }
  }
  template <typename T>
  void value(std::optional<T>& optional) {
    bool has_value = false;
    value(has_value);
    if (has_value) value(optional.emplace());
  }
  /// A number of elements, of at least `bytes` each.
  std::size_t size(std::size_t bytes) {
    std::size_t count = 0;
    raw(&count, sizeof count);
    if (count > static_cast<std::size_t>(end_ - next_) / bytes) missing();
    return count;
  }
  void raw(void* data, std::size_t size) {
    if (size > static_cast<std::size_t>(end_ - next_)) missing();
    if (size > 0) std::memcpy(data, next_, size);
    next_ += size;
  }
  [[noreturn]] static void missing() { throw std::out_of_range("message of a trial"); }

  const char* next_;
  const char* end_;
};

// The fields of each struct, for both directions.

template <typename A>
void fields(A& a, typename A::template Of<TrainHistory>& train) {
  a(train.step, train.loss, train.learning_rate, train.gradient_norm, train.task_loss);
}

template <typename A>
void fields(A& a, typename A::template Of<EvaluationHistory>& evaluations) {
  a(evaluations.step, evaluations.metrics, evaluations.parameter_norm,
    evaluations.attention_entropy, evaluations.selection);
}

template <typename A>
void fields(A& a, typename A::template Of<TestResult>& test) {
  a(test.metrics, test.predictions, test.targets, test.ids);
}

template <typename A>
void fields(A& a, typename A::template Of<AttentionSummary>& attention) {
  a(attention.names, attention.shape, attention.mean, attention.std, attention.temperature);
}

template <typename A>
void fields(A& a, typename A::template Of<Cost>& cost) {
  a(cost.train_seconds, cost.evaluation_seconds, cost.peak_memory_bytes, cost.examples_per_second,
    cost.tokens, cost.device, cost.attempts, cost.micro_batch, cost.bundle_width);
}

/// Without parameters, of which a report keeps a mean alone.
template <typename A>
void fields(A& a, typename A::template Of<TrialRecord>& record) {
  a(record.trial_id, record.phase, record.method, record.variant, record.tasks, record.seed,
    record.status, record.config, record.provenance, record.trainable_parameters, record.depends_on,
    record.selected_step, record.comparable, record.synthetic, record.exact, record.compat,
    record.sources, record.counts, record.train, record.evaluations, record.test, record.attention,
    record.cost);
}

template <typename A>
void fields(A& a, typename A::template Of<ExampleScores>& scores) {
  a(scores.form, scores.examples, scores.columns, scores.values);
}

template <typename A>
void fields(A& a, typename A::template Of<TaskOutcome>& outcome) {
  a(outcome.score, outcome.examples, outcome.is_constant, outcome.cut_answers,
    outcome.example_scores);
}

template <typename A>
void fields(A& a, typename A::template Of<ReportTrial>& trial) {
  a(trial.record, trial.outcomes, trial.findings, trial.prompt_mean, trial.problem);
}

}  // namespace

std::string encode_trial(const ReportTrial& trial) {
  std::string bytes;
  Writer writer(bytes);
  fields(writer, trial);
  return bytes;
}

void decode_trial(const std::string& bytes, ReportTrial& trial) {
  Reader reader(bytes);
  fields(reader, trial);
}

}  // namespace attempt::results
