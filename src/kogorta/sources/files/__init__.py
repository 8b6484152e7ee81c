"""Files that customer systems export, read into text cells under the base's own field names."""

from kogorta.sources.files.reading import read_file

__all__ = ["read_file"]
