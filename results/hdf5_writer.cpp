#include "results/hdf5_writer.h"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "results/store_error.h"

namespace attempt::results {

namespace {

H5::StrType text_type() {
  H5::StrType type(H5::PredType::C_S1, H5T_VARIABLE);
  type.setCset(H5T_CSET_UTF8);
  return type;
}

std::string without_nul(const std::string& text) {
  if (text.find('\0') == std::string::npos) return text;
  std::string result;
  for (const char c : text) {
    if (c == '\0') {
      result += "\xEF\xBF\xBD";
    } else {
      result += c;
    }
  }
  return result;
}

/// Texts as HDF5 takes them: pointers into `kept`.
struct TextPointers {
  explicit TextPointers(const std::vector<std::string>& texts) {
    kept.reserve(texts.size());
    for (const std::string& text : texts) kept.push_back(without_nul(text));
    for (const std::string& text : kept) pointers.push_back(text.c_str());
  }

  std::vector<std::string> kept;
  std::vector<const char*> pointers;
};

H5::DataSpace list_space(std::size_t size) {
  const hsize_t dims[] = {size};
  return H5::DataSpace(1, dims);
}

void require_plain_name(const std::string& name) {
  if (name.empty() || name == "." || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos) {
    throw StoreError(name, "cannot name an object of a result file (it is empty or holds '/').");
  }
}

}  // namespace

SilentHdf5::SilentHdf5() {
  H5Eget_auto2(H5E_DEFAULT, &handler_, &data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

SilentHdf5::~SilentHdf5() { H5Eset_auto2(H5E_DEFAULT, handler_, data_); }

namespace {

/// Closes a file whose content is lost where that fails. HDF5 then holds on to it, and crashes when
/// the process ends and it tries again: so the process ends without HDF5's own clean-up.
bool close_file(hid_t file) {
  if (H5Fclose(file) >= 0) return true;
  static const int registered = on_exit(
      [](int status, void*) {
        std::fflush(nullptr);
        std::_Exit(status);
      },
      nullptr);
  static_cast<void>(registered);
  return false;
}

}  // namespace

void write_hdf5_file(const std::filesystem::path& path, std::int64_t user_block,
                     const std::function<void(Hdf5Writer&)>& write) {
  const SilentHdf5 silent;
  // Not H5::H5File: its destructor prints when the disk is full.
  hid_t file = H5I_INVALID_HID;
  bool is_whole = false;
  std::string reason;
  try {
    const H5::FileCreatPropList creation;
    creation.setUserblock(static_cast<hsize_t>(user_block));
    H5Pset_obj_track_times(creation.getId(), false);
    H5Pset_link_creation_order(creation.getId(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    const H5::FileAccPropList access;
    access.setLibverBounds(H5F_LIBVER_V18, H5F_LIBVER_V18);
    file = H5Fcreate(path.c_str(), H5F_ACC_EXCL, creation.getId(), access.getId());
    if (file < 0) throw H5::FileIException("write_hdf5_file", "the file cannot be created");
    const hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
    if (root < 0) throw H5::GroupIException("write_hdf5_file", "the root cannot be opened");
    H5::Group group(root);  // counts a reference of its own
    H5Idec_ref(root);
    Hdf5Writer writer(std::move(group));
    write(writer);
    is_whole = H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0;
  } catch (const H5::Exception& error) {
    reason = error.getDetailMsg();
  } catch (...) {
    close_file(file);
    throw;
  }
  if (file >= 0 && !close_file(file)) is_whole = false;
  if (is_whole) return;
  throw StoreError(path.string(), "cannot be written (" +
                                      (reason.empty() ? "the disk refused it" : reason) +
                                      "). Check that it does not exist yet, free space and "
                                      "permissions.");
}

Hdf5Writer Hdf5Writer::make_group(const std::string& name) {
  require_plain_name(name);
  const H5::PropList creation(H5P_GROUP_CREATE);
  H5Pset_obj_track_times(creation.getId(), false);
  H5Pset_link_creation_order(creation.getId(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  const hid_t id =
      H5Gcreate2(group_.getId(), name.c_str(), H5P_DEFAULT, creation.getId(), H5P_DEFAULT);
  if (id < 0) throw H5::GroupIException("make_group", "H5Gcreate2 failed for " + name);
  H5::Group group(id);  // counts a reference of its own
  H5Idec_ref(id);
  return Hdf5Writer(std::move(group));
}

void Hdf5Writer::write(const std::string& name, const H5::DataType& file_type,
                       const H5::DataType& type, const H5::DataSpace& space, const void* values) {
  require_plain_name(name);
  const H5::DSetCreatPropList creation;
  H5Pset_obj_track_times(creation.getId(), false);
  // Layout of a data set that holds nothing must not depend on when it is written.
  creation.setAllocTime(H5D_ALLOC_TIME_EARLY);
  // Not H5::DataSet: its destructor prints when the disk is full.
  const hid_t set = H5Dcreate2(group_.getId(), name.c_str(), file_type.getId(), space.getId(),
                               H5P_DEFAULT, creation.getId(), H5P_DEFAULT);
  if (set < 0) throw H5::DataSetIException("write", "'" + name + "' cannot be created");
  const bool is_empty = space.getSimpleExtentNpoints() == 0;
  const bool is_written =
      is_empty || H5Dwrite(set, type.getId(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
  const bool is_closed = H5Dclose(set) >= 0;
  if (!is_written || !is_closed) {
    throw H5::DataSetIException("write", "'" + name + "' cannot be written");
  }
}

void Hdf5Writer::write_attribute(const std::string& name, const H5::DataType& file_type,
                                 const H5::DataType& type, const H5::DataSpace& space,
                                 const void* values) {
  const H5::Attribute made = group_.createAttribute(name, file_type, space);
  if (space.getSimpleExtentNpoints() > 0) made.write(type, values);
}

void Hdf5Writer::attribute(const std::string& name, const std::string& text) {
  const TextPointers one({text});
  write_attribute(name, text_type(), text_type(), H5::DataSpace(), one.pointers.data());
}

void Hdf5Writer::attribute(const std::string& name, const std::vector<std::string>& texts) {
  const TextPointers all(texts);
  write_attribute(name, text_type(), text_type(), list_space(texts.size()), all.pointers.data());
}

void Hdf5Writer::attribute(const std::string& name, std::int64_t value) {
  write_attribute(name, H5::PredType::STD_I64LE, H5::PredType::NATIVE_INT64, H5::DataSpace(),
                  &value);
}

void Hdf5Writer::attribute(const std::string& name, std::uint64_t value) {
  write_attribute(name, H5::PredType::STD_U64LE, H5::PredType::NATIVE_UINT64, H5::DataSpace(),
                  &value);
}

void Hdf5Writer::attribute(const std::string& name, double value) {
  write_attribute(name, H5::PredType::IEEE_F64LE, H5::PredType::NATIVE_DOUBLE, H5::DataSpace(),
                  &value);
}

void Hdf5Writer::array_attribute(const std::string& array, const std::string& name,
                                 const std::vector<std::string>& texts) {
  const TextPointers all(texts);
  group_.openDataSet(array)
      .createAttribute(name, text_type(), list_space(texts.size()))
      .write(text_type(), all.pointers.data());
}

void Hdf5Writer::scalar(const std::string& name, double value) {
  write(name, H5::PredType::IEEE_F64LE, H5::PredType::NATIVE_DOUBLE, H5::DataSpace(), &value);
}

void Hdf5Writer::texts(const std::string& name, const std::vector<std::string>& values) {
  const TextPointers all(values);
  write(name, text_type(), text_type(), list_space(values.size()), all.pointers.data());
}

void Hdf5Writer::array(const std::string& name, std::span<const std::int64_t> values) {
  write(name, H5::PredType::STD_I64LE, H5::PredType::NATIVE_INT64, list_space(values.size()),
        values.data());
}

void Hdf5Writer::array(const std::string& name, std::span<const double> values) {
  write(name, H5::PredType::IEEE_F64LE, H5::PredType::NATIVE_DOUBLE, list_space(values.size()),
        values.data());
}

void Hdf5Writer::array(const std::string& name, std::span<const std::uint8_t> values) {
  write(name, H5::PredType::STD_U8LE, H5::PredType::NATIVE_UINT8, list_space(values.size()),
        values.data());
}

void Hdf5Writer::array(const std::string& name, std::span<const double> values,
                       const std::vector<std::int64_t>& shape) {
  write_shaped(name, H5::PredType::IEEE_F64LE, H5::PredType::NATIVE_DOUBLE, values.data(),
               values.size(), shape);
}

void Hdf5Writer::array(const std::string& name, std::span<const float> values,
                       const std::vector<std::int64_t>& shape) {
  write_shaped(name, H5::PredType::IEEE_F32LE, H5::PredType::NATIVE_FLOAT, values.data(),
               values.size(), shape);
}

void Hdf5Writer::write_shaped(const std::string& name, const H5::PredType& file_type,
                              const H5::PredType& type, const void* values, std::size_t count,
                              const std::vector<std::int64_t>& shape) {
  std::size_t expected = 1;
  for (const std::int64_t size : shape) expected *= static_cast<std::size_t>(size);
  if (expected != count) {
    throw std::logic_error("array '" + name + "' has " + std::to_string(count) +
                           " values, its shape says " + std::to_string(expected));
  }
  const std::vector<hsize_t> dims(shape.begin(), shape.end());
  const H5::DataSpace space =
      dims.empty() ? H5::DataSpace() : H5::DataSpace(static_cast<int>(dims.size()), dims.data());
  write(name, file_type, type, space, values);
}

}  // namespace attempt::results
