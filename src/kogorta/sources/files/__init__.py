"""Files that customer systems export, read into text cells under the base's own field names."""

from kogorta.sources.files.preview import Preview, preview
from kogorta.sources.files.reading import read_file

__all__ = ["Preview", "preview", "read_file"]
