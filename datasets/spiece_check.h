#pragma once

#include <string>
#include <string_view>

namespace attempt::datasets {

/// What is wrong with pieces and normalisation tables of a serialised SentencePiece model, "" if
/// nothing is. The library follows their offsets unchecked, so that a damaged model would be read
/// beyond its end; everything else it checks itself. Source: sentencepiece_model.proto
/// (NormalizerSpec), normalizer.cc, darts.h of SentencePiece.
std::string fault_of_spiece_model(std::string_view model);

}  // namespace attempt::datasets
