"""The staff's API: one file a page's concern."""
