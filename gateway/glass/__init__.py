"""Breaking the glass: an emergency is declared, released under, told, closed and reviewed on both sides."""
