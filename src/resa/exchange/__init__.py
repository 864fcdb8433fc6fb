"""Maps out of the house and into it: as Excel workbooks, CSV and slides; from Excel and CSV grids.

workbook(journey_map, text)                      # bytes of an .xlsx: the wall, and what a grid cannot hold
long_csv(journey_map, text)                      # bytes of a .csv, one line a thought
export_map("pptx", journey_map, text, draw)      # any of them, and pictures, by the ending
import_map(data, "wall.xlsx").text               # a journey file; what cannot be used stands in it as comments
"""

from resa.exchange.exporting import GRIDS, PICTURES, export_map, long_csv, workbook
from resa.exchange.importing import Imported, import_file, import_map

__all__ = ["GRIDS", "PICTURES", "Imported", "export_map", "import_file", "import_map", "long_csv", "workbook"]
