"""A look at a chart by the custodian's own people, written down before anything is shown."""
