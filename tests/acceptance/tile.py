#!/usr/bin/env python3
"""Writes a picture as a tiled pyramid beside itself: tile.py PICTURE → PICTURE with `.tif`. Needs pyvips."""
import pathlib
import sys

import pyvips

source = pathlib.Path(sys.argv[1])
picture = pyvips.Image.new_from_file(str(source))
picture.tiffsave(str(source.with_suffix(".tif")), tile=True, tile_width=256, tile_height=256, pyramid=True, compression="jpeg", Q=90)
