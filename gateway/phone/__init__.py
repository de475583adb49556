"""A real phone on the local network: certificates made on the spot, two ports, and a page that explains."""
