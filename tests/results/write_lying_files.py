"""Writes HDF5 files without a seal that are not what they claim. Usage: write_lying_files.py SOUND.h5 FOLDER

Each is a copy of the sound trial file with one thing changed.
"""

import pathlib
import sys

import h5py
import numpy as np

USER_BLOCK = 512  # bytes; results/README.md
sound, folder = sys.argv[1:]


def change(name, edit):
    path = pathlib.Path(folder) / f"{name}.h5"
    # Without its seal. (Not by H5Ocopy, which crashes on these files in Debian 12's HDF5 1.10.8.)
    path.write_bytes(pathlib.Path(sound).read_bytes()[USER_BLOCK:])
    with h5py.File(path, "r+") as new:
        edit(new)


def huge(file, place, dtype):
    del file[place]
    file.create_dataset(place, shape=(1 << 50,), dtype=dtype, chunks=(1024,))


def replace(file, place, value):
    del file[place]
    file[place] = value


def external(file):
    del file["parameters"]
    file["parameters"] = h5py.ExternalLink("/etc/passwd", "/")


change("unchanged", lambda file: None)
change("huge_floats", lambda file: huge(file, "train/loss", "f8"))
change("huge_texts", lambda file: huge(file, "test/rte/predictions", h5py.string_dtype()))
change("integer_loss", lambda file: replace(file, "train/loss", np.arange(3)))
change("text_loss", lambda file: replace(file, "train/loss", ["a", "b", "c"]))
change("short_loss", lambda file: replace(file, "train/loss", np.zeros(2)))
change("two_dimensions", lambda file: replace(file, "train/loss", np.zeros((3, 1))))
change("group_as_data", lambda file: (file.__delitem__("train/loss"),
                                      file.create_group("train/loss")))
change("no_test", lambda file: file.__delitem__("test"))
change("version", lambda file: file.attrs.modify("format_version", np.int64(99)))
change("format", lambda file: file.attrs.__setitem__("format", "other"))
change("seed_text", lambda file: file.attrs.__setitem__("seed", "42"))
change("external_link", external)
