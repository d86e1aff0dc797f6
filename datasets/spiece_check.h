#pragma once

#include <string>
#include <string_view>

namespace attempt::datasets {

/// What is wrong with a serialised SentencePiece model that the library itself does not check, ""
/// if nothing is: pieces that are not UTF-8, and normalisation tables, whose offsets it follows
/// unchecked, so that a damaged model would be read beyond its end.
/// Source: sentencepiece_model.proto (NormalizerSpec), normalizer.cc, darts.h of SentencePiece.
std::string fault_of_spiece_model(std::string_view model);

}  // namespace attempt::datasets
