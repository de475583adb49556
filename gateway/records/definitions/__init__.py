"""What is stored and how it is found: resource types, their search parameters, their summaries."""
