"""Draws QR codes for screens and paper."""
