"""From an order to what becomes of it: checked, offered, used or repeated, filed."""
