"""Where customers and orders come from: files and outside systems. One folder for each kind of source."""
