"""The desk: a web application over the library. The library never imports it."""
