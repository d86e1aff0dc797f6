#include "results/hdf5_reader.h"

#include <algorithm>
#include <system_error>

#include "results/hdf5_texts.h"
#include "results/store_error.h"

namespace attempt::results {

namespace {

constexpr char kAdvice[] =
    "The file is damaged or not one of this program: remove it and run again.";

std::string class_name(H5T_class_t kind) {
  switch (kind) {
    case H5T_INTEGER:
      return "integers";
    case H5T_FLOAT:
      return "floating-point numbers";
    case H5T_STRING:
      return "strings";
    default:
      return "another type";
  }
}

struct LinkList {
  std::vector<std::string> names;
  std::size_t limit = 0;
};

herr_t add_link(hid_t, const char* name, const H5L_info_t* info, void* data) {
  auto& list = *static_cast<LinkList*>(data);
  if (list.names.size() >= list.limit) return -1;
  if (info->type == H5L_TYPE_HARD) list.names.emplace_back(name);
  return 0;
}

/// An object of a group, opened once to see what it is: cheaper than asking for its properties
/// first.
class OpenObject {
 public:
  OpenObject(const H5::Group& group, const std::string& name)
      : id_(H5Oopen(group.getId(), name.c_str(), H5P_DEFAULT)) {
    if (id_ < 0) throw H5::GroupIException("H5Oopen", "'" + name + "' cannot be opened");
  }
  ~OpenObject() { H5Oclose(id_); }
  OpenObject(const OpenObject&) = delete;
  OpenObject& operator=(const OpenObject&) = delete;

  hid_t id() const { return id_; }
  H5I_type_t type() const { return H5Iget_type(id_); }

 private:
  hid_t id_;
};

}  // namespace

void throw_unreadable(const std::filesystem::path& path, const H5::Exception& error) {
  throw StoreError(path.string(),
                   "cannot be read as HDF5 (" + error.getDetailMsg() + "). " + kAdvice);
}

Hdf5Reader::Hdf5Reader(const std::filesystem::path& path) : file_(path.string()), place_("/") {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  if (error) {
    throw StoreError(
        file_, "cannot be read (" + error.message() + "). Check the path and its permissions.");
  }
  file_bytes_ = static_cast<std::int64_t>(bytes);
  const H5::H5File file(file_, H5F_ACC_RDONLY);
  group_ = file.openGroup("/");
}

Hdf5Reader::Hdf5Reader(H5::Group group, std::string file, std::string place,
                       std::int64_t file_bytes)
    : group_(std::move(group)),
      file_(std::move(file)),
      place_(std::move(place)),
      file_bytes_(file_bytes) {}

void Hdf5Reader::fail(const std::string& name, const std::string& problem) const {
  throw StoreError(file_, "object '" + place_ + name + "' " + problem + ". " + kAdvice);
}

bool Hdf5Reader::has(const std::string& name) const {
  return std::find(links().begin(), links().end(), name) != links().end();
}

bool Hdf5Reader::is_group(const std::string& name) const {
  return has(name) && OpenObject(group_, name).type() == H5I_GROUP;
}

Hdf5Reader Hdf5Reader::group(const std::string& name) const {
  if (!has(name)) fail(name, "is missing (expected a group)");
  const OpenObject object(group_, name);
  if (object.type() != H5I_GROUP) fail(name, "is not a group (expected a group)");
  return Hdf5Reader(H5::Group(object.id()), file_, place_ + name + "/", file_bytes_);
}

std::vector<std::string> Hdf5Reader::names() const { return links(); }

const std::vector<std::string>& Hdf5Reader::links() const {
  if (links_) return *links_;
  LinkList list;
  list.limit = static_cast<std::size_t>(file_bytes_) / 8;
  const hid_t creation = H5Gget_create_plist(group_.getId());
  unsigned int order = 0;
  const bool is_tracked = creation >= 0 && H5Pget_link_creation_order(creation, &order) >= 0 &&
                          (order & H5P_CRT_ORDER_TRACKED) != 0;
  if (creation >= 0) H5Pclose(creation);
  if (H5Literate(group_.getId(), is_tracked ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME, H5_ITER_INC,
                 nullptr, &add_link, &list) < 0) {
    fail("", "cannot be listed (expected a group)");
  }
  return links_.emplace(std::move(list.names));
}

H5::DataSet Hdf5Reader::open(const std::string& name, H5T_class_t expected) const {
  const std::string wanted = "expected a data set of " + class_name(expected);
  if (!has(name)) fail(name, "is missing (" + wanted + ")");
  const OpenObject object(group_, name);
  if (object.type() != H5I_DATASET) fail(name, "is not a data set (" + wanted + ")");
  return data_set(object.id(), name, expected);
}

H5::DataSet Hdf5Reader::data_set(hid_t object, const std::string& name,
                                 H5T_class_t expected) const {
  H5::DataSet set(object);
  const H5::DataType type = set.getDataType();
  const H5T_class_t found = type.getClass();
  if (found != expected) {
    fail(name,
         "holds " + class_name(found) + " (expected a data set of " + class_name(expected) + ")");
  }
  if (expected == H5T_STRING && H5Tis_variable_str(type.getId()) <= 0) {
    fail(name, "holds strings of fixed length (expected variable length)");
  }
  return set;
}

H5::Attribute Hdf5Reader::open_attribute(const H5::H5Object& owner, const std::string& name,
                                         H5T_class_t expected) const {
  const auto wanted = [expected] { return "expected " + class_name(expected); };
  const hid_t id = H5Aopen(owner.getId(), name.c_str(), H5P_DEFAULT);
  if (id < 0) fail("@" + name, "is missing (" + wanted() + ")");
  H5::Attribute attribute(id);
  H5Aclose(id);  // the object above holds it too
  const H5::DataType type = attribute.getDataType();
  const H5T_class_t found = type.getClass();
  if (found != expected) fail("@" + name, "holds " + class_name(found) + " (" + wanted() + ")");
  if (expected == H5T_STRING && H5Tis_variable_str(type.getId()) <= 0) {
    fail("@" + name, "holds strings of fixed length (expected variable length)");
  }
  return attribute;
}

bool Hdf5Reader::has_attribute(const std::string& name) const { return group_.attrExists(name); }

std::vector<std::string> Hdf5Reader::texts_attribute(const std::string& name) const {
  return texts_attribute(group_, name);
}

std::vector<std::string> Hdf5Reader::texts_attribute(const H5::H5Object& owner,
                                                     const std::string& name) const {
  const H5::Attribute attribute = open_attribute(owner, name, H5T_STRING);
  const H5::DataSpace space = attribute.getSpace();
  const hssize_t size = space.getSimpleExtentNpoints();
  if (size < 0 || size > file_bytes_ / 16) {
    fail("@" + name, "claims " + std::to_string(size) + " strings (the file has " +
                         std::to_string(file_bytes_) + " bytes)");
  }
  HeapTexts texts(static_cast<std::size_t>(size), text_type(), space);
  if (size > 0) attribute.read(text_type(), texts.pointers.data());
  return texts.copy();
}

std::string Hdf5Reader::text_attribute(const std::string& name) const {
  std::vector<std::string> texts = texts_attribute(name);
  if (texts.size() != 1) {
    fail("@" + name, "holds " + std::to_string(texts.size()) + " strings (expected 1)");
  }
  return texts.front();
}

namespace {

/// Whether the product of `dims` is at most `room`; it may be larger than any number.
bool fits(const std::vector<hsize_t>& dims, hsize_t room) {
  if (std::find(dims.begin(), dims.end(), 0U) != dims.end()) return true;
  for (const hsize_t size : dims) {
    if (size > room) return false;
    room /= size;
  }
  return true;
}

bool is_one(const H5::Attribute& attribute) {
  return attribute.getSpace().getSimpleExtentNpoints() == 1;
}

}  // namespace

std::int64_t Hdf5Reader::integer_attribute(const std::string& name) const {
  const H5::Attribute attribute = open_attribute(name, H5T_INTEGER);
  if (!is_one(attribute)) fail("@" + name, "is not one number (expected an integer)");
  std::int64_t value = 0;
  attribute.read(H5::PredType::NATIVE_INT64, &value);
  return value;
}

std::uint64_t Hdf5Reader::unsigned_attribute(const std::string& name) const {
  const H5::Attribute attribute = open_attribute(name, H5T_INTEGER);
  if (!is_one(attribute)) fail("@" + name, "is not one number (expected an integer)");
  std::uint64_t value = 0;
  attribute.read(H5::PredType::NATIVE_UINT64, &value);
  return value;
}

double Hdf5Reader::number_attribute(const std::string& name) const {
  const H5::Attribute attribute = open_attribute(name, H5T_FLOAT);
  if (!is_one(attribute)) fail("@" + name, "is not one number (expected a number)");
  double value = 0;
  attribute.read(H5::PredType::NATIVE_DOUBLE, &value);
  return value;
}

std::vector<std::int64_t> Hdf5Reader::shape_of(const std::string& name,
                                               const H5::DataSet& set) const {
  const H5::DataSpace space = set.getSpace();
  const H5S_class_t kind = space.getSimpleExtentType();
  if (kind == H5S_SCALAR) return {};
  if (kind != H5S_SIMPLE) fail(name, "holds nothing (expected an array)");
  std::vector<hsize_t> dims(static_cast<std::size_t>(space.getSimpleExtentNdims()));
  space.getSimpleExtentDims(dims.data());
  const hsize_t stored = set.getStorageSize();
  const hsize_t element = set.getDataType().getSize();
  if (stored > static_cast<hsize_t>(file_bytes_)) {
    fail(name, "claims " + std::to_string(stored) + " bytes (the file has " +
                   std::to_string(file_bytes_) + ")");
  }
  // Deflate, the strongest filter of HDF5, shrinks by less than 1032. Few files need to be asked
  // whether they may have used it.
  constexpr hsize_t kStrongestFilter = 1032;
  const bool can_be = element > 0 && (fits(dims, stored / element) ||
                                      (set.getCreatePlist().getLayout() == H5D_CHUNKED &&
                                       fits(dims, stored * kStrongestFilter / element)));
  if (!can_be) {
    fail(name, "claims more values than its " + std::to_string(stored) + " bytes can hold");
  }
  return std::vector<std::int64_t>(dims.begin(), dims.end());
}

std::size_t Hdf5Reader::list_size(const std::string& name, const H5::DataSet& set) const {
  const std::vector<std::int64_t> shape = shape_of(name, set);
  if (shape.size() != 1) {
    fail(name, "has " + std::to_string(shape.size()) + " dimensions (expected 1)");
  }
  return static_cast<std::size_t>(shape[0]);
}

template <typename T>
std::vector<T> Hdf5Reader::list(const std::string& name, H5T_class_t kind,
                                const H5::PredType& type) const {
  const H5::DataSet set = open(name, kind);
  std::vector<T> values(list_size(name, set));
  if (!values.empty()) set.read(values.data(), type);
  return values;
}

std::vector<std::int64_t> Hdf5Reader::integers(const std::string& name) const {
  return list<std::int64_t>(name, H5T_INTEGER, H5::PredType::NATIVE_INT64);
}

std::vector<double> Hdf5Reader::numbers(const std::string& name) const {
  return list<double>(name, H5T_FLOAT, H5::PredType::NATIVE_DOUBLE);
}

std::vector<std::uint8_t> Hdf5Reader::bytes(const std::string& name) const {
  return list<std::uint8_t>(name, H5T_INTEGER, H5::PredType::NATIVE_UINT8);
}

double Hdf5Reader::scalar(const std::string& name) const {
  return one_number(name, open(name, H5T_FLOAT));
}

double Hdf5Reader::one_number(const std::string& name, const H5::DataSet& set) const {
  if (set.getSpace().getSimpleExtentNpoints() != 1) fail(name, "is not one number (expected one)");
  double value = 0;
  set.read(&value, H5::PredType::NATIVE_DOUBLE);
  return value;
}

std::map<std::string, double> Hdf5Reader::scalars() const {
  std::map<std::string, double> values;
  for (const std::string& name : links()) {
    const OpenObject object(group_, name);
    if (object.type() == H5I_GROUP) continue;
    if (object.type() != H5I_DATASET) fail(name, "is not a data set (expected one)");
    values[name] = one_number(name, data_set(object.id(), name, H5T_FLOAT));
  }
  return values;
}

std::vector<std::string> Hdf5Reader::texts(const std::string& name) const {
  const H5::DataSet set = open(name, H5T_STRING);
  std::vector<const char*> pointers(list_size(name, set), nullptr);
  TextBlocks blocks;
  H5::DSetMemXferPropList transfer;
  transfer.setVlenMemManager(&TextBlocks::allocate, &blocks, &TextBlocks::release, &blocks);
  if (!pointers.empty()) {
    // Room for their places in the file; by default HDF5 clears a megabyte for each list.
    constexpr std::size_t kTextBytes = 16;
    transfer.setBuffer(pointers.size() * kTextBytes, nullptr, nullptr);
    set.read(pointers.data(), text_type(), H5::DataSpace::ALL, H5::DataSpace::ALL, transfer);
  }
  std::vector<std::string> texts;
  texts.reserve(pointers.size());
  for (const char* text : pointers) texts.emplace_back(text == nullptr ? "" : text);
  return texts;
}

Hdf5Reader::Numbers Hdf5Reader::shaped_numbers(const std::string& name) const {
  const H5::DataSet set = open(name, H5T_FLOAT);
  Numbers numbers{.shape = shape_of(name, set), .values = {}};
  numbers.values.resize(static_cast<std::size_t>(set.getSpace().getSimpleExtentNpoints()));
  if (!numbers.values.empty()) set.read(numbers.values.data(), H5::PredType::NATIVE_DOUBLE);
  return numbers;
}

NamedArray Hdf5Reader::floats(const std::string& name) const {
  const H5::DataSet set = open(name, H5T_FLOAT);
  NamedArray array{.name = name, .shape = shape_of(name, set), .values = {}};
  array.values.resize(static_cast<std::size_t>(set.getSpace().getSimpleExtentNpoints()));
  if (!array.values.empty()) set.read(array.values.data(), H5::PredType::NATIVE_FLOAT);
  if (set.attrExists("tasks")) array.tasks = texts_attribute(set, "tasks");
  return array;
}

}  // namespace attempt::results
