"""Django tags of the desk."""
