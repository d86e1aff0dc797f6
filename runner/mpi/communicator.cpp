#include "runner/mpi/communicator.h"

#include <mpi.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <list>

#include "runner/mpi/mpi_error.h"
#include "runner/mpi/start_limit.h"

namespace attempt::mpi {

namespace {

constexpr int kTag = 1;
/// Larger than any real message; a bigger one is damage.
constexpr int kMaxBytes = 64 << 20;

void check(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  throw MpiError(std::string(call) + " failed (" + std::string(text.data()) + ")", code);
}

struct Sending {
  int destination;
  std::string bytes;
  MPI_Request request;
};

int environment_number(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

}  // namespace

struct Communicator::Impl {
  MPI_Comm comm = MPI_COMM_NULL;
  int rank = 0, size = 1, local_rank = 0, local_size = 1;
  std::list<Sending> sending;  // a list: MPI keeps the addresses of the bytes
  std::list<Sending> forgotten;
  std::deque<std::string> to_self;
};

Communicator::Communicator() : impl_(std::make_unique<Impl>()) {}
Communicator::Communicator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Communicator::~Communicator() = default;
Communicator::Communicator(Communicator&& other) noexcept = default;
Communicator& Communicator::operator=(Communicator&& other) noexcept = default;

int Communicator::rank() const { return impl_->rank; }
int Communicator::size() const { return impl_->size; }
int Communicator::local_rank() const { return impl_->local_rank; }
int Communicator::local_size() const { return impl_->local_size; }
bool Communicator::is_null() const { return impl_->comm == MPI_COMM_NULL; }
bool Communicator::has_unsent() const { return !impl_->sending.empty(); }

void Communicator::send(int destination, std::string bytes) {
  if (destination == impl_->rank) {
    impl_->to_self.push_back(std::move(bytes));
    return;
  }
  impl_->sending.push_back({destination, std::move(bytes), MPI_REQUEST_NULL});
  Sending& sending = impl_->sending.back();
  const int code = MPI_Isend(sending.bytes.data(), static_cast<int>(sending.bytes.size()), MPI_BYTE,
                             destination, kTag, impl_->comm, &sending.request);
  if (code != MPI_SUCCESS) impl_->sending.pop_back();
  check(code, "MPI_Isend");
}

std::optional<Received> Communicator::receive() {
  if (!impl_->to_self.empty()) {
    Received received{impl_->rank, std::move(impl_->to_self.front())};
    impl_->to_self.pop_front();
    return received;
  }
  if (is_null() || impl_->size == 1) return std::nullopt;
  for (auto sending = impl_->sending.begin(); sending != impl_->sending.end();) {
    int is_done = 0;
    const int code = MPI_Test(&sending->request, &is_done, MPI_STATUS_IGNORE);
    // A send that failed means that its rank is gone: the heartbeats will tell.
    sending =
        is_done != 0 || code != MPI_SUCCESS ? impl_->sending.erase(sending) : std::next(sending);
  }
  int has_message = 0;
  MPI_Status status;
  check(MPI_Iprobe(MPI_ANY_SOURCE, kTag, impl_->comm, &has_message, &status), "MPI_Iprobe");
  if (has_message == 0) return std::nullopt;
  int count = 0;
  check(MPI_Get_count(&status, MPI_BYTE, &count), "MPI_Get_count");
  if (count < 0 || count > kMaxBytes) throw MpiError("a message of impossible length");
  Received received{status.MPI_SOURCE, std::string(static_cast<std::size_t>(count), '\0')};
  check(MPI_Recv(received.bytes.data(), count, MPI_BYTE, status.MPI_SOURCE, kTag, impl_->comm,
                 MPI_STATUS_IGNORE),
        "MPI_Recv");
  return received;
}

void Communicator::forget(int rank) {
  for (auto sending = impl_->sending.begin(); sending != impl_->sending.end();) {
    const auto next = std::next(sending);
    // The bytes stay: MPI may still read them.
    if (sending->destination == rank) {
      impl_->forgotten.splice(impl_->forgotten.end(), impl_->sending, sending);
    }
    sending = next;
  }
}

bool is_started_by_launcher() {
  return std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr || std::getenv("PMIX_RANK") != nullptr;
}

ScopedMpi::ScopedMpi(int* argc, char*** argv, double start_limit_seconds) {
  const int slurm_tasks =
      std::getenv("SLURM_PROCID") != nullptr && std::getenv("SLURM_STEP_ID") != nullptr
          ? environment_number("SLURM_STEP_NUM_TASKS", 1)
          : 1;
  if (is_started_by_launcher()) {
    const StartLimit limit(start_limit_seconds);
    int provided = 0;
    check(MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
    is_initialized_ = true;
    auto impl = std::make_unique<Communicator::Impl>();
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    check(MPI_Comm_dup(MPI_COMM_WORLD, &impl->comm), "MPI_Comm_dup");
    MPI_Comm_set_errhandler(impl->comm, MPI_ERRORS_RETURN);
    MPI_Comm_rank(impl->comm, &impl->rank);
    MPI_Comm_size(impl->comm, &impl->size);
    MPI_Comm local = MPI_COMM_NULL;
    check(MPI_Comm_split_type(impl->comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &local),
          "MPI_Comm_split_type");
    MPI_Comm_rank(local, &impl->local_rank);
    MPI_Comm_size(local, &impl->local_size);
    MPI_Comm_free(&local);
    world_ = Communicator(std::move(impl));
  }
  if (slurm_tasks > 1 && world_.size() == 1) {
    throw MpiError(
        "srun started " + std::to_string(slurm_tasks) +
        " processes, but each sees a world of one (srun's MPI plugin does not fit this MPI). Use "
        "`srun --mpi=pmix`, or `attempt run --workers N` inside the allocation.");
  }
}

ScopedMpi::~ScopedMpi() {
  if (is_initialized_ && !is_abandoned_) MPI_Finalize();
}

}  // namespace attempt::mpi
