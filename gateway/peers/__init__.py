"""Institution to institution: how one proves who it is, and how it pulls what a patient granted."""
