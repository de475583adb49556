"""An institution's rules: drafts, approvals, and in which areas they hold."""
