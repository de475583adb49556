"""When a result that exists is used instead of being taken again: rules, orders, and what became of them."""
