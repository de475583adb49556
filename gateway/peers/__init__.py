"""Institution to institution: how one proves who it is to another, and how it pulls what a patient granted."""
