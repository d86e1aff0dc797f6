#pragma once

#include <memory>
#include <optional>
#include <string>

namespace attempt::mpi {

struct Received {
  int source = 0;
  std::string bytes;
};

/// Sends and receives byte strings between ranks; never blocks. Open MPI makes progress only inside
/// calls, so receive() must be called every few milliseconds. A null communicator is one rank that
/// talks to itself and makes no MPI call. Used by the one thread that initialised MPI.
class Communicator {
 public:
  Communicator();  ///< null
  ~Communicator();
  Communicator(Communicator&& other) noexcept;
  Communicator& operator=(Communicator&& other) noexcept;

  int rank() const;
  int size() const;
  int local_rank() const;  ///< among the ranks of this host
  int local_size() const;
  bool is_null() const;

  /// Queues `bytes` for a rank (also this one); arrives in the order of sending.
  /// @throws MpiError, e.g. when that rank is gone.
  void send(int destination, std::string bytes);

  /// Makes progress and takes one message, if there is one. @throws MpiError
  std::optional<Received> receive();

  /// Drops what is still on its way to a rank that is lost.
  void forget(int rank);
  bool has_unsent() const;

 private:
  friend class ScopedMpi;
  struct Impl;
  explicit Communicator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// MPI from the start of main to its end, if a launcher started this process; otherwise nothing.
class ScopedMpi {
 public:
  /// @throws MpiError when MPI cannot start, or a launcher started several processes that do not
  /// know of each other. Ends the process with code 3 when the ranks have not found each other
  /// within `start_limit_seconds`: MPI_Init waits for ever for one that died on the way.
  ScopedMpi(int* argc, char*** argv, double start_limit_seconds);
  /// Waits for all ranks, unless abandon() was called.
  ~ScopedMpi();
  ScopedMpi(const ScopedMpi&) = delete;
  ScopedMpi& operator=(const ScopedMpi&) = delete;

  Communicator& world() { return world_; }

  /// A rank was lost: from now on the end of the process must not wait for the others.
  void abandon() { is_abandoned_ = true; }
  bool is_abandoned() const { return is_abandoned_; }

 private:
  Communicator world_;
  bool is_initialized_ = false;
  bool is_abandoned_ = false;
};

/// Whether mpirun or srun started this process as one of its ranks.
bool is_started_by_launcher();

}  // namespace attempt::mpi
